#![allow(clippy::unwrap_used)] // Tests may fail loudly.
