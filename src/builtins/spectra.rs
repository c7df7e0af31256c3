//! Power spectra and frequencies of traces.

use rhai::Map;

use crate::error::Result;
use crate::ops::wave::spectrum::{self, OrganizationOptions};
use crate::ops::wave::welch::{self, PowerScaling, SegmentTrend, SpectrumOptions, SpectrumWindow};
use crate::script::call::convert::Reduced;
use crate::script::{Value, builtins};
use crate::video::{Strided, Video};

builtins! {
    /// Power spectrum of every pixel: periodogram, or with segments Welch's method.
    ///
    /// The mean of the spectra of segments that overlap, each minus its trend and weighted by a
    /// window. Shorter segments give less noise and fewer frequencies, which are fps / `segment`
    /// apart. The spectrum is one-sided: power at negative frequencies is added to that at positive
    /// ones. With "density" its integral is the variance, in the squared unit of the samples per
    /// Hz; with "spectrum" a sine of amplitude a has the power a² / 2.
    ///
    /// Returns a map: `frequency`, a trace in Hz, and `power`, an array like `video` with frequency
    /// as the first axis: float64 for traces, float64 and ints of 32 or 64 bits, otherwise float32.
    /// NaN where the trace has NaN.
    ///
    /// Fails if the frame rate is not known, if `segment` is below 2 or above the number of frames,
    /// or if `overlap` is not below `segment`.
    ///
    /// ```
    /// let t = arange(500) / 500;
    /// let s = power_spectrum(sin(2 * PI * 12 * t), #{fps: 500, scaling: "spectrum"});
    /// s.frequency[argmax(s.power)] // => 12.0
    /// format("{:.3f}", s.power.max()) // => "0.500"
    /// power_spectrum(example_video(200, 64, 64), 100).power.shape // => [51, 64, 64]
    /// ```
    ///
    /// See also: `dominant_frequency`, `organization_index`, `detrend`
    ///
    /// Source: Welch 1967, doi:10.1109/TAU.1967.1161901; SciPy's `scipy.signal.welch`, and
    /// `periodogram` where `segment` is left out.
    fn power_spectrum(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Length of the segments; default: the whole recording.
        segment: Option<usize> [frames] = None,
        /// Number of frames that each segment shares with the next; default: half.
        overlap: Option<usize> [frames] = None,
        /// Weights of the frames of a segment; "boxcar": all equal.
        window: SpectrumWindow = SpectrumWindow::Hann,
        /// What is subtracted from each segment: its mean, its least-squares line, nothing.
        detrend: SegmentTrend = SegmentTrend::Constant,
        /// Unit of the power.
        scaling: PowerScaling = PowerScaling::Density,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Map> {
        let options = SpectrumOptions { segment, overlap, window, trend: detrend, scaling, fps };
        let found = welch::power_spectrum(&video, &options)?;
        let frequencies = Strided::from_vec(&[found.frequencies.len()], found.frequencies);
        Ok(Map::from([
            ("frequency".into(), Video::new(frequencies).into_dynamic()),
            ("power".into(), found.power.into_dynamic()),
        ]))
    }

    /// Dominant frequency of every pixel: the frequency with the most power in its trace.
    ///
    /// The power spectrum is that of the trace minus its mean, weighted by a Hann window. The peak
    /// is refined between the frequencies of the Fourier transform by the parabola through the
    /// logarithms of the power. A pixel is NaN if its trace has NaN or infinite samples or does not
    /// change.
    ///
    /// Returns an image {y, x} in Hz, float32; for a trace, a number.
    ///
    /// Fails if the frame rate is not known, if there are fewer than 4 frames, if `low` is negative
    /// or not below `high`, or if no frequency of the Fourier transform is between them: its
    /// frequencies are fps / frames apart.
    ///
    /// ```
    /// let v = example_video(250, 64, 64);
    /// format("{:.0f} Hz", v.trace(25, 25).dominant_frequency()) // => "8 Hz"
    /// dominant_frequency(v, 4, 40).shape // => [64, 64]
    /// ```
    ///
    /// See also: `power_spectrum`, `organization_index`, `hilbert_phase`, `bandpass`.
    ///
    /// Source: Harris 1978, doi:10.1109/PROC.1978.10837, for the Hann window.
    fn dominant_frequency(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Lowest frequency to consider; default: all above 0.
        low: Option<f64> [Hz] = None,
        /// Highest frequency to consider; default: half the frame rate.
        high: Option<f64> [Hz] = None,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Reduced> {
        spectrum::dominant_frequency(&video, [low, high], fps).map(Reduced)
    }

    /// Organization index of every pixel: how regular its activity is.
    ///
    /// The power within `bandwidth` / 2 of the dominant frequency and its multiples up to
    /// `harmonics`, divided by that from `low` to `high`, in the spectrum of `dominant_frequency`:
    /// near 1 for regular activity, small for fibrillation or noise. At least two frequencies of
    /// the spectrum, 2 · fps / frames, count on each side: the window spreads power to them.
    ///
    /// Returns an image {y, x} from 0 to 1, float32; for a trace, a number. NaN where the trace has
    /// NaN or does not change.
    ///
    /// Fails if the frame rate is not known, there are fewer than 4 frames, `low` is not below
    /// `high`, no frequency is between them, `harmonics` is 0, or `bandwidth` is not positive.
    ///
    /// ```
    /// let p = phantom(#{frames: 1000});
    /// p.video.trace(32, 32).organization_index(2) > 0.95 // => true
    /// organization_index(random([1000], 1), #{fps: 500}) < 0.2 // => true
    /// ```
    ///
    /// See also: `dominant_frequency`, `power_spectrum`, `hilbert_phase`
    ///
    /// Source: after Everett et al. 2001, doi:10.1109/10.951518.
    fn organization_index(
        /// Video or trace; time is the first axis.
        video: Video,
        /// Lowest frequency to consider; default: all above 0.
        low: Option<f64> [Hz] = None,
        /// Highest frequency to consider; default: half the frame rate.
        high: Option<f64> [Hz] = None,
        /// Number of multiples of the dominant frequency that count, itself included.
        harmonics: usize = 4,
        /// Width of what counts around each.
        bandwidth: f64 [Hz] = 1.0,
        /// Frame rate; default: that of the video.
        fps: Option<f64> [Hz] = None,
    ) -> Result<Reduced> {
        let band = [low, high];
        let options = OrganizationOptions { band, harmonics, bandwidth, fps };
        spectrum::organization_index(&video, &options).map(Reduced)
    }
}
