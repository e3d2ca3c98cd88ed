//! The examples of the repository, embedded.

use super::wire::{Example, ExampleSummary, InputFile};

/// An example: a folder below `examples/`.
struct Embedded {
    name: &'static str,
    title: &'static str,
    files: &'static [(&'static str, &'static str)],
}

macro_rules! example {
    ($name:literal, $title:literal, $($file:literal),+ $(,)?) => {
        Embedded {
            name: $name,
            title: $title,
            files: &[$(($file, include_str!(concat!("../../examples/", $name, "/", $file)))),+],
        }
    };
}

/// In the order a beginner would read them.
const EXAMPLES: [Embedded; 5] = [
    example!("hello", "A template and its data values", "config.yml", "values.yml"),
    example!("functions", "Functions and loops", "config.yml"),
    example!("files", "Several files", "config.yml", "names.star", "parts/container.lib.yml", "settings.ini"),
    example!("flags", "Data values over data values", "config.yml", "values.yml", "production.yml"),
    example!("text", "A text template", "motd.txt", "values.yml"),
];

/// All of them.
pub(super) fn all() -> Vec<ExampleSummary> {
    let summary = |example: &Embedded| ExampleSummary {
        name: example.name.to_owned(),
        title: example.title.to_owned(),
    };
    EXAMPLES.iter().map(summary).collect()
}

/// One of them.
pub(super) fn named(name: &str) -> Option<Example> {
    let example = EXAMPLES.iter().find(|example| example.name == name)?;
    let mut files = Vec::new();
    let mut values = None;
    for (path, text) in example.files {
        match *path {
            // What --data-values-file takes in the example is no template.
            "production.yml" => values = Some((*text).to_owned()),
            path => {
                files.push(InputFile { path: path.to_owned(), text: Some((*text).to_owned()), base64: None })
            }
        }
    }
    Some(Example {
        name: example.name.to_owned(),
        title: example.title.to_owned(),
        files,
        data_values_yaml: values,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::{all, named};
    use crate::server::wire::{TemplateSet, values};
    use crate::{Renderer, Values};

    #[test]
    fn every_example_can_be_rendered() {
        for summary in all() {
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
}
