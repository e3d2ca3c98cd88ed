//! Any bytes as each kind of file that holds code.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stampmill::workspace::Inspect;
use stampmill_fuzz::outcome::check;

fuzz_target!(|data: &[u8]| {
    for name in ["config.yml", "lib.star", "text.txt"] {
        let files = [(name.to_owned(), data.to_vec())];
        check(&files, Inspect::None);
    }
});
