//! Cutting strings into parts.

use memchr::memmem;

use super::characters::runes;
use super::string_case::is_space;

/// The parts between `separator`s, at most `max` cuts from the left.
pub(crate) fn split<'a>(text: &'a [u8], separator: &[u8], max: Option<usize>) -> Vec<&'a [u8]> {
    let mut parts = Vec::new();
    let mut start = 0;
    for at in memmem::find_iter(text, separator).take(max.unwrap_or(usize::MAX)) {
        parts.push(text.get(start..at).unwrap_or_default());
        start = at + separator.len();
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// As [`split`], but it is the last `max` of those separators that cut.
pub(crate) fn rsplit<'a>(text: &'a [u8], separator: &[u8], max: usize) -> Vec<&'a [u8]> {
    let cuts: Vec<usize> = memmem::find_iter(text, separator).collect();
    let kept = cuts.get(cuts.len().saturating_sub(max)..).unwrap_or_default();
    let mut parts = Vec::with_capacity(kept.len() + 1);
    let mut start = 0;
    for at in kept {
        parts.push(text.get(start..*at).unwrap_or_default());
        start = at + separator.len();
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts
}

/// The words between white space. After `max` words the rest is one more, from its first letter on.
pub(crate) fn split_space(text: &[u8], max: Option<usize>) -> Vec<&[u8]> {
    let mut words = Vec::new();
    let mut start = None;
    for rune in runes(text) {
        match start {
            Some(from) if is_space(rune.char) => {
                if Some(words.len()) == max {
                    break;
                }
                words.push(text.get(from..rune.start).unwrap_or_default());
                start = None;
            }
            None if !is_space(rune.char) => start = Some(rune.start),
            _ => {}
        }
    }
    if let Some(from) = start {
        words.push(text.get(from..).unwrap_or_default());
    }
    words
}

/// As [`split_space`], but counted from the end; the rest ends with its last letter.
pub(crate) fn rsplit_space(text: &[u8], max: usize) -> Vec<&[u8]> {
    let mut words = Vec::new();
    let mut end = None;
    let all: Vec<_> = runes(text).collect();
    for rune in all.iter().rev() {
        match end {
            Some(to) if is_space(rune.char) => {
                if words.len() == max {
                    break;
                }
                words.push(text.get(rune.end..to).unwrap_or_default());
                end = None;
            }
            None if !is_space(rune.char) => end = Some(rune.end),
            _ => {}
        }
    }
    if let Some(to) = end {
        words.push(text.get(..to).unwrap_or_default());
    }
    words.reverse();
    words
}

/// The lines, with or without their line breaks. A last one without text does not count.
pub(crate) fn split_lines(text: &[u8], keep_ends: bool) -> Vec<&[u8]> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut lines = Vec::new();
    let mut start = 0;
    for at in memchr::memchr_iter(b'\n', text) {
        let end = if keep_ends { at + 1 } else { at };
        lines.push(text.get(start..end).unwrap_or_default());
        start = at + 1;
    }
    if start < text.len() {
        lines.push(text.get(start..).unwrap_or_default());
    }
    lines
}

/// Which ends of a string to strip.
#[derive(Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) left: bool,
    pub(crate) right: bool,
}

/// The text without the characters of `cutset` at its ends; an empty set means white space.
pub(crate) fn strip<'a>(text: &'a [u8], cutset: &[u8], ends: Ends) -> &'a [u8] {
    let set: Vec<char> = runes(cutset).map(|rune| rune.char).collect();
    let cut = |char| if set.is_empty() { is_space(char) } else { set.contains(&char) };
    let mut kept = runes(text).filter(|rune| !cut(rune.char));
    let Some(first) = kept.next() else {
        return &[];
    };
    let last = kept.last().unwrap_or(first);
    let start = if ends.left { first.start } else { 0 };
    let end = if ends.right { last.end } else { text.len() };
    text.get(start..end).unwrap_or_default()
}
