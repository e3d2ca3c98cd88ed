//! Any bytes as YAML: what was read and printed reads as the same documents.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stampmill::yaml::{self, DocumentSet, Fidelity, FileTable, Node, ParseOptions};
use stampmill_fuzz::outcome::check_error;
use stampmill_fuzz::same::{same, same_documents, survives_printing};

fn parse(text: &[u8], options: ParseOptions) -> Option<DocumentSet> {
    yaml::parse(text, 0, &options).inspect_err(check_error).ok()
}

fuzz_target!(|data: &[u8]| {
    parse(data, ParseOptions { strict: true, with_comments: true });
    let commented = parse(data, ParseOptions { strict: false, with_comments: true });
    let mut documents = parse(data, ParseOptions::default());
    assert_eq!(commented.is_some(), documents.is_some(), "comments decide whether this is YAML");
    let (Some(commented), Some(documents)) = (&commented, &mut documents) else { return };
    assert!(same_documents(commented, documents), "comments change the values");

    yaml::keep_last_of_repeated_keys(documents);
    let mut files = FileTable::default();
    files.add("a.yml", String::from_utf8_lossy(data).as_ref());
    yaml::print_positions(documents, &files);
    yaml::layout(commented, Fidelity::AsYtt);
    // `fmt` checks by itself whether the data survived.
    yaml::layout(commented, Fidelity::KeepData);
    let printed = yaml::print_documents(documents);
    if survives_printing(documents) {
        let again = yaml::parse(printed.as_bytes(), 0, &ParseOptions::default());
        let again = again.unwrap_or_else(|error| panic!("{error}: what was printed is no YAML:\n{printed}"));
        assert!(
            same_documents(documents, &again),
            "reads differently:\n{documents:?}\n{again:?}\n{printed}"
        );
    }
    check_json(documents);
});

/// JSON sorts keys and replaces bytes that are not UTF-8, so what is read from it is compared with what
/// that prints.
fn check_json(documents: &DocumentSet) {
    if let Err(error) = yaml::json::print_documents(documents) {
        check_error(&error);
    }
    for document in &documents.items {
        let Ok(text) = yaml::json::encode(&document.value, 0, true) else { continue };
        let node = read_json(&text);
        for (indent, escape_html) in [(0, true), (2, false)] {
            let again = yaml::json::encode(&node, indent, escape_html);
            let again = again.unwrap_or_else(|error| panic!("{error}: JSON that was read has no JSON:\n{text}"));
            assert!(same(&node, &read_json(&again)), "JSON reads differently:\n{text}\n{again}");
        }
    }
}

fn read_json(text: &str) -> Node {
    let node = yaml::json::read(text.as_bytes());
    node.unwrap_or_else(|error| panic!("{error}: what was printed is no JSON:\n{text}"))
}
