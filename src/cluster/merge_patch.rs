//! JSON merge patch (RFC 7386).

use std::sync::Arc;

use crate::yaml::{Map, MapItem, Node, same};

/// The patch that makes `to` of `from`. A null in `to` means that there is no such field: the format cannot
/// say more. An empty map changes nothing.
pub fn create(from: &Node, to: &Node) -> Node {
    match (from, to) {
        (Node::Map(from), Node::Map(to)) => Node::Map(Arc::new(create_for_maps(from, to))),
        _ => to.clone(),
    }
}

fn create_for_maps(from: &Map, to: &Map) -> Map {
    let mut patch = Map::default();
    let mut add = |key: &Node, value| {
        patch.items.push(MapItem { key: key.clone(), value, ..MapItem::default() });
    };
    for item in &to.items {
        match (value_at(from, &item.key), &item.value) {
            (Some(Node::Map(from)), Node::Map(to)) if Arc::ptr_eq(from, to) => {}
            (Some(Node::Map(from)), Node::Map(to)) => {
                let patch = create_for_maps(from, to);
                if !patch.items.is_empty() {
                    add(&item.key, Node::Map(Arc::new(patch)));
                }
            }
            (Some(from), to) if same(from, to) => {}
            (None, Node::Null) => {}
            (_, to) => add(&item.key, to.clone()),
        }
    }
    for item in &from.items {
        if value_at(to, &item.key).is_none() {
            add(&item.key, Node::Null);
        }
    }
    patch
}

/// Changes `target` as the patch says (section 2 of the RFC).
pub fn apply(target: &mut Node, patch: &Node) {
    let Node::Map(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !matches!(target, Node::Map(_)) {
        *target = Node::Map(Arc::default());
    }
    let Node::Map(target) = target else { return };
    let target = Arc::make_mut(target);
    for item in &patch.items {
        let found = target.items.iter().position(|other| same(&other.key, &item.key));
        if matches!(item.value, Node::Null) {
            if let Some(index) = found {
                target.items.remove(index);
            }
            continue;
        }
        match found.and_then(|index| target.items.get_mut(index)) {
            Some(other) => apply(&mut other.value, &item.value),
            None => {
                let mut value = Node::Null;
                apply(&mut value, &item.value);
                target.items.push(MapItem { key: item.key.clone(), value, ..MapItem::default() });
            }
        }
    }
}

fn value_at<'a>(map: &'a Map, key: &Node) -> Option<&'a Node> {
    map.items.iter().find(|item| same(&item.key, key)).map(|item| &item.value)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::{apply, create};
    use crate::yaml::{Node, json, same};

    fn read(text: &str) -> Node {
        json::read(text.as_bytes()).unwrap()
    }

    /// Appendix A of RFC 7386: original, patch, result.
    const APPENDIX_A: [(&str, &str, &str); 15] = [
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
        (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
        (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
        (r#"{"a":"foo"}"#, r#"null"#, r#"null"#),
        (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
        (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
        (r#"[1,2]"#, r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
        (r#"{}"#, r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
    ];

    #[test]
    fn the_examples_of_the_rfc_apply() {
        for (original, patch, result) in APPENDIX_A {
            let mut target = read(original);
            apply(&mut target, &read(patch));
            assert!(same(&target, &read(result)), "{original} {patch}: {target:?}");
        }
    }

    /// The example of section 3.
    #[test]
    fn the_example_of_section_3_is_created() {
        let from = read(
            r#"{"title": "Goodbye!", "author": {"givenName": "John", "familyName": "Doe"},
                "tags": ["example", "sample"], "content": "This will be unchanged"}"#,
        );
        let to = read(
            r#"{"title": "Hello!", "author": {"givenName": "John"}, "tags": ["example"],
                "content": "This will be unchanged", "phoneNumber": "+01-123-456-7890"}"#,
        );
        let patch = read(
            r#"{"title": "Hello!", "phoneNumber": "+01-123-456-7890", "author": {"familyName": null},
                "tags": ["example"]}"#,
        );
        assert!(same(&create(&from, &to), &patch));
        let mut target = from;
        apply(&mut target, &patch);
        assert!(same(&target, &to));
    }

    #[test]
    fn what_is_the_same_is_not_in_the_patch() {
        let cases = [
            (r#"{"a": 1, "b": {"c": 2}}"#, r#"{"b": {"c": 2.0}, "a": 1}"#, "{}"),
            (r#"{"a": {}}"#, r#"{"a": {"b": {}}}"#, r#"{"a": {"b": {}}}"#),
            (r#"{"a": {"b": 1}}"#, r#"{"a": {}}"#, r#"{"a": {"b": null}}"#),
            (r#"{"a": 1}"#, r#"{"a": null}"#, r#"{"a": null}"#),
            (r#"{}"#, r#"{"a": null}"#, "{}"),
        ];
        for (from, to, patch) in cases {
            assert!(same(&create(&read(from), &read(to)), &read(patch)), "{from} {to}");
        }
    }
}
