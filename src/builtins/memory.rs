//! Memory that videos use, and its budget.

use rhai::Map;

use crate::script::{Value, builtins};
use crate::video::memory::{self, ByteSize};

builtins! {
    /// Sets how much memory videos may use together before results go to scratch files.
    ///
    /// By default half of the machine's memory, or the value of the environment variable
    /// `OPTIMAP_MEMORY`. A result that would exceed the budget is written to a file on disk that is
    /// memory-mapped and deleted with the value: in the folder that `OPTIMAP_SCRATCH` names, else
    /// in the system's folder for temporary files. Everything works as before, at the speed of the
    /// disk. Recordings that are memory-mapped (`use_mmap`) do not count.
    ///
    /// Fails if `budget` is not an amount of memory.
    ///
    /// ```
    /// set_memory_budget("2 GB")
    /// memory().budget // => 2000000000
    /// set_memory_budget(1_500_000_000)
    /// memory().budget // => 1500000000
    /// ```
    ///
    /// See also: `memory`, `load_video`.
    fn set_memory_budget(
        /// Number of bytes, or a string with kB, MB, GB, TB or KiB, MiB, GiB, TiB.
        budget: ByteSize [bytes],
    ) -> () {
        memory::set_budget(budget);
    }

    /// Memory that videos use, in bytes.
    ///
    /// Videos below 4 MB are not counted, nor is the buffer pool: memory of dropped arrays that is
    /// kept a few seconds for the next ones.
    ///
    /// Returns a map of ints: `budget`, the memory they may use; `in_use`, the memory they use,
    /// temporaries included; `scratch`, the size of scratch files; `mapped`, the size of the
    /// recordings that are memory-mapped.
    ///
    /// ```
    /// set_memory_budget("2 GB")
    /// memory().budget // => 2000000000
    /// memory().in_use >= 0 // => true
    /// ```
    ///
    /// See also: `set_memory_budget`, `copy`.
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
