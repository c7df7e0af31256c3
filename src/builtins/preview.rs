//! Images, plots and tables in the terminal.

use std::time::Duration;

use crate::color::color_settings::ColorSettings;
use crate::color::colormap::Colormap;
use crate::draw::plot::Plot;
use crate::draw::rgba_image::RgbaImage;
use crate::draw::terminal::{self, Graphics};
use crate::error::{Error, Result};
use crate::export;
use crate::script::types::drawing::Previewed;
use crate::script::{builtins, shown_table};
use crate::text_player::TextPlayer;
use crate::video::Video;

builtins! {
    /// Draws a frame, traces or a table in the terminal, also over ssh and without a display.
    ///
    /// Terminals that can show images (kitty, iTerm2, sixel) get an image, others colored half
    /// blocks, files and pipes characters. The environment variable `OPTIMAP_GRAPHICS` overrides
    /// what is detected. NaN samples are left blank, or gaps in traces.
    ///
    /// With `play`, the whole terminal is a player until `q` is pressed: Space plays or pauses,
    /// Left and Right step, Up and Down make the steps longer or shorter, `[` and `]` change the
    /// speed, Home and End go to the first and the last frame, and `l` plays once or in a loop.
    ///
    /// Fails if there is no such frame, if `video` is none of these, or if `play` has no terminal
    /// or no video to play.
    ///
    /// ```
    /// preview(example_video(10, 64, 64), #{cmap: "viridis", width: 32})
    /// preview(example_video(200, 64, 64)[[(), 20, 30]])
    /// preview(#{name: ["apex", "base"], apd: [81.5, 90.25]})
    /// ```
    ///
    /// See also: `show_video`, `plot_traces`, `contact_sheet`, `export_image`.
    fn preview(
        &context,
        /// Video or image; a trace or an array of traces; or a table: a map of columns or an array
        /// of maps.
        video: Previewed,
        /// Index of the frame to draw.
        frame: usize [frames] = 0,
        /// Width in terminal columns; default: such that the whole frame is visible, and the width
        /// of the terminal for traces and tables.
        width: Option<usize> [columns] = None,
        /// Colormap of a gray video.
        cmap: Colormap = Colormap::gray(),
        /// Lower color limit (sample value), or lower limit of the vertical axis of traces;
        /// default: the minimum of the first frame, or of the traces.
        vmin: Option<f64> = None,
        /// Upper color limit (sample value), or upper limit of the vertical axis of traces;
        /// default: the maximum of the first frame, or of the traces.
        vmax: Option<f64> = None,
        /// How to draw in the terminal; default: the best that the terminal is known to support.
        graphics: Option<Graphics> = None,
        /// Play the video in the terminal.
        play: bool = false,
        /// Time between two frames of `play`.
        interval: usize [ms] = 10,
    ) -> Result<()> {
        let graphics = graphics.unwrap_or_else(Graphics::offered);
        let colors = ColorSettings::new(cmap, vmin, vmax);
        let text = match video {
            Previewed::Video(video) if play => {
                let interval = Duration::from_millis(interval as u64);
                let player = TextPlayer::new(video, colors, graphics, interval)?;
                player.play().map(|()| None)?
            }
            _ if play => return Err(nothing_to_play()),
            Previewed::Video(video) => {
                let rgba_image = RgbaImage::new(&video, frame, &colors)?;
                let size = (rgba_image.width, rgba_image.height);
                let columns = columns(width).unwrap_or_else(|| terminal::fitting_columns(size));
                Some(terminal::picture(&rgba_image, columns, graphics))
            }
            Previewed::Traces(traces) => {
                Some(plot(&traces, (vmin, vmax), columns(width), graphics)?)
            }
            Previewed::Table(table) => {
                let table = shown_table(&table).ok_or_else(not_a_table)?;
                Some(table.lines(columns(width).unwrap_or_else(|| usual_size().0)))
            }
        };
        text.iter().for_each(|text| context.print(text));
        Ok(())
    }
}

/// More columns than any terminal has.
const MAX_COLUMNS: usize = 1000;

/// Rows of a plot.
const PLOT_ROWS: usize = 16;

/// Widest plot that is not asked for.
const PLOT_COLUMNS: usize = 100;

fn columns(width: Option<usize>) -> Option<usize> {
    width.map(|width| width.clamp(1, MAX_COLUMNS))
}

/// Columns and rows of the terminal, or of a usual one.
fn usual_size() -> (usize, usize) {
    terminal::size().unwrap_or((80, 24))
}

fn plot(
    traces: &[Video],
    yrange: (Option<f64>, Option<f64>),
    columns: Option<usize>,
    graphics: Graphics,
) -> Result<String> {
    let (curves, is_timed) = export::curves("preview", traces, &[], None)?;
    let (all_columns, all_rows) = usual_size();
    let columns = columns.unwrap_or_else(|| all_columns.min(PLOT_COLUMNS));
    let rows = PLOT_ROWS.min(all_rows.saturating_sub(5));
    let plot = Plot {
        curves,
        title: String::new(),
        xlabel: if is_timed { "time (ms)" } else { "frame" }.into(),
        ylabel: String::new(),
        yrange,
        size: (0, 0),
    };
    plot.characters(columns, rows, graphics)
}

fn nothing_to_play() -> Error {
    Error::new("`play` needs a video, got traces or a table")
        .hint("leave it out to draw them, or pass the video")
}

fn not_a_table() -> Error {
    Error::new("preview needs a table with columns of the same length, or maps with the same keys")
        .hint("its cells are numbers, strings and bools; print shows any other map or array")
}
