//! What people look at: movies, images and plots of videos.

mod figure;
mod movie;

pub use figure::{Coloured, curves, export_image, load_picture, of_image, save_drawn, save_plot};
pub use movie::{
    Annotations, Export, Extent, Grid, Look, Shown, export_video, export_video_with_overlay,
    export_videos,
};
