//! Combining and separating frames: means of consecutive frames, and recordings of several colors
//! in turn.

use super::shape::{common_dtype, misfit};
use crate::bail;
use crate::error::Result;
use crate::ops::kernel::RUN;
use crate::task;
use crate::video::{DType, Element, Real, Strided, Video, read_run, with_bits};

/// Averages every `n` frames into one. Remaining frames at the end are dropped.
pub fn downsample_time(video: Video, n: usize) -> Result<Video> {
    downsampled_len(&video, n)?;
    let mut result = match video.dtype().is_wide() {
        true => average::<f64>(&video, n)?,
        false => average::<f32>(&video, n)?,
    };
    result.metadata_mut().take_every(n);
    Ok(result)
}

/// Number of frames of [`downsample_time`].
pub fn downsampled_len(video: &Video, n: usize) -> Result<usize> {
    if n == 0 || n > video.len() {
        bail!(
            "downsample_time needs `n` between 1 and the number of frames, {}, got {n}",
            video.len()
        );
    }
    Ok(video.len() / n)
}

fn average<R: Real>(video: &Video, n: usize) -> Result<Video> {
    let frame_len = video.frame_len();
    let mut shape = video.shape().to_vec();
    shape[0] /= n;
    let mut result = Strided::<R>::for_writing(&shape)?;
    let frames = result
        .as_mut_slice()?
        .chunks_mut(frame_len.max(1))
        .enumerate();
    let memory = || (vec![0.0; RUN], vec![0.0; RUN]);
    task::for_each_init(
        "averaging frames",
        frames,
        memory,
        |(sums, part), (frame, out)| {
            for (out, first) in out.chunks_mut(RUN).zip((0..frame_len).step_by(RUN)) {
                let (sums, part) = (&mut sums[..out.len()], &mut part[..out.len()]);
                sums.fill(0.0);
                for frame in frame * n..(frame + 1) * n {
                    let run = first..first + out.len();
                    video
                        .samples()
                        .read_frames::<f64>(frame..frame + 1, run, part);
                    sums.iter_mut()
                        .zip(&*part)
                        .for_each(|(sum, sample)| *sum += *sample);
                }
                for (out, sum) in out.iter_mut().zip(&*sums) {
                    *out = R::from_f64(*sum / n as f64);
                }
            }
            Ok(())
        },
    )?;
    Ok(video.with_samples(result))
}

/// Interleaves the frames of several videos: the first of each, then the second of each and so on.
/// Later videos may be one frame shorter.
pub fn interleave(videos: &[Video]) -> Result<Video> {
    let Some(first) = videos.first() else {
        bail!("interleave needs at least one video, got none");
    };
    let (n, n_frames) = (videos.len(), videos.iter().map(Video::len).sum::<usize>());
    for (position, video) in videos.iter().enumerate() {
        let fits = video.len() == (n_frames - position.min(n_frames)).div_ceil(n);
        if video.shape()[1..] != first.shape()[1..] || !fits {
            let other = videos.iter().find(|video| video.shape() != first.shape());
            return Err(misfit("interleave", first, other.unwrap_or(video)));
        }
    }
    let dtypes = videos.iter().map(Video::dtype);
    let dtype = dtypes.reduce(common_dtype).unwrap_or(first.dtype());
    let joined = with_bits!(dtype, B => join::<B>(videos, dtype, n_frames)?);
    let mut result = Video::from_bits(joined, dtype);
    let fps = result.metadata().fps;
    if n > 1 && fps.is_some() {
        result.metadata_mut().fps = fps.map(|fps| fps * n as f64);
    }
    Ok(result)
}

fn join<B: Element>(videos: &[Video], dtype: DType, n_frames: usize) -> Result<Video> {
    let (first, n) = (&videos[0], videos.len());
    let frame_len = first.frame_len();
    let mut shape = first.shape().to_vec();
    shape[0] = n_frames;
    let mut result = Strided::<B>::for_writing(&shape)?;
    let sources = videos.iter().map(|video| {
        let video = super::elementwise::astype(video.clone(), dtype)?;
        Ok(B::unwrap(video.samples().bits()).expect("just converted"))
    });
    let sources = sources.collect::<Result<Vec<Strided<B>>>>()?;
    let frames = result
        .as_mut_slice()?
        .chunks_mut(frame_len.max(1))
        .enumerate();
    task::for_each("interleaving", frames, |(frame, out)| {
        let source = &sources[frame % n];
        read_run(source, frame / n, 0..frame_len, out);
        Ok(())
    })?;
    Ok(first.with_samples(result))
}

/// Separates frames that were recorded in turn, the inverse of [`interleave`]; shares the samples.
pub fn deinterleave(video: &Video, n: usize) -> Result<Vec<Video>> {
    if n == 0 || n > video.len() {
        bail!(
            "deinterleave needs `n` between 1 and the number of frames, {}, got {n}",
            video.len()
        );
    }
    let every = |first: usize| video.frames(first, (video.len() - first).div_ceil(n), n as isize);
    Ok((0..n).map(every).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{address, check_threads, noise, ramp, values, video};

    #[test]
    fn means_of_frames_have_a_lower_rate() {
        let mut frames = video(&[5, 1, 2], (0..10u16).collect());
        frames.metadata_mut().fps = Some(100.0);
        let means = downsample_time(frames, 2).unwrap();
        assert_eq!(
            (values(&means), means.metadata().fps),
            (vec![1., 2., 5., 6.], Some(50.0))
        );
        assert!(downsample_time(ramp(&[3, 1, 1]), 4).is_err());
        assert!(downsample_time(ramp(&[3, 1, 1]), 0).is_err());
        check_threads(|| downsample_time(video(&[9, 70, 80], noise(9 * 5600, 1)), 3));
    }

    #[test]
    fn frames_in_turn_come_apart_again() {
        let mut frames = ramp(&[5, 2, 3]);
        frames.metadata_mut().fps = Some(100.0);
        let parts = deinterleave(&frames, 2).unwrap();
        let lens: Vec<usize> = parts.iter().map(Video::len).collect();
        assert_eq!((lens, parts[1].metadata().fps), (vec![3, 2], Some(50.0)));
        let joined = interleave(&parts).unwrap();
        assert_eq!(values(&joined), values(&frames));
        assert_eq!(joined.metadata().fps, Some(100.0));
        let one = deinterleave(&frames, 1).unwrap();
        assert_eq!(address(&one[0]), address(&frames));
        assert!(deinterleave(&frames, 0).is_err() && deinterleave(&frames, 6).is_err());
    }

    #[test]
    fn only_videos_that_fit_are_interleaved() {
        assert!(interleave(&[]).is_err());
        assert!(interleave(&[ramp(&[2, 1, 1]), ramp(&[3, 1, 1])]).is_err());
        assert!(interleave(&[ramp(&[2, 1, 1]), ramp(&[2, 1, 2])]).is_err());
        let mixed = interleave(&[
            video(&[1, 1, 1], vec![1u8]),
            video(&[1, 1, 1], vec![0.5f32]),
        ]);
        assert_eq!(values(&mixed.unwrap()), [1.0, 0.5]);
    }
}
