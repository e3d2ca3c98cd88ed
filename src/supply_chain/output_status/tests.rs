//! Expected previews and digests were made with the reference's libraries.
#![allow(clippy::unwrap_used)] // Tests may fail loudly.

use super::{entry, of};
use crate::supply_chain::api::Output;
use crate::supply_chain::outputs::{ResourceOutput, SourceValue};
use crate::yaml::{Node, Text};

const THEN: &str = "2020-01-01T00:00:00Z";
const NOW: &str = "2030-01-01T00:00:00Z";

#[test]
fn a_text() {
    let hi = entry("url", &Node::str("hi"));
    assert_eq!(hi.preview, "hi\n");
    assert_eq!(hi.digest, "sha256:98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4");
}

#[test]
fn long_values_are_cut() {
    let preview = |text: String| entry("config", &Node::Str(Text::from(text))).preview;
    assert_eq!(preview("x".repeat(1023)), format!("{}\n", "x".repeat(1023)));
    assert_eq!(preview("x".repeat(1024)), "x".repeat(1024));
    assert_eq!(preview("x".repeat(2000)), "x".repeat(1024));
    // Within a character of three bytes, behind its second.
    let cut = preview(format!("{}日", "x".repeat(1022)));
    assert_eq!(cut, format!("{}\u{FFFD}\u{FFFD}", "x".repeat(1022)));
}

#[test]
fn values_that_stay_keep_their_time() {
    let output =
        |url: &str| ResourceOutput::Source(SourceValue { url: Node::str(url), revision: Node::str("bye") });
    let before = of(&output("hi"), &[], THEN);
    assert!(before.iter().all(|entry| entry.last_transition_time == THEN));
    let names: Vec<&str> = before.iter().map(|entry| &*entry.name).collect();
    assert_eq!(names, ["url", "revision"]);
    assert_eq!(of(&output("hi"), &before, NOW), before);
    let after = of(&output("ho"), &before, NOW);
    let times: Vec<&str> = after.iter().map(|entry| &*entry.last_transition_time).collect();
    assert_eq!(times, [NOW, THEN]);
    let renamed: Vec<Output> =
        before.into_iter().map(|entry| Output { name: "image".into(), ..entry }).collect();
    assert!(of(&output("hi"), &renamed, NOW).iter().all(|entry| entry.last_transition_time == NOW));
}

#[test]
fn what_is_shown() {
    let names = |output: ResourceOutput| -> Vec<String> {
        of(&output, &[], NOW).into_iter().map(|entry| entry.name).collect()
    };
    assert_eq!(names(ResourceOutput::Image(Node::str("a"))), ["image"]);
    assert_eq!(names(ResourceOutput::Config(Node::Bool(false))), ["config"]);
    assert_eq!(names(ResourceOutput::Image(Node::Null)), [""; 0]);
    assert_eq!(names(ResourceOutput::Config(Node::Null)), [""; 0]);
    assert_eq!(names(ResourceOutput::None), [""; 0]);
    // Of a source null counts.
    assert_eq!(names(ResourceOutput::Source(SourceValue::default())), ["url", "revision"]);
}
