//! Motion of tissue: displacements, motion compensation, strain.

use rhai::Map;

use crate::bail;
use crate::error::Result;
use crate::ops::chain::Stage;
use crate::ops::motion::{
    self, AffineModel, AffineOptions, FlowOptions, MotionOptions, Reference, WarpEdge,
    WarpInterpolation, WarpOptions,
};
use crate::script::{Chained, Value, builtins, parameters};
use crate::video::{Strided, Video};

parameters! {
    /// How displacements are estimated.
    struct FlowParams {
        /// Width of the window of pixels that are taken to move together, odd. A wide one is
        /// steadier, a narrow one follows details.
        winsize: usize [px] = 17,
        /// Largest number of levels of the image pyramid: the first estimate is made in frames of
        /// half the size for each level but the first, down to 16 pixels.
        levels: usize = 5,
        /// Number of iterations on each level.
        iterations: usize = 2,
        /// Standard deviation of the Gaussian weights that the polynomials are fitted with.
        poly_sigma: f64 [px] = 1.1,
    }

    /// How motion is followed.
    struct FollowParams {
        /// Width of the disc for `contrast_enhancement`, odd; 0: none.
        contrast_kernel: usize [px] = 7,
        /// Index of the frame that displacements refer to; negative from the end.
        ref_frame: i64 = 0,
        /// Standard deviation of the Gaussian filter in time before the estimation.
        presmooth_temporal: f64 [frames] = 0.8,
        /// Standard deviation of the Gaussian filter in space before the estimation.
        presmooth_spatial: f64 [px] = 0.8,
        /// Standard deviation of the Gaussian filter of the displacements in time; 0: none.
        postsmooth_temporal: f64 [frames] = 0.0,
        /// Standard deviation of the Gaussian filter of the displacements in space; 0: none.
        postsmooth_spatial: f64 [px] = 0.0,
    }

    /// How frames are warped.
    struct WarpParams {
        /// Interpolation between pixels: "cubic" by 16 pixels (Keys 1981, a = −1/2), "linear" by 4.
        interpolation: WarpInterpolation = WarpInterpolation::Cubic,
        /// Samples taken for those outside of the frame: "mirror", the frame reflected about the
        /// center of its last pixels; "nearest", its last pixels; or "nan".
        edge: WarpEdge = WarpEdge::Mirror,
    }
}

impl FlowParams {
    fn options(self) -> FlowOptions {
        FlowOptions {
            window: self.winsize,
            levels: self.levels,
            iterations: self.iterations,
            poly_sigma: self.poly_sigma,
        }
    }
}

impl FollowParams {
    fn options(self, flow: FlowParams, warp: WarpParams) -> MotionOptions {
        MotionOptions {
            contrast_kernel: self.contrast_kernel,
            ref_frame: self.ref_frame,
            presmooth: [self.presmooth_temporal, self.presmooth_spatial],
            postsmooth: [self.postsmooth_temporal, self.postsmooth_spatial],
            flow: flow.options(),
            warp: warp.options(),
        }
    }
}

impl WarpParams {
    fn options(self) -> WarpOptions {
        WarpOptions {
            interpolation: self.interpolation,
            edge: self.edge,
        }
    }
}

