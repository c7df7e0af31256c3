//! Every builtin, by topic: declarations whose bodies call into `ops`, `io` and `player`.

mod analysis;
mod beat_maps;
mod beats;
mod blend;
mod colormaps;
mod create;
mod deprecated;
mod edit;
mod export;
mod figures;
mod files;
mod filters;
mod general;
mod importers;
mod masks;
mod math;
mod memory;
mod motion;
mod paths;
mod phases;
mod picture_windows;
mod pictures;
mod play;
mod players;
mod preview;
mod prompt;
mod reduce;
mod regions;
mod saving;
mod shape;
mod shared;
mod spectra;
mod statistics;
mod tables;
mod text;
mod transients;
mod velocity;
mod waves;

use crate::script::Topic;

/// All builtins, in the order of the reference.
pub const TOPICS: &[Topic] = &[
    Topic {
        title: "Loading",
        builtins: files::BUILTINS,
    },
    Topic {
        title: "Saving",
        builtins: saving::BUILTINS,
    },
    Topic {
        title: "Importers",
        builtins: importers::BUILTINS,
    },
    Topic {
        title: "Editing",
        builtins: edit::BUILTINS,
    },
    Topic {
        title: "Arithmetic",
        builtins: math::BUILTINS,
    },
    Topic {
        title: "Statistics",
        builtins: reduce::BUILTINS,
    },
    Topic {
        title: "Creating arrays",
        builtins: create::BUILTINS,
    },
    Topic {
        title: "Shape",
        builtins: shape::BUILTINS,
    },
    Topic {
        title: "Regions and traces",
        builtins: regions::BUILTINS,
    },
    Topic {
        title: "Filters",
        builtins: filters::BUILTINS,
    },
    Topic {
        title: "Analysis",
        builtins: analysis::BUILTINS,
    },
    Topic {
        title: "Masks",
        builtins: masks::BUILTINS,
    },
    Topic {
        title: "Beats",
        builtins: beats::BUILTINS,
    },
    Topic {
        title: "Beats in every pixel",
        builtins: beat_maps::BUILTINS,
    },
    Topic {
        title: "Action potentials",
        builtins: transients::BUILTINS,
    },
    Topic {
        title: "Waves",
        builtins: waves::BUILTINS,
    },
    Topic {
        title: "Conduction velocity",
        builtins: velocity::BUILTINS,
    },
    Topic {
        title: "Frequencies",
        builtins: spectra::BUILTINS,
    },
    Topic {
        title: "Phase",
        builtins: phases::BUILTINS,
    },
    Topic {
        title: "Motion",
        builtins: motion::BUILTINS,
    },
    Topic {
        title: "Blending",
        builtins: blend::BUILTINS,
    },
    Topic {
        title: "Exporting movies",
        builtins: export::BUILTINS,
    },
    Topic {
        title: "Images and plots",
        builtins: pictures::BUILTINS,
    },
    Topic {
        title: "Figures",
        builtins: figures::BUILTINS,
    },
    Topic {
        title: "Creating colormaps",
        builtins: colormaps::BUILTINS,
    },
    Topic {
        title: "Playing",
        builtins: play::BUILTINS,
    },
    Topic {
        title: "Pictures in windows",
        builtins: picture_windows::BUILTINS,
    },
    Topic {
        title: "Players",
        builtins: players::BUILTINS,
    },
    Topic {
        title: "Deprecated names",
        builtins: deprecated::BUILTINS,
    },
    Topic {
        title: "Paths and text files",
        builtins: paths::BUILTINS,
    },
    Topic {
        title: "Tables and JSON",
        builtins: tables::BUILTINS,
    },
    Topic {
        title: "Statistical tests",
        builtins: statistics::BUILTINS,
    },
    Topic {
        title: "Text, checks and progress",
        builtins: text::BUILTINS,
    },
    Topic {
        title: "In the terminal",
        builtins: preview::BUILTINS,
    },
    Topic {
        title: "Memory",
        builtins: memory::BUILTINS,
    },
    Topic {
        title: "At the prompt",
        builtins: prompt::BUILTINS,
    },
    Topic {
        title: "General",
        builtins: general::BUILTINS,
    },
];
