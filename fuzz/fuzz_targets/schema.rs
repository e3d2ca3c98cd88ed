//! Schemas with data values: the values, the schema as OpenAPI and JSON Schema, and templates that use them.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use stampmill::workspace::{Inspect, SchemaFormat};
use stampmill_fuzz::mutate::mutate;
use stampmill_fuzz::outcome::check;
use stampmill_fuzz::split;

/// The name of what stands before the first marker.
const FIRST: &str = "schema.yml";

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate(data, size, max_size, seed, FIRST)
});

fuzz_target!(|data: &[u8]| {
    let files = split(data, FIRST);
    let schemas = [SchemaFormat::OpenApiWithValidations, SchemaFormat::JsonSchema].map(Inspect::Schema);
    for inspect in [Inspect::DataValues, Inspect::None].into_iter().chain(schemas) {
        check(&files, inspect);
    }
});
