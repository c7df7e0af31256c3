//! Tests of the layout of movies and of what is drawn in each part.

use super::*;
use crate::color::color_settings::ColorSettings;
use crate::color::colormap::Colormap;
use crate::export::movie::MovieSource;
use crate::ops::testing::{ramp, video};
use crate::video::Video;
use crate::view::annotations::TimeUnit;
use crate::view::arrows::{ArrowField, ArrowOptions, MovingPath, MovingPaths};

fn panels(videos: Vec<Video>, cmap: &str) -> Panels {
    let colormap = Colormap::named(cmap).unwrap();
    let settings = ColorSettings::new(colormap, Some(0.0), Some(100.0));
    let sources = videos
        .into_iter()
        .map(|video| CellSource::new(MovieSource::Video(video), &settings, 1, false));
    Panels {
        sources: sources.collect::<Result<_>>().unwrap(),
        ncols: 2,
        padding: 1,
        ground: 0xff_ff_ff,
        step: 1,
    }
}

fn frame(scene: &MovieScene, frame: usize) -> Image {
    let mut scratch = SceneBuffers::default();
    scene.draw(frame, &mut scratch).unwrap();
    scratch.image
}

#[test]
fn cells_that_are_left_over_show_the_ground() {
    let videos = vec![ramp(&[2, 2, 3]); 3];
    let scene = MovieScene::new(panels(videos, "gray"), &MovieAnnotations::default()).unwrap();
    assert!(scene.is_gray());
    let image = frame(&scene, 1);
    assert_eq!((image.width, image.height), (7, 5));
    let level = |x, y| image.at(x, y) & 0xff;
    assert_eq!(
        [level(0, 0), level(2, 1), level(3, 0), level(4, 0)],
        [15, 28, 255, 15]
    );
    assert_eq!(level(6, 4), 255);
}

#[test]
fn pixels_are_magnified_to_squares() {
    let annotations = MovieAnnotations {
        scale: Some(3),
        ..MovieAnnotations::default()
    };
    let scene = MovieScene::new(panels(vec![ramp(&[1, 2, 2])], "viridis"), &annotations).unwrap();
    let image = frame(&scene, 0);
    assert_eq!(image.at(0, 0), image.at(2, 2));
    assert_ne!(image.at(2, 2), image.at(3, 3));
    assert_eq!(image.at(3, 3), image.at(5, 5));
}

#[test]
fn annotations_change_with_the_frame_and_stay_within_the_picture() {
    let mut video = ramp(&[3, 20, 30]);
    video.metadata_mut().fps = Some(500.0);
    video.metadata_mut().pixel_size = Some([100.0; 2]);
    let annotations = MovieAnnotations {
        titles: vec!["Δ".into(); 2],
        colorbar: true,
        annotations: Annotations {
            timestamp: Some(TimeUnit::Auto),
            frame_number: true,
            speed: Some(0.05),
            scale_bar: Some(ScaleBar::Auto),
            traces: vec![[0, 0], [19, 29]],
            ..Annotations::default()
        },
        ..MovieAnnotations::default()
    };
    for scale in [None, Some(1)] {
        let annotations = MovieAnnotations {
            scale,
            ..annotations.clone()
        };
        let panels = panels(vec![video.clone(), video.clone()], "magma");
        let scene = MovieScene::new(panels, &annotations).unwrap();
        assert_eq!(scene.len(), 3);
        assert_ne!(frame(&scene, 0), frame(&scene, 1));
    }
}

/// Arrows to the right of 3 pixels in the last of three frames, and none before.
fn arrows() -> ArrowOptions {
    let at_rest = [0.0; 2 * 2 * 20 * 30];
    let vectors = at_rest
        .into_iter()
        .chain([[0.0, 3.0]; 600].into_iter().flatten());
    ArrowOptions {
        vectors: video(&[3, 20, 30, 2], vectors.collect::<Vec<f64>>()),
        every: Some(10),
        scale: None,
        key: None,
        unit: "px".into(),
        color: 0xff_00_00,
    }
}

