//! The native half of `@ytt:*`, one file a module.
//!
//! Source of the results and messages: the reference's `pkg/yttlibrary`.

mod assert;
mod base64;
mod function;
mod hashes;
mod ip;
mod json;
mod math;
mod math_functions;
mod module;
mod overlay;
mod regexp;
mod regexp_class;
mod regexp_syntax;
mod semver;
mod structs;
mod toml;
mod trigonometry;
mod url;
mod url_syntax;
mod version;
mod yaml;

pub(crate) use assert::Rule;

use starlark::values::{Heap, Value};

/// The module of this name, unless it has none or depends on the file that loads it.
pub(crate) fn module<'v>(name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
    Some(match name {
        "assert" => assert::module(heap),
        "base64" => base64::module(heap),
        "ip" => ip::module(heap),
        "json" => json::module(heap),
        "math" => math::module(heap),
        "md5" => hashes::md5(heap),
        "module" => module::module(heap),
        "overlay" => overlay::module(heap),
        "regexp" => regexp::module(heap),
        "semver" => semver::module(heap),
        "sha256" => hashes::sha256(heap),
        "struct" => structs::module(heap),
        "toml" => toml::module(heap),
        "url" => url::module(heap),
        "version" => version::module(heap),
        "yaml" => yaml::module(heap),
        _ => return None,
    })
}
