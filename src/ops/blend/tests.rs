//! Blends by their samples and bytes.

use super::frames::all_frames;
use super::*;
use crate::color::colormap::Colormap;
use crate::ops::testing::{check_threads, values, video};

fn options() -> BlendOptions {
    let colors = |cmap| ColorSettings::new(cmap, Some(0.0), Some(1.0));
    BlendOptions {
        skip_frames: 1,
        base: colors(Colormap::gray()),
        overlay: colors(Colormap::named("hot").unwrap()),
        look: BlendLook::PLAIN,
    }
}

fn blended(base: Video, overlay: Video, alpha: Option<Operand>) -> Vec<f64> {
    let blend = Blend::new(base, overlay, alpha, options()).unwrap();
    values(&all_frames(&blend).unwrap())
}

#[test]
fn overlays_show_where_they_are_bright() {
    let base = video(&[1, 1, 3], vec![0.0f32, 1.0, 1.0]);
    let overlay = video(&[1, 1, 3], vec![1.0f32, 0.0, f32::NAN]);
    let all = [1.0; 4];
    assert_eq!(blended(base, overlay, None), [all, all, all].concat());
}

#[test]
fn alpha_is_a_number_an_image_or_a_video() {
    let base = || video(&[2, 1, 1], vec![0.0f32; 2]);
    let overlay = || video(&[2, 1, 1], vec![1.0f32; 2]);
    let half = [0.5, 0.5, 0.5, 1.0].repeat(2);
    let alphas = [
        Operand::Float(0.5),
        Operand::Array(video(&[1, 1], vec![0.5f32])),
        Operand::Array(video(&[2, 1, 1], vec![0.5f64; 2])),
        Operand::Array(video(&[2, 1, 1, 1], vec![0.5f32; 2])),
    ];
    for alpha in alphas {
        assert_eq!(blended(base(), overlay(), Some(alpha)), half);
    }
    // One opacity per channel.
    let channels = [0.0, 0.25, 0.5, 1.0];
    let alpha = Operand::Array(video(&[2, 1, 1, 4], channels.repeat(2)));
    let mixed = [0.0, 0.25, 0.5, 1.0].repeat(2);
    assert_eq!(blended(base(), overlay(), Some(alpha)), mixed);
    let rgb = |sample: f32| video(&[1, 1, 1, 3], vec![sample; 3]);
    let alpha = Operand::Array(video(&[1, 1, 1, 3], vec![0.0f32, 0.5, 1.0]));
    assert_eq!(blended(rgb(0.0), rgb(1.0), Some(alpha)), [0.0, 0.5, 1.0]);
    let alpha = Operand::Array(video(&[2, 1, 1, 3], vec![0.5f32; 6]));
    assert!(Blend::new(base(), overlay(), Some(alpha), options()).is_err());
    let shape = Some(Operand::Array(video(&[2], vec![0.5f32; 2])));
    assert!(Blend::new(base(), overlay(), shape, options()).is_err());
    let above = Some(Operand::Int(2));
    assert!(Blend::new(base(), overlay(), above, options()).is_err());
}

#[test]
fn the_look_weighs_the_opacity_and_mixes_the_colors() {
    let base = || video(&[1, 1, 3], vec![0.5f32, 0.5, 0.5]);
    let overlay = || video(&[1, 1, 3], vec![0.0f32, 0.5, 1.0]);
    let red = |look: BlendLook| {
        let gray = ColorSettings::new(Colormap::gray(), Some(0.0), Some(1.0));
        let options = BlendOptions {
            overlay: gray,
            look,
            ..options()
        };
        let blend = Blend::new(base(), overlay(), Some(Operand::Float(0.5)), options);
        let samples = values(&all_frames(&blend.unwrap()).unwrap());
        let pixels = samples.chunks(4).map(|pixel| {
            assert_eq!((pixel[0], pixel[3]), (pixel[2], 1.0));
            (pixel[0] * 1000.0).round()
        });
        pixels.collect::<Vec<_>>()
    };
    let of = |mode, threshold, opacity| {
        red(BlendLook {
            mode,
            threshold,
            opacity,
        })
    };
    // Colors have 256 steps: 0.5 is 127/255 or 128/255.
    let near = |found: Vec<f64>, expected: [f64; 3]| {
        let differ = |(found, expected): (&f64, &f64)| 4.0 < (found - expected).abs();
        assert!(!found.iter().zip(&expected).any(differ), "{found:?}");
    };
    near(of(BlendMode::Normal, None, 1.0), [250.0, 500.0, 750.0]);
    near(of(BlendMode::Normal, None, 0.5), [375.0, 500.0, 625.0]);
    near(of(BlendMode::Normal, Some(0.5), 1.0), [500.0, 500.0, 750.0]);
    near(of(BlendMode::Normal, Some(0.6), 0.5), [500.0, 500.0, 625.0]);
    near(of(BlendMode::Add, None, 1.0), [500.0, 750.0, 1000.0]);
    near(of(BlendMode::Screen, None, 1.0), [500.0, 625.0, 750.0]);
    near(of(BlendMode::Multiply, None, 1.0), [250.0, 375.0, 500.0]);
    near(of(BlendMode::Lighten, None, 1.0), [500.0, 500.0, 750.0]);
    near(of(BlendMode::Darken, None, 1.0), [250.0, 500.0, 500.0]);
}