builtins! {
    /// Removes the motion of tissue from a video: warps every frame onto a reference frame.
    ///
    /// The video is smoothed in time and space, its contrast is enhanced, so that light that comes
    /// and goes with the activity is not taken for motion, and the displacements of the tissue
    /// since the reference frame are estimated. Then the video itself is warped. The same in
    /// steps, with `s = v.smooth_spatiotemporal(0.8, 0.8, true)`:
    /// `v.warp_video(s.contrast_enhancement(7).estimate_displacements())`.
    ///
    /// Choose a reference frame in which the tissue is at rest, and look at the result: what still
    /// moves was not followed. Motion within the wave itself, shading and changes of the
    /// illumination stay in the traces.
    ///
    /// Returns a video {t, y, x} with the shape and frame rate of the input: float64 for float64
    /// and for ints of more than 16 bits, else float32. NaN stays NaN and does not spread.
    ///
    /// Fails if `video` is not gray {t, y, x}, if there is no such reference frame, or if it has no
    /// structure to follow.
    ///
    /// ```
    /// let p = phantom(#{frames: 60, motion: 2, texture: 0.2});
    /// let still = motion_compensate(p.video);
    /// let truth = phantom(#{frames: 60, texture: 0.2}).video;
    /// let within = p.mask.binary_erosion(4);
    /// let before = abs(p.video - truth)[[(), within]].mean();
    /// abs(still - truth)[[(), within]].mean() < 0.3 * before // => true
    /// ```
    ///
    /// See also: `reverse_motion_compensate`, `estimate_displacements`, `contrast_enhancement`,
    /// `warp_video`, `register_shift`
    ///
    /// Source: Christoph & Luther 2018, doi:10.3389/fphys.2018.01483; Lebert et al. 2022,
    /// doi:10.3389/fcvm.2022.787627; `optimap.motion.motion_compensate` of the Python package.
    fn motion_compensate(
        /// Gray video {t, y, x}.
        video: Video,
        follow: ..FollowParams,
        flow: ..FlowParams,
        warp: ..WarpParams,
    ) -> Result<Video> {
        motion::motion_compensate(&video, &follow.options(flow, warp))
    }

    /// Puts a signal without motion back onto the tissue that moves.
    ///
    /// The reverse of `motion_compensate`: the displacements are estimated in the recording with
    /// motion as there, but from each frame back to the reference frame, and warp the second video,
    /// such as normalized waves of the compensated recording. Show it over the recording with
    /// `show_video_overlay`.
    ///
    /// Returns a video {t, y, x} of the shape of the inputs with the frame rate of the second:
    /// float64 for float64 and for ints of more than 16 bits, else float32. NaN stays NaN and does
    /// not spread.
    ///
    /// Fails if the videos are not gray {t, y, x} of one shape, if there is no such reference
    /// frame, or if the first has no structure to follow.
    ///
    /// ```
    /// let v = phantom(#{frames: 60, motion: 2, texture: 0.2}).video;
    /// let still = motion_compensate(v);
    /// let again = reverse_motion_compensate(v, still);
    /// abs(again - v).mean() < abs(still - v).mean() // => true
    /// ```
    ///
    /// See also: `motion_compensate`, `estimate_displacements`, `warp_video`, `show_video_overlay`
    ///
    /// Source: `optimap.motion.reverse_motion_compensate` of the Python package.
    fn reverse_motion_compensate(
        /// Gray video {t, y, x} with motion, which is followed.
        video_tracking: Video,
        /// Video without motion, which is warped.
        video_warping: Video,
        follow: ..FollowParams,
        flow: ..FlowParams,
        warp: ..WarpParams,
    ) -> Result<Video> {
        let options = follow.options(flow, warp);
        motion::reverse_motion_compensate(&video_tracking, &video_warping, &options)
    }

    /// Scales every pixel to [0, 1] by the range of samples in a disc around it.
    ///
    /// `y = (x − min) / (max − min)` over the pixels at a squared distance of at most r (r + 1)
    /// with r = `kernel_size` / 2, rounded down, within the frame; 0 where the disc has only one
    /// value. Structure of the size of the disc becomes visible, and slower changes of light in
    /// space and time vanish, which is what the estimation of motion needs. NaN is left out and
    /// stays NaN.
    ///
    /// Returns an array with the shape of the input, float32.
    ///
    /// Fails if `kernel_size` is even, below 3 or above 1001, or if the array is neither a gray
    /// video nor an image.
    ///
    /// ```
    /// let e = contrast_enhancement(example_video(10), 7);
    /// [e.min(), e.max()] // => [0.0, 1.0]
    /// contrast_enhancement(video([[1, 2, 4]]), 3).to_array() // => [[0.0, 0.3333333432674408, 1.0]]
    /// ```
    ///
    /// See also: `motion_compensate`, `normalize_pixelwise`, `estimate_displacements`
    ///
    /// Source: Christoph & Luther 2018, doi:10.3389/fphys.2018.01483;
    /// `optimap.motion.contrast_enhancement` of the Python package.
    fn contrast_enhancement(
        /// Gray video {t, y, x} or image.
        video: Chained,
        /// Width of the disc, odd: about that of the structure to follow.
        kernel_size: usize [px],
    ) -> Result<Video> {
        let stage = Stage::of_frames("contrast_enhancement");
        stage.apply(video.0, move |video| motion::contrast_enhancement(video, kernel_size))
    }

    /// Estimates where each point of a reference is in every frame (dense optical flow).
    ///
    /// Around each pixel of both frames a quadratic polynomial is fitted by normalized convolution
    /// with Gaussian weights. If it moves by d, its linear part changes by −2 A d; that is solved
    /// for d by least squares over a window with Gaussian weights (standard deviation 0.2 ·
    /// `winsize`), repeatedly from where the last solution points to, and from coarse to fine
    /// levels of an image pyramid. Where a window says next to nothing, the estimate stays that of
    /// the coarser level. Enhance the contrast first: the method takes light that changes for
    /// motion.
    ///
    /// Returns an array {t, y, x, 2} in pixels, float32, with the frame rate of the video: rows
    /// down, then columns to the right. The point at `[y, x]` of the reference is at
    /// `[y + d[[t, y, x, 0]], x + d[[t, y, x, 1]]]` of frame t. NaN where the reference is. OpenCV
    /// and the Python package have the columns first: `stack([d[[(), (), (), 1]], d[[(), (), (),
    /// 0]]], 3)` turns one into the other.
    ///
    /// Fails if `video` is not gray {t, y, x}, if there is no such reference frame, or if it has no
    /// structure to follow.
    ///
    /// ```
    /// let p = phantom(#{frames: 40, motion: 2, texture: 0.2});
    /// let found = estimate_displacements(p.video.contrast_enhancement(7));
    /// found.shape // => [40, 64, 64, 2]
    /// let error = sqrt(((found - p.displacements) ** 2).sum(3));
    /// median(error[[(), p.mask.binary_erosion(4)]]) < 0.2 // => true
    /// ```
    ///
    /// See also: `motion_compensate`, `warp_video`, `smooth_displacements`, `strain`
    ///
    /// Source: Farnebäck 2003, doi:10.1007/3-540-45103-X_50.
    fn estimate_displacements(
        /// Gray video {t, y, x}, as from `contrast_enhancement`.
        video: Video,
        /// Index of the frame that displacements are relative to; negative from the end.
        ref_frame: i64 = 0,
        /// Image that displacements are relative to, instead of a frame.
        reference: Option<Video> = None,
        /// Displacements since the frame before, instead of since the reference; 0 in the first
        /// frame.
        frame_by_frame: bool = false,
        /// Displacements of the points of each frame to where they are in the reference, to warp
        /// the reference onto the frames.
        reverse: bool = false,
        flow: ..FlowParams,
    ) -> Result<Video> {
        let reference = match (reference, frame_by_frame) {
            (None, false) => Reference::Frame(ref_frame),
            (None, true) => Reference::Previous,
            (Some(image), false) => Reference::Image(image),
            (Some(_), true) => {
                bail!("estimate_displacements needs `reference` or `frame_by_frame`, got both")
            }
        };
        motion::estimate_displacements(&video, &reference, reverse, &flow.options())
    }

    /// Warps every frame: takes each pixel from where its displacement points to.
    ///
    /// The result at `[y, x]` is the sample of the frame at `[y + dy, x + dx]`, interpolated. With
    /// the displacements of `estimate_displacements` every frame then looks like the reference.
    /// NaN does not spread: near NaN samples the interpolation is linear between those that are
    /// not NaN, and NaN only where the nearest one is. A pixel whose displacement is NaN is NaN.
    ///
    /// Returns an array of the shape of the input: float64 for float64 and for ints of more than 16
    /// bits, else float32.
    ///
    /// Fails if `video` is neither a gray video nor an image, or if `displacements` do not have its
    /// shape and a last axis of 2.
    ///
    /// ```
    /// let d = zeros([2, 3, 2]);
    /// d[[(), (), 1]] = 0.5;
    /// warp_video(video([[1, 2, 4], [2, 4, 8]]), d, "linear").to_array()[0] // => [1.5, 3.0, 3.0]
    /// ```
    ///
    /// See also: `estimate_displacements`, `motion_compensate`, `shift`
    ///
    /// Source: Keys 1981, doi:10.1109/TASSP.1981.1163711, for cubic interpolation.
    fn warp_video(
        /// Gray video {t, y, x} or image to warp.
        video: Chained,
        /// Displacements {t, y, x, 2} in pixels, down and to the right; {y, x, 2} for an image, or
        /// the same for all frames.
        displacements: Chained,
        warp: ..WarpParams,
    ) -> Result<Video> {
        let (stage, options) = (Stage::of_frames("warp_video"), warp.options());
        stage.apply_to_all(vec![video.0, displacements.0], move |videos| {
            motion::warp_video(&videos[0], &videos[1], options)
        })
    }

    /// Finds the transform between the images of two cameras: shift, rotation, scale and shear.
    ///
    /// The transform that maximizes the correlation of the reference with the transformed image
    /// (ECC), which does not depend on brightness and contrast, by Gauss–Newton steps from coarse
    /// to fine levels of an image pyramid. It starts from no transform, and from the shift of
    /// `register_shift`: what fits better is taken. NaN is left out: mask what only one of the
    /// cameras sees. Register images of the same tissue at rest, such as means over time, and look
    /// at the result.
    ///
    /// Returns a map: `matrix`, an array of 2 rows and 3 columns, with which the pixel `[y, x]` of
    /// the reference is at `[m00 · y + m01 · x + m02, m10 · y + m11 · x + m12]` of the image; and
    /// `correlation`, that of the two after the transform, 1 at best. OpenCV has the columns first.
    ///
    /// Warns if the correlation is below 0.5, or the transform still changes in the last iteration.
    ///
    /// Fails if the two are not images of the same shape, do not overlap in a quarter of the known
    /// pixels, or have no structure in common.
    ///
    /// ```
    /// let first = phantom(#{frames: 1, texture: 0.3, height: 96, width: 96}).video[0];
    /// let m = video([[1.02, 0.03, -2.5], [-0.03, 0.99, 3.5]]);
    /// let second = 0.5 * warp_affine(first, m, #{inverse: true});
    /// let found = register_affine(second, first);
    /// abs(found.matrix - m)[[(), 2]].max() < 0.1 // => true
    /// let error = warp_affine(second, found.matrix) - 0.5 * first;
    /// median(abs(error)) < 1 // => true
    /// ```
    ///
    /// See also: `warp_affine`, `register_shift`, `motion_compensate`
    ///
    /// Source: Evangelidis & Psarakis 2008, doi:10.1109/TPAMI.2008.113, as OpenCV's
    /// `findTransformECC`.
    fn register_affine(
        /// Image to transform.
        image: Video,
        /// Image to align it with.
        reference: Video,
        /// Transforms to choose from: "translation"; "rigid", with rotation; "affine", with
        /// rotation, scale and shear.
        model: AffineModel = AffineModel::Affine,
        /// Largest number of levels of the image pyramid, down to 16 pixels.
        levels: usize = 5,
        /// Largest number of iterations on each level.
        iterations: usize = 100,
        /// Standard deviation of the Gaussian filter of both images; more for noisy ones.
        sigma: f64 [px] = 1.0,
    ) -> Result<Map> {
        let options = AffineOptions { model, levels, iterations, sigma };
        let found = motion::register_affine(&image, &reference, &options)?;
        let matrix = Strided::from_vec(&[2, 3], found.matrix.concat());
        Ok([
            ("matrix".into(), Video::new(matrix).into_dynamic()),
            ("correlation".into(), found.correlation.into()),
        ].into())
    }

    /// Warps every frame by an affine transform, such as that of `register_affine`.
    ///
    /// The result at `[y, x]` is the sample of the frame at `M · [y, x, 1]`, interpolated as by
    /// `warp_video`: with the matrix of `register_affine`, the video of the second camera is then
    /// seen as by the first. With `inverse`, it is the other way round.
    ///
    /// Returns an array of the shape of the input: float64 for float64 and for ints of more than 16
    /// bits, else float32. A mask becomes float32: compare it with 0.5.
    ///
    /// Fails if `video` is neither a gray video nor an image, or if `matrix` does not have 2 rows
    /// and 3 columns, or cannot be inverted.
    ///
    /// ```
    /// let m = video([[1, 0, 0], [0, 1, 1]]);
    /// warp_affine(video([[1, 2, 4]]), m, #{edge: "nan"}).to_array() // => [[2.0, 4.0, NaN]]
    /// ```
    ///
    /// See also: `register_affine`, `warp_video`, `shift`
    ///
    /// Source: Keys 1981, doi:10.1109/TASSP.1981.1163711, for cubic interpolation.
    fn warp_affine(
        /// Gray video {t, y, x} or image to warp.
        video: Chained,
        /// Matrix of 2 rows and 3 columns: y and x of the sample to take, from y, x and 1.
        matrix: Video,
        /// Apply the inverse of the transform.
        inverse: bool = false,
        warp: ..WarpParams,
    ) -> Result<Video> {
        let (stage, options) = (Stage::of_frames("warp_affine"), warp.options());
        stage.apply(video.0, move |video| motion::warp_affine(&video, &matrix, inverse, options))
    }

    /// Smooths displacements with a Gaussian kernel in time and space.
    ///
    /// Like `smooth_spatiotemporal`, for both components; NaN is left out and stays NaN.
    ///
    /// Returns an array of the shape of the input, float32.
    ///
    /// Fails if the last axis is not 2 long, or if a standard deviation is infinite.
    ///
    /// ```
    /// abs(smooth_displacements(ones([5, 8, 8, 2]), 1, 2) - 1).max() < 1e-6 // => true
    /// ```
    ///
    /// See also: `estimate_displacements`, `smooth_spatiotemporal`, `strain`
    ///
    /// Source: SciPy's `scipy.ndimage.gaussian_filter` in mode "reflect".
    fn smooth_displacements(
        /// Displacements {t, y, x, 2}.
        displacements: Video,
        /// Standard deviation in time; 0: no smoothing in time.
        sigma_temporal: f64 [frames],
        /// Standard deviation in space; 0: no smoothing in space.
        sigma_spatial: f64 [px],
    ) -> Result<Video> {
        motion::smooth_displacements(&displacements, sigma_temporal, sigma_spatial)
    }

    /// Divergence of displacements: the change of the area around each pixel, to first order.
    ///
    /// `∂dy/∂y + ∂dx/∂x`, by central differences, one-sided beside edges and NaN: −0.1 where the
    /// tissue has become 10 % smaller. Smooth the displacements first: differences amplify noise.
    ///
    /// Returns an array {t, y, x} without unit, float32; NaN where a displacement or all its
    /// neighbors are.
    ///
    /// Fails if the last axis is not 2 long.
    ///
    /// ```
    /// let y = linspace(0, 9, 10).reshape([10, 1]) + zeros([1, 10]);
    /// let d = stack([-0.1 * y, 0 * y], 2);
    /// format("{:.2f}", divergence(d).mean()) // => "-0.10"
    /// ```
    ///
    /// See also: `strain`, `estimate_displacements`, `smooth_displacements`
    fn divergence(
        /// Displacements {t, y, x, 2} or {y, x, 2} in pixels.
        displacements: Video,
    ) -> Result<Video> {
        motion::divergence(&displacements)
    }

    /// Green–Lagrange strain of tissue from its displacements.
    ///
    /// `E = (∇d + ∇dᵀ + ∇dᵀ∇d) / 2` with respect to the reference, by central differences,
    /// one-sided beside edges and NaN. A line element that has become shorter by 10 % has the
    /// strain (0.9² − 1) / 2 = −0.095. Rotation does not strain. Smooth the displacements first:
    /// differences amplify noise.
    ///
    /// Returns a map of arrays {t, y, x} without unit, float32: `yy` and `xx`, the strain along the
    /// axes; `yx`, the shear strain; `max` and `min`, the principal strains. NaN where a
    /// displacement or all its neighbors are.
    ///
    /// Fails if the last axis is not 2 long.
    ///
    /// ```
    /// let y = linspace(0, 9, 10).reshape([10, 1]) + zeros([1, 10]);
    /// let s = strain(stack([-0.1 * y, 0 * y], 2));
    /// format("{:.3f} {:.3f}", s.yy.mean(), s.max.mean()) // => "-0.095 0.000"
    /// ```
    ///
    /// See also: `divergence`, `estimate_displacements`, `smooth_displacements`
    ///
    /// Source: Holzapfel 2000, Nonlinear Solid Mechanics, chapter 2, for the definition.
    fn strain(
        /// Displacements {t, y, x, 2} or {y, x, 2} in pixels, relative to the tissue at rest.
        displacements: Video,
    ) -> Result<Map> {
        let found = motion::strain(&displacements)?;
        let parts = [
            ("yy", found.yy),
            ("xx", found.xx),
            ("yx", found.yx),
            ("max", found.max),
            ("min", found.min),
        ];
        let parts = parts.into_iter().map(|(name, part)| (name.into(), part.into_dynamic()));
        Ok(parts.collect())
    }
}