#[test]
fn arrows_and_paths_follow_the_frames_of_the_recording() {
    let red = |scene: &MovieScene, at: usize| {
        let image = frame(scene, at);
        let is_red = |pixel: &&Color| {
            let [red, green, _] = unpack(**pixel);
            red > 128 && green < 64
        };
        image.pixels.iter().filter(is_red).count()
    };
    let with = |arrows: ArrowOptions, paths: MovingPaths, step: usize| {
        let annotations = MovieAnnotations {
            annotations: Annotations {
                arrows: Some(ArrowField::new(arrows).unwrap()),
                paths,
                ..Annotations::default()
            },
            scale: Some(12),
            ..MovieAnnotations::default()
        };
        let mut panels = panels(
            vec![ramp(&[3, 20, 30]).frames(0, 3usize.div_ceil(step), step as isize)],
            "gray",
        );
        panels.step = step;
        MovieScene::new(panels, &annotations)
    };
    let none = MovingPaths::default;
    let scene = with(arrows(), none(), 1).unwrap();
    assert!(!scene.is_gray());
    assert_eq!([red(&scene, 0), red(&scene, 1)], [0, 0]);
    assert!(red(&scene, 2) > 100, "{}", red(&scene, 2));
    // Every second frame of the recording, of which the last is the third.
    let scene = with(arrows(), none(), 2).unwrap();
    assert_eq!(red(&scene, 0), 0);
    assert!(red(&scene, 1) > 100);
    let short = ArrowOptions {
        vectors: arrows().vectors.frames(0, 2, 1),
        ..arrows()
    };
    let refused = with(short, none(), 1).err().unwrap().to_string();
    assert!(refused.contains("3×20×30"), "{refused}");
    let paths = MovingPaths {
        paths: vec![MovingPath::new([(0, [5.0, 5.0]), (1, [5.0, 25.0])])],
        trail: None,
    };
    let still = with(arrows(), none(), 1).unwrap();
    let moving = with(arrows(), paths, 1).unwrap();
    assert_ne!(frame(&moving, 1), frame(&still, 1));
    assert_eq!(frame(&moving, 2), frame(&still, 2), "the path is over");
}

#[test]
fn annotations_say_what_they_need() {
    let fails = |annotations: &MovieAnnotations| {
        let scene = MovieScene::new(panels(vec![ramp(&[1, 4, 4])], "gray"), annotations);
        scene.err().unwrap().message().to_owned()
    };
    let annotated = |annotations: Annotations| {
        fails(&MovieAnnotations {
            annotations,
            ..MovieAnnotations::default()
        })
    };
    let timestamp = annotated(Annotations {
        timestamp: Some(TimeUnit::Auto),
        ..Annotations::default()
    });
    assert!(timestamp.contains("frame rate"));
    let bar = Annotations {
        scale_bar: Some(ScaleBar::Micrometers(500.0)),
        ..Annotations::default()
    };
    assert!(annotated(bar.clone()).contains("pixel size"));
    let too_long = annotated(Annotations {
        pixel_size: Some(20.0),
        ..bar
    });
    assert_eq!(
        too_long,
        "a scale bar of 500 µm does not fit into a video that is 80 µm wide"
    );
    let outside = annotated(Annotations {
        traces: vec![[4, 0]],
        ..Annotations::default()
    });
    assert!(outside.contains("[4, 0]"));
    let scale = fails(&MovieAnnotations {
        scale: Some(0),
        ..MovieAnnotations::default()
    });
    assert!(scale.contains("at least 1"));
}

#[test]
fn traces_are_those_of_windows_and_of_the_function_trace() {
    let video = ramp(&[3, 9, 9]);
    let source = panels(vec![video.clone()], "gray").sources.remove(0);
    let found = trace(&source, [0, 4], 3).unwrap();
    let region = TraceWindow {
        y: 0,
        x: 4,
        size: 5,
        window: Window::Rect,
    };
    let expected = region::trace(&video, &region).unwrap();
    assert_eq!(found, crate::ops::testing::values(&expected));
    assert_ne!(found[0], 4.0, "not the pixel alone");
}
