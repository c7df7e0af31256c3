//! Words of other languages and names of other programs, with their equivalents here.

/// Words of other languages and their equivalents here.
pub(super) const WORDS: &[(&str, &str)] = &[
    ("None", "write () for no value"),
    ("nil", "write () for no value"),
    ("null", "write () for no value"),
    ("nan", "write NaN"),
    ("inf", "write INF"),
    ("pi", "write PI"),
    ("True", "write true"),
    ("False", "write false"),
    ("and", "write && for `and`, or & for masks"),
    ("or", "write || for `or`, or | for masks"),
    ("not", "write ! for `not`: if !done { … }"),
    ("is", "write == for `is`"),
    ("elif", "write: if a { … } else if b { … } else { … }"),
    ("elseif", "write: if a { … } else if b { … } else { … }"),
    ("end", "end blocks with a brace: if a { … }"),
    ("pass", "write {} for an empty block"),
    (
        "def",
        "define functions with fn name(v) { … }; the value of the last line is returned",
    ),
    (
        "function",
        "define functions with fn name(v) { … }; the value of the last line is returned",
    ),
    ("lambda", "write anonymous functions as |x| x + 1"),
    ("class", "there are no classes; use a map: #{a: 1}"),
    (
        "from",
        "import whole modules: import \"waves\" as waves; the functions of optimap need no import",
    ),
    ("zip", "loop by index: for (x, i) in a { let y = b[i]; … }"),
    (
        "plt",
        "functions need no module; help() lists the functions for videos and plots",
    ),
    ("raise", "raise errors with throw \"message\""),
    ("error", "raise errors with throw \"message\""),
    (
        "with",
        "no need to open or close files: load_video(path) reads, save_video(path, v) writes",
    ),
    ("mut", "all variables are mutable: let x = 5;"),
    ("var", "define variables with let: let x = 5;"),
    (
        "int",
        "variables have no types: let x = 5; convert numbers with to_int and parse_int(\"5\")",
    ),
    (
        "float",
        "dtypes are strings: \"float32\"; convert numbers with to_float and parse_float(\"5\")",
    ),
    (
        "str",
        "convert to strings with x.to_string() or `width ${x}`",
    ),
    ("uint8", "dtypes are strings: \"uint8\""),
    ("uint16", "dtypes are strings: \"uint16\""),
    ("float32", "dtypes are strings: \"float32\""),
    ("disp", "write print(x)"),
    ("printf", "write print(`width ${x}`)"),
    ("fprintf", "write print(`width ${x}`)"),
    ("sprintf", "format strings as `width ${x}`"),
    ("append", "append elements with push: a.push(x)"),
    ("extend", "concatenate arrays with +: a += b"),
    (
        "isinstance",
        "compare types as strings: type_of(x) == \"Video\"",
    ),
    (
        "len",
        "the length of an array is a.len(), the length of a video is v.len",
    ),
    (
        "open",
        "read text files with read_text(path), and tables with read_csv(path)",
    ),
    (
        "numel",
        "the number of samples is v.shape.reduce(|a, b| a * b, 1), the number of frames is v.len",
    ),
    ("size", "use v.shape for the lengths of the axes"),
    (
        "range",
        "ranges are 0..10, from 0 to 9, or 0..=9: for i in 0..10 { … }",
    ),
    ("enumerate", "write: for (x, i) in a { … }"),
    ("imread", "load recordings with load_video(path)"),
    (
        "imshow",
        "show images with show_image(image), videos with show_video(v), or both with preview(v)",
    ),
    ("quit", "Ctrl-D quits the prompt"),
];

/// Modules of other languages whose functions may have the same names here.
pub(super) const MODULES: &[&str] = &[
    "np", "numpy", "om", "optimap", "plt", "scipy", "ndimage", "cv2", "skimage", "tifffile", "pd",
    "math",
];

/// Equivalent of functions and topics of other programs, above all the Python package optimap.
pub(crate) struct ForeignName {
    /// Names of functions in other programs.
    pub(crate) names: &'static [&'static str],
    /// Words that users may search for.
    pub(crate) words: &'static [&'static str],
    /// Related functions here.
    pub(crate) functions: &'static [&'static str],
    /// How to write it here.
    pub(crate) hint: &'static str,
}