#[test]
fn a_look_that_cannot_be_is_an_error() {
    let gray = video(&[1, 1, 1], vec![0.5f32]);
    let color = video(&[1, 1, 1, 3], vec![0.5f32; 3]);
    let error = |overlay: &Video, threshold, opacity| {
        let mut blend = Blend::new(
            gray.clone(),
            overlay.clone(),
            Some(Operand::Int(1)),
            options(),
        )
        .unwrap();
        let look = BlendLook {
            threshold,
            opacity,
            ..BlendLook::PLAIN
        };
        let result = blend.set_look(look);
        assert_eq!(result.is_ok(), blend.look() != BlendLook::PLAIN);
        result.err().map(|error| error.message().to_owned())
    };
    assert_eq!(error(&gray, Some(0.2), 0.5), None);
    let message = error(&color, Some(0.2), 1.0).unwrap();
    assert_eq!(message, "an overlay in color has no threshold");
    assert!(error(&gray, Some(f64::NAN), 1.0).unwrap().contains("NaN"));
    assert!(error(&gray, None, 1.5).unwrap().ends_with("got 1.5"));
    let options = BlendOptions {
        look: BlendLook {
            threshold: Some(0.0),
            ..BlendLook::PLAIN
        },
        ..options()
    };
    assert!(Blend::new(gray.clone(), color, Some(Operand::Int(1)), options).is_err());
}

#[test]
fn ints_are_parts_of_their_largest_value() {
    let base = video(&[1, 1, 1, 3], vec![0u8, 51, 255]);
    let overlay = video(&[1, 1, 1, 4], vec![255u8, 51, 0, 51]);
    let mixed = blended(base, overlay, None);
    let expected = [0.2, 0.2, 0.8, 0.84];
    assert!(
        mixed
            .iter()
            .zip(expected)
            .all(|(a, b)| (a - b).abs() < 1e-6),
        "{mixed:?}"
    );
}

#[test]
fn a_frame_is_that_of_the_whole_and_its_bytes_are_cut_off() {
    let samples: Vec<f32> = (0..1200).map(|i| (i * 7 % 100) as f32 / 100.0).collect();
    let base = video(&[2, 20, 30], samples.clone());
    let overlay = video(&[2, 20, 30], samples.into_iter().rev().collect());
    let blend = Blend::new(base, overlay, None, options()).unwrap();
    let frame = values(&blend.frame(1).unwrap());
    assert_eq!(frame, values(&all_frames(&blend).unwrap())[2400..]);
    let mut colors = vec![[0; 4]; 600];
    blend.colors(1, 0..600, &mut colors);
    for (byte, component) in colors.as_flattened().iter().zip(&frame) {
        assert_eq!(*byte, (*component as f32 * 255.0) as u8);
    }
    let mut part = vec![[0; 4]; 50];
    blend.colors(1, 550..600, &mut part);
    assert_eq!(part, colors[550..]);
    check_threads(|| all_frames(&blend));
}

#[test]
fn images_stay_under_a_video() {
    let base = video(&[1, 2], vec![0.0f32, 1.0]);
    let overlay = video(&[3, 1, 2], vec![0.0f32; 6]);
    let gray = [[0.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0]].concat();
    assert_eq!(blended(base, overlay, None), gray.repeat(3));
}
