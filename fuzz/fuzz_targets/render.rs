//! Templates with their data values, libraries and text files.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use stampmill::workspace::Inspect;
use stampmill_fuzz::mutate::mutate;
use stampmill_fuzz::outcome::check;
use stampmill_fuzz::split;

/// The name of what stands before the first marker.
const FIRST: &str = "config.yml";

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed, FIRST)
});

fuzz_target!(|data: &[u8]| {
    let files = split(data, FIRST);
    check(&files, Inspect::None);
});
