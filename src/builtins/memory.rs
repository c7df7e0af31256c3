//! How much memory videos take and may take.

use rhai::Map;

use crate::script::{Value, builtins};
use crate::video::memory::{self, Size};

builtins! {
    /// Sets how much memory videos may take together before results go to scratch files.
    ///
    /// By default half of the machine's memory, or what the environment variable `OPTIMAP_MEMORY`
    /// says. A result that would exceed it is written to a file on disk that is mapped into memory
    /// and vanishes with the value: in the folder that `OPTIMAP_SCRATCH` names, else in the system's
    /// folder for temporary files. Everything works as before, at the speed of the disk. Recordings
    /// that are memory-mapped (`use_mmap`) take none of it.
    ///
    /// ```
    /// set_memory_budget("2 GB")
    /// memory().budget // => 2000000000
    /// set_memory_budget(1_500_000_000)
    /// memory().budget // => 1500000000
    /// ```
    fn set_memory_budget(
        /// Number of bytes, or a text with kB, MB, GB, TB or KiB, MiB, GiB, TiB.
        budget: Size [bytes],
    ) -> () {
        memory::set_budget(budget);
    }

    /// Tells how many bytes videos take.
    ///
    /// A map: `budget`, what they may take in memory; `in_use`, what they take, temporaries
    /// included; `scratch`, what lies in scratch files; `mapped`, the size of the recordings that are
    /// mapped into memory. Videos below 4 MB are not counted, nor is memory that videos have left:
    /// it is kept some seconds for the next ones.
    ///
    /// ```
    /// set_memory_budget("2 GB")
    /// memory().budget // => 2000000000
    /// memory().in_use >= 0 // => true
    /// ```
    fn memory() -> Map {
        let usage = memory::usage();
        let numbers = [
            ("budget", usage.budget),
            ("in_use", usage.in_use),
            ("scratch", usage.scratch),
            ("mapped", usage.mapped),
        ];
        let numbers = numbers.into_iter();
        numbers.map(|(name, bytes)| (name.into(), bytes.into_dynamic())).collect()
    }
}