impl ForeignName {
    /// Whether a search for a word matches.
    pub(in crate::script) fn is_about(&self, word: &str) -> bool {
        let is_name = |name: &&str| name.to_lowercase() == word;
        self.names.iter().any(is_name) || self.words.contains(&word)
    }
}

/// All foreign names.
pub(crate) const FOREIGN_NAMES: &[ForeignName] = &[
    ForeignName {
        names: &["extract_traces", "extract_trace"],
        words: &["trace", "signal", "time series", "timeseries"],
        functions: &["trace", "traces::extract"],
        hint: "extract one trace with trace(v, y, x, size), several with traces::extract(v, [[y, x], …], size) after import \"traces\" as traces; positions are [y, x]",
    },
    ForeignName {
        names: &["select_traces", "select_positions", "select_trace"],
        words: &["click", "pick"],
        functions: &["show_video", "traces"],
        hint: "select positions with the mouse in the window of show_video(v): player.points holds them, traces(player) returns their traces; positions are [y, x]",
    },
    ForeignName {
        names: &["show_trace"],
        words: &["plot", "graph"],
        functions: &["show_traces", "plot_traces", "traces::plot"],
        hint: "show traces with show_traces([a, b]), and save the plot with plot_traces([a, b], \"traces.png\")",
    },
    ForeignName {
        names: &["compare_traces"],
        words: &[],
        functions: &["traces::compare", "show_figure"],
        hint: "show_figure(traces::compare([a, b], [[y, x], …], size, [\"before\", \"after\"])), after import \"traces\" as traces",
    },
    ForeignName {
        names: &["show_positions", "show_positions_and_traces"],
        words: &[],
        functions: &["traces::located", "show_figure", "show_video"],
        hint: "show_figure(traces::located(v, [[y, x], …], size)), after import \"traces\" as traces; the player that show_video(v) returns holds the selected positions: player.points",
    },
    ForeignName {
        names: &["positions_from_A_to_B", "random_positions"],
        words: &["line profile", "kymograph"],
        functions: &["line_profile", "traces::extract", "linspace"],
        hint: "positions are arrays [[y, x], …]; traces::extract(v, positions, size) extracts their traces",
    },
    ForeignName {
        names: &["detrend_timeseries"],
        words: &[],
        functions: &["detrend", "bleach_correct"],
        hint: "subtract slow trends with detrend(v), or a spline with detrend(v, #{knots: 4})",
    },
    ForeignName {
        names: &["interactive_mask"],
        words: &["segment", "segmentation", "threshold", "background"],
        functions: &[
            "foreground_mask",
            "background_mask",
            "mask_threshold",
            "masks::tissue",
            "masks::background",
            "apply_mask",
            "load_mask",
        ],
        hint: "the tissue is foreground_mask(v.mean(0)) and the background !mask, and load_mask loads what was painted elsewhere; masks::tissue(v) and masks::background(v, distance), after import \"masks\" as masks, also remove specks and holes",
    },
    ForeignName {
        names: &["disc_mask"],
        words: &["roi", "region of interest", "region", "circle", "ellipse"],
        functions: &[
            "mask_disc",
            "mask_rect",
            "apply_mask",
            "trace",
            "roi_bounds",
            "masks::cut",
        ],
        hint: "regions are masks: mask_disc(v.shape, y, x, radius), mask_rect(v.shape, y0, x0, y1, x1), combined with & and |",
    },
    ForeignName {
        names: &["largest_mask_island"],
        words: &["island"],
        functions: &["largest_component", "connected_components"],
        hint: "use largest_component(mask)",
    },
    ForeignName {
        names: &["erode_mask"],
        words: &["shrink"],
        functions: &["binary_erosion"],
        hint: "use binary_erosion(mask, radius)",
    },
    ForeignName {
        names: &["dilate_mask"],
        words: &["grow"],
        functions: &["binary_dilation"],
        hint: "use binary_dilation(mask, radius)",
    },
    ForeignName {
        names: &["close_mask"],
        words: &[],
        functions: &["binary_closing", "fill_holes"],
        hint: "use binary_closing(mask, radius)",
    },
    ForeignName {
        names: &["open_mask"],
        words: &[],
        functions: &["binary_opening"],
        hint: "use binary_opening(mask, radius)",
    },
    ForeignName {
        names: &["show_mask"],
        words: &[],
        functions: &["masks::panel", "show_figure", "show_image"],
        hint: "show a mask over an image with show_figure([masks::panel(mask, image, \"\")]) after import \"masks\" as masks, or alone with show_image(mask)",
    },
    ForeignName {
        names: &["imshow"],
        words: &[],
        functions: &["show_image", "preview", "export_image"],
        hint: "show images and masks with show_image(image) or preview(image), and export them as shown with export_image(path, image)",
    },
    ForeignName {
        names: &["smooth_gaussian", "gaussian_filter", "GaussianBlur"],
        words: &["blur", "gaussian", "denoise", "noise"],
        functions: &["smooth_spatiotemporal", "mean_filter", "median_filter"],
        hint: "Gaussian smoothing is smooth_spatiotemporal(v, sigma_temporal, sigma_spatial)",
    },
    ForeignName {
        names: &["uniform_filter"],
        words: &[],
        functions: &["mean_filter"],
        hint: "use mean_filter(v, size_temporal, size_spatial)",
    },
    ForeignName {
        names: &["medfilt", "medfilt2"],
        words: &[],
        functions: &["median_filter"],
        hint: "use median_filter(v, size_temporal, size_spatial)",
    },
    ForeignName {
        names: &[
            "compute_activation_map",
            "find_crossings",
            "find_activations",
            "find_activation_times",
        ],
        words: &[
            "activation",
            "lat",
            "isochrone",
            "depolarization",
            "upstroke",
        ],
        functions: &["activation_map", "activation::times", "contours"],
        hint: "compute activation times in ms with activation_map(beat, polarity); activation::times(beat, polarity), after import \"activation\" as activation, smooths the video and counts from the earliest one",
    },
    ForeignName {
        names: &[
            "compute_velocity_field",
            "compute_conduction_velocity",
            "conduction_velocities",
        ],
        words: &["cv", "velocity", "conduction", "speed"],
        functions: &["conduction_velocity", "activation::velocity"],
        hint: "use conduction_velocity(map, pixel_size), with a map from activation_map and the pixel size in µm",
    },
    ForeignName {
        names: &["detect_apd", "compute_apd", "apd"],
        words: &[
            "apd",
            "apd80",
            "apd90",
            "action potential",
            "duration",
            "repolarization",
            "restitution",
        ],
        functions: &["apd_map"],
        hint: "compute durations in ms with apd_map(beat, 80), for any percentage of repolarization",
    },
    ForeignName {
        names: &["compute_phase", "phase_map"],
        words: &["phase", "hilbert"],
        functions: &["hilbert_phase", "phase::map_of", "phase::within"],
        hint: "use hilbert_phase(v), or phase::map_of(v, window), which filters first, after import \"phase\" as phase",
    },
    ForeignName {
        names: &["detect_phase_singularities"],
        words: &["rotor", "spiral", "singularity", "singularities"],
        functions: &[
            "phase_singularities",
            "phase::singularities",
            "phase::counts",
        ],
        hint: "use phase_singularities(phase), or phase::singularities(phase) for a table, after import \"phase\" as phase",
    },
    ForeignName {
        names: &[
            "phasefilter_angle_threshold",
            "phasefilter_disc",
            "phasefilter_fillsmooth",
        ],
        words: &[],
        functions: &["remove_phase_outliers", "smooth_phase", "phase::map_of"],
        hint: "set outliers to NaN with remove_phase_outliers(phase, radius, frames, max_angle), and smooth with smooth_phase(phase)",
    },
    ForeignName {
        names: &[
            "estimate_reverse_displacements",
            "warp_image",
            "FlowEstimator",
            "calcOpticalFlowFarneback",
        ],
        words: &[
            "motion",
            "registration",
            "optical flow",
            "stabilize",
            "stabilization",
            "tracking",
            "drift",
        ],
        functions: &[
            "motion_compensate",
            "estimate_displacements",
            "warp_video",
            "register_shift",
            "shift",
            "dualchannel::register",
        ],
        hint: "motion_compensate(v) follows the tissue and warps every frame onto the first; reverse_motion_compensate(v, waves) does the reverse; a frame that is shifted as a whole is aligned with register_shift(v[i], v[0]) and v[i].shift(dy, dx)",
    },
    ForeignName {
        names: &["play_displacements", "play_displacements_points", "quiver"],
        words: &["arrows", "vectors"],
        functions: &["show_video", "export_video", "map_panel"],
        hint: "draw arrows with show_video(v, #{arrows: displacements, arrow_unit: \"px\"}), points that move with #{paths: table}; maps take arrows, too",
    },
    ForeignName {
        names: &["play_video"],
        words: &[],
        functions: &["show_video"],
        hint: "play videos with show_video(v)",
    },
    ForeignName {
        names: &["export_video_collage"],
        words: &[],
        functions: &["export_videos", "collage"],
        hint: "use export_videos(path, videos)",
    },
    ForeignName {
        names: &["print_bar"],
        words: &[],
        functions: &["print_properties"],
        hint: "print text with print(\"…\")",
    },
    ForeignName {
        names: &["download_example_data"],
        words: &["example", "sample data"],
        functions: &["example_video"],
        hint: "use example_video() as a sample recording",
    },
    ForeignName {
        names: &["imread", "imwrite", "imsave"],
        words: &[],
        functions: &["load_video", "load_image", "save_image"],
        hint: "load recordings with load_video(path) and images with load_image(path); save images with save_image(path, image)",
    },
    ForeignName {
        names: &["butter", "filtfilt", "sosfiltfilt", "bandpass_filter"],
        words: &[
            "frequency",
            "low-pass",
            "lowpass",
            "highpass",
            "high-pass",
            "heart rate",
        ],
        functions: &["bandpass", "dominant_frequency"],
        hint: "filter frequencies in Hz with bandpass(v, low, high)",
    },
    ForeignName {
        names: &["fft", "rfft", "periodogram", "welch"],
        words: &["spectrum", "power", "rate"],
        functions: &["dominant_frequency", "bandpass"],
        hint: "compute the strongest frequency in Hz with dominant_frequency(v, low, high)",
    },
    ForeignName {
        names: &[
            "nanmean",
            "nanmedian",
            "nanmax",
            "nanmin",
            "nanstd",
            "nansum",
        ],
        words: &[],
        functions: &["mean", "median", "std", "min", "max"],
        hint: "mean, median, min, max, std and sum always ignore NaN",
    },
    ForeignName {
        names: &["flipud"],
        words: &[],
        functions: &["flip_up_down"],
        hint: "use flip_up_down(v)",
    },
    ForeignName {
        names: &["fliplr"],
        words: &[],
        functions: &["flip_left_right"],
        hint: "use flip_left_right(v)",
    },
    ForeignName {
        names: &["rot90"],
        words: &[],
        functions: &["rotate_left"],
        hint: "use rotate_left(v, k)",
    },
    ForeignName {
        names: &["subplots", "savefig", "plot"],
        words: &[],
        functions: &["plot_traces", "export_image", "contact_sheet"],
        hint: "create figures with plot_traces(traces, path), export_image(path, image) and contact_sheet(v)",
    },
    ForeignName {
        names: &[],
        words: &["scale bar", "scalebar", "ruler"],
        functions: &["export_video", "show_video"],
        hint: "movies and players draw a scale bar with #{scale_bar: …}; v.pixel_size is in µm",
    },
    ForeignName {
        names: &[],
        words: &["bleaching", "photobleaching", "bleach"],
        functions: &["bleach_correct", "detrend"],
        hint: "correct photobleaching with bleach_correct(v)",
    },
    ForeignName {
        names: &[],
        words: &["ratiometry", "ratiometric", "dual channel"],
        functions: &["ratio", "dualchannel::ratiometry", "deinterleave"],
        hint: "divide two channels with ratio(a, b), or dualchannel::ratiometry(v, offset) after import \"dualchannel\" as dualchannel",
    },
    ForeignName {
        names: &[],
        words: &["baseline", "f0", "δf/f", "df/f"],
        functions: &["dff", "zscore"],
        hint: "compute ΔF/F with dff(v)",
    },
    ForeignName {
        names: &[],
        words: &[
            "tif", "tiff", "gif", "mp4", "npy", "matlab", "hdf5", "zarr", "dat", "open", "import",
            "read",
        ],
        functions: &["load_video", "load_metadata", "save_video", "export_video"],
        hint: "load_video(path) detects the format",
    },
];

/// Entry of a foreign name.
pub(in crate::script) fn foreign_name(name: &str) -> Option<&'static ForeignName> {
    FOREIGN_NAMES
        .iter()
        .find(|known| known.names.contains(&name))
}
