//! Cropping, rotating and flipping: views of the same samples, of any type.

use crate::error::{Error, Result};
use crate::ops::of_frames;
use crate::video::{Layout, Video, shape_text};

/// Axis of the rows.
const Y: usize = 1;

/// Axis of the columns.
const X: usize = 2;

/// Removes `width` pixels from each side of every frame, or of an image.
pub fn crop(video: Video, width: usize) -> Result<Video> {
    of_frames("crop", video, |video| crop_frames(video, width))
}

fn crop_frames(video: Video, width: usize) -> Result<Video> {
    if width == 0 {
        return Ok(video);
    }
    let (rows, cols) = (video.shape()[Y], video.shape()[X]);
    let largest = (rows.min(cols).saturating_sub(1)) / 2;
    if width > largest {
        return Err(Error::new(format!(
            "crop cannot take `width` {width} from each side of frames of {} pixels",
            shape_text(&[rows, cols])
        ))
        .hint(format!("the largest width here is {largest}")));
    }
    let layout = video.layout();
    let layout = layout.slice(Y, width, rows - 2 * width, 1);
    let layout = layout.slice(X, width, cols - 2 * width, 1);
    let mut video = video.with_layout(layout);
    video.metadata_mut().crop([width, width]);
    Ok(video)
}

/// Rotates every frame counterclockwise by `k` quarter turns, clockwise if `k` is negative.
pub fn rotate_left(video: Video, k: i64) -> Result<Video> {
    of_frames("rotate_left", video, |video| {
        Ok(rotate(&video, k.rem_euclid(4)))
    })
}

/// Rotates every frame clockwise by `k` quarter turns, counterclockwise if `k` is negative.
pub fn rotate_right(video: Video, k: i64) -> Result<Video> {
    of_frames("rotate_right", video, |video| {
        Ok(rotate(&video, (4 - k.rem_euclid(4)) % 4))
    })
}

/// Flips every frame vertically: the first row becomes the last.
pub fn flip_up_down(video: Video) -> Result<Video> {
    of_frames("flip_up_down", video, |video| {
        Ok(turned(&video, video.layout().flip(Y)))
    })
}

/// Flips every frame horizontally: the first column becomes the last.
pub fn flip_left_right(video: Video) -> Result<Video> {
    of_frames("flip_left_right", video, |video| {
        Ok(turned(&video, video.layout().flip(X)))
    })
}

/// Rotates counterclockwise by 0 to 3 quarter turns.
fn rotate(video: &Video, quarters: i64) -> Video {
    let layout = video.layout();
    let mut video = match quarters {
        1 => turned(video, layout.swap(Y, X).flip(Y)),
        2 => turned(video, layout.flip(Y).flip(X)),
        3 => turned(video, layout.swap(Y, X).flip(X)),
        _ => video.clone(),
    };
    if quarters % 2 == 1 {
        video.metadata_mut().transpose();
    }
    video
}

/// View with pixels at other positions, without the metadata of their origin.
fn turned(video: &Video, layout: Layout) -> Video {
    let mut video = video.with_layout(layout);
    if video.metadata().origin.is_some() {
        video.metadata_mut().origin = None;
    }
    video
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{address, ramp, values};

    #[test]
    fn cropping_keeps_the_middle() {
        let video = crop(ramp(&[2, 4, 5]), 1).unwrap();
        assert_eq!(video.shape(), [2, 2, 3]);
        assert_eq!(values(&video)[..6], [6., 7., 8., 11., 12., 13.]);
        assert_eq!(crop(ramp(&[2, 4, 5]), 0).unwrap().shape(), [2, 4, 5]);
        assert_eq!(crop(ramp(&[2, 4, 5, 3]), 1).unwrap().shape(), [2, 2, 3, 3]);
    }

    #[test]
    fn metadata_follows_the_pixels() {
        let mut video = ramp(&[2, 8, 9]);
        video.metadata_mut().pixel_size = Some([2.0, 3.0]);
        let cropped = crop(crop(video, 1).unwrap(), 2).unwrap();
        assert_eq!(cropped.metadata().origin, Some([3, 3]));
        let rotated = rotate_left(cropped, 1).unwrap();
        assert_eq!(rotated.metadata().pixel_size, Some([3.0, 2.0]));
        assert_eq!(rotated.metadata().origin, None);
    }

    #[test]
    fn cropping_too_much_names_the_largest_width() {
        let error = crop(ramp(&[2, 4, 5]), 2).unwrap_err();
        assert_eq!(
            error.message(),
            "crop cannot take `width` 2 from each side of frames of 4×5 pixels"
        );
        assert_eq!(error.hints(), ["the largest width here is 1"]);
        assert!(crop(ramp(&[2, 4, 5]), usize::MAX).is_err());
        assert!(crop(ramp(&[5]), 1).is_err());
    }

    #[test]
    fn turning_left_takes_the_right_side_to_the_top() {
        let turned = rotate_left(ramp(&[1, 2, 3]), 1).unwrap();
        assert_eq!(turned.shape(), [1, 3, 2]);
        assert_eq!(values(&turned), [2., 5., 1., 4., 0., 3.]);
        let back = rotate_right(turned, 1).unwrap();
        assert_eq!(values(&back), values(&ramp(&[1, 2, 3])));
    }

    #[test]
    fn turns_are_counted_in_quarters_of_any_sign() {
        for k in [-9, -4, -1, 0, 2, 3, 101] {
            let left = rotate_left(ramp(&[2, 3, 4, 2]), k).unwrap();
            let right = rotate_right(ramp(&[2, 3, 4, 2]), -k).unwrap();
            assert_eq!(values(&left), values(&right));
            assert_eq!(left.shape(), right.shape());
        }
    }

    #[test]
    fn images_are_turned_as_frames_are() {
        let mut image = ramp(&[4, 6]);
        image.metadata_mut().pixel_size = Some([2.0, 3.0]);
        let frames = ramp(&[1, 4, 6]);
        let same = |image: Result<Video>, frames: Result<Video>| {
            let (image, frames) = (image.unwrap(), frames.unwrap());
            assert_eq!(image.shape(), &frames.shape()[1..]);
            assert_eq!(values(&image), values(&frames));
        };
        same(crop(image.clone(), 1), crop(frames.clone(), 1));
        same(
            rotate_left(image.clone(), 1),
            rotate_left(frames.clone(), 1),
        );
        same(
            rotate_right(image.clone(), 1),
            rotate_right(frames.clone(), 1),
        );
        same(flip_up_down(image.clone()), flip_up_down(frames.clone()));
        same(flip_left_right(image.clone()), flip_left_right(frames));
        let turned = rotate_left(image, 1).unwrap();
        assert_eq!(turned.metadata().pixel_size, Some([3.0, 2.0]));
    }

    #[test]
    fn flips_mirror_and_share_the_samples() {
        let video = ramp(&[1, 2, 3]);
        let down = flip_up_down(video.clone()).unwrap();
        assert_eq!(values(&down), [3., 4., 5., 0., 1., 2.]);
        let across = flip_left_right(video.clone()).unwrap();
        assert_eq!(values(&across), [2., 1., 0., 5., 4., 3.]);
        let twice = flip_left_right(across).unwrap();
        assert_eq!(address(&twice), address(&video));
    }
}
