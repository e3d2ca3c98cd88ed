//! The examples of the repository, embedded.
//!
//! Those of kind `templates` are the input of `POST /v1/render`; those of kind `fleet` are the objects of
//! `POST /v1/blueprints`: blueprints, templates and owners, with what other controllers say of what is stamped.

use super::wire::{Example, ExampleKind, ExampleSummary, InputFile};

/// An example: a folder below `examples/`.
struct Embedded {
    name: &'static str,
    kind: ExampleKind,
    readme: &'static str,
    files: &'static [(&'static str, &'static str)],
    /// Plain data values over those of the files.
    values: Option<&'static str>,
    observed: Option<&'static str>,
}

macro_rules! file {
    ($folder:literal, $path:literal) => {
        include_str!(concat!("../../examples/", $folder, "/", $path))
    };
}

macro_rules! optional {
    ($folder:literal) => {
        None
    };
    ($folder:literal, $path:literal) => {
        Some(file!($folder, $path))
    };
}

macro_rules! example {
    ($kind:ident $folder:literal: $($path:literal),+ $(; values $values:literal)? $(; observed $observed:literal)?) => {
        Embedded {
            name: $folder,
            kind: ExampleKind::$kind,
            readme: file!($folder, "README.md"),
            files: &[$(($path, file!($folder, $path))),+],
            values: optional!($folder $(, $values)?),
            observed: optional!($folder $(, $observed)?),
        }
    };
}

/// In the order a beginner would read them.
const EXAMPLES: [Embedded; 9] = [
    example!(Templates "hello": "config.yml", "values.yml"),
    example!(Templates "functions": "config.yml"),
    example!(Templates "files": "config.yml", "names.star", "parts/container.lib.yml", "settings.ini"),
    example!(Templates "flags": "config.yml", "values.yml"; values "production.yml"),
    example!(Templates "schema": "config.yml", "schema.yml"; values "values.yml"),
    example!(Templates "text": "motd.txt", "values.yml"),
    example!(
        Fleet "source-to-url": "supply-chain.yaml", "templates.yaml", "workload.yaml";
        observed "observed/rules.yaml"
    ),
    example!(
        Fleet "runnable": "config/supply-chain.yaml", "config/pipelines.yaml", "config/workload.yaml";
        observed "observed/rules.yaml"
    ),
    example!(
        Fleet "platform": "supply-chain.yaml", "delivery.yaml", "templates.yaml", "workload.yaml";
        observed "observed/rules.yaml"
    ),
];

impl Embedded {
    /// The heading of its README.
    fn title(&self) -> String {
        self.readme.lines().next().unwrap_or_default().trim_start_matches(['#', ' ']).to_owned()
    }
}

/// All of them.
pub(super) fn all() -> Vec<ExampleSummary> {
    let summary = |example: &Embedded| ExampleSummary {
        name: example.name.to_owned(),
        title: example.title(),
        kind: example.kind,
    };
    EXAMPLES.iter().map(summary).collect()
}

/// One of them.
pub(super) fn named(name: &str) -> Option<Example> {
    let example = EXAMPLES.iter().find(|example| example.name == name)?;
    let file = |(path, text): &(&str, &str)| InputFile {
        path: (*path).to_owned(),
        text: Some((*text).to_owned()),
        base64: None,
    };
    Some(Example {
        name: example.name.to_owned(),
        title: example.title(),
        kind: example.kind,
        files: example.files.iter().map(file).collect(),
        data_values_yaml: example.values.map(ToOwned::to_owned),
        observed: example.observed.map(ToOwned::to_owned),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::{ExampleKind, all, named};
    use crate::server::wire::{TemplateSet, values};
    use crate::{Renderer, Values};

    #[test]
    fn every_example_of_templates_can_be_rendered() {
        for summary in all().into_iter().filter(|summary| summary.kind == ExampleKind::Templates) {
            let example = named(&summary.name).unwrap();
            let set =
                TemplateSet { files: example.files, options: Default::default(), file_marks: Vec::new() };
            let renderer = Renderer::new();
            let template = renderer.compile(set.files().unwrap()).unwrap();
            let values: Values<'static> = values(None, example.data_values_yaml).unwrap();
            let output = renderer.render(&template, &values).unwrap();
            assert!(!output.files().unwrap().is_empty(), "{}", summary.name);
        }
    }

    #[test]
    fn titles_are_headings() {
        let hello = named("hello").unwrap();
        assert_eq!(hello.title, "A template and its data values");
        assert!(all().iter().all(|summary| !summary.title.is_empty()));
    }
}
