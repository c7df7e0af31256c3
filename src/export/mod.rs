//! Movies, images and plots of videos, written to files for people to look at.

mod figure;
mod image;
mod image_file;
mod mask_image;
mod movie;
#[cfg(test)]
mod round_trip;

pub use figure::save_page;
pub use image::{ImageAnnotations, curves, export_image, is_image, save_drawn};
pub use image_file::of_image;
pub use mask_image::{load_mask, save_mask};
pub use movie::{
    Export, MovieAnnotations, MovieSource, VideoGrid, export_video, export_video_with_overlay,
    export_videos, suits_built_in,
};
