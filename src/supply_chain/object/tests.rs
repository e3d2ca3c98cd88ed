#![allow(clippy::unwrap_used)] // Tests may fail loudly.

use super::{api_version, created, kind, name, name_or_prefix, namespace};
use crate::yaml::json;

#[test]
fn what_objects_say_of_themselves() {
    let object = json::read(
        br#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "ns", "name": "n", "generateName": "p-"}}"#,
    )
    .unwrap();
    let parts =
        (api_version(&object), kind(&object), namespace(&object), name(&object), name_or_prefix(&object));
    assert_eq!(parts, ("v1", "Pod", "ns", "n", "n"));
    let object = json::read(br#"{"metadata": {"generateName": "p-"}, "kind": 1}"#).unwrap();
    assert_eq!((kind(&object), name(&object), name_or_prefix(&object)), ("", "", "p-"));
    let object = json::read(b"[]").unwrap();
    assert_eq!((namespace(&object), name_or_prefix(&object)), ("", ""));
}

#[test]
fn times() {
    let time = |text: &str| {
        let text = format!(r#"{{"metadata": {{"creationTimestamp": "{text}"}}}}"#);
        created(&json::read(text.as_bytes()).unwrap())
    };
    assert_eq!(time("1970-01-01T00:00:01Z").unwrap().as_second(), 1);
    assert_eq!(time("1970-01-01T02:00:01+02:00").unwrap().as_second(), 1);
    assert_eq!(time("1970-01-01T00:00:01.5Z").unwrap().as_millisecond(), 1500);
    for wrong in
        ["", "1970-01-01", "1970-01-01T00:00:01", "1970-01-01 00:00:01Z", "1970-01-01T00:00:01Z[UTC]"]
    {
        assert_eq!(time(wrong), None, "{wrong}");
    }
}
