//! Texts that are much alike, packed: objects of one kind differ in names, times and digests only.
//!
//! Each text is packed by LZ4 with a dictionary, a text made of some that did not pack well before.

use std::sync::{Arc, Mutex, PoisonError};

/// The longest dictionary, in bytes. Packing a text looks at all of it.
const LONGEST: usize = 16 << 10;

/// Shorter texts are not worth a dictionary.
const SHORT: usize = 128;

/// A text that is packed to less than one part in so many packs well.
const WELL: usize = 5;

/// A packed text. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    dictionary: Arc<Box<[u8]>>,
    bytes: Arc<[u8]>,
    length: u32,
}

impl Packed {
    /// How many bytes it takes.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The text as it was; none if memory was damaged.
    pub(super) fn text(&self) -> Option<Vec<u8>> {
        let length = usize::try_from(self.length).ok()?;
        lz4_flex::block::decompress_with_dict(&self.bytes, length, &self.dictionary).ok()
    }
}

/// Packs texts, and learns from them.
#[derive(Debug, Default)]
pub(super) struct Packer(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    dictionary: Arc<Box<[u8]>>,
    /// Texts since the dictionary has changed.
    since: u64,
    /// How many texts there must be until it may change again: twice as many each time, so that there are few
    /// dictionaries, whatever texts come.
    next: u64,
}

impl Packer {
    /// Packs a text of less than 4 GiB; none if it is longer.
    pub(super) fn pack(&self, text: &str) -> Option<Packed> {
        let length = u32::try_from(text.len()).ok()?;
        let dictionary = Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner).dictionary);
        let bytes = lz4_flex::block::compress_with_dict(text.as_bytes(), &dictionary);
        if text.len() >= SHORT && bytes.len() * WELL > text.len() {
            self.learn(text.as_bytes());
        } else {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).since += 1;
        }
        Some(Packed { dictionary, bytes: bytes.into(), length })
    }

    /// Puts a text at the end of the dictionary.
    fn learn(&self, text: &[u8]) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.since += 1;
        if state.since < state.next {
            return;
        }
        let text = text.get(..LONGEST).unwrap_or(text);
        let kept = state.dictionary.len().min(LONGEST - text.len());
        let kept = state.dictionary.get(state.dictionary.len() - kept..).unwrap_or_default();
        let dictionary = [kept, text].concat();
        state.dictionary = Arc::new(dictionary.into());
        state.since = 0;
        state.next = (state.next * 2).max(1);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::Packer;

    fn text(number: u32) -> String {
        let condition =
            r#"{"lastTransitionTime":"2024-06-10T12:30:00Z","message":"","status":"True","type":"Ready"}"#;
        format!(
            r#"{{"metadata":{{"name":"w{number}"}},"status":{{"conditions":[{condition},{condition}]}}}}"#
        )
    }

    #[test]
    fn texts_come_back_as_they_were() {
        let packer = Packer::default();
        let packed: Vec<_> = (0..100).map(|number| packer.pack(&text(number)).unwrap()).collect();
        for (number, packed) in (0..).zip(&packed) {
            assert_eq!(packed.text().unwrap(), text(number).as_bytes());
        }
        assert_eq!(packer.pack("").unwrap().text().unwrap(), b"");
    }

    #[test]
    fn what_is_alike_takes_little_room() {
        let packer = Packer::default();
        let last = (0..10).map(|number| packer.pack(&text(number)).unwrap()).last().unwrap();
        assert!(last.bytes.len() * 5 < text(9).len(), "{} bytes", last.bytes.len());
    }

    #[test]
    fn a_dictionary_has_an_end_and_changes_seldom() {
        let packer = Packer::default();
        let mut random = 1_u64;
        let mut dictionaries = std::collections::HashSet::new();
        for _ in 0..300 {
            // Nothing that packs well, and longer than a dictionary.
            let mut noise = || {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                char::from(b' ' + u8::try_from(random % 90).unwrap())
            };
            let text: String = (0..20_000).map(|_| noise()).collect();
            let packed = packer.pack(&text).unwrap();
            assert_eq!(packed.text().unwrap(), text.as_bytes());
            assert!(packed.dictionary.len() <= super::LONGEST);
            dictionaries.insert(packed.dictionary.get(..8).map(<[u8]>::to_vec));
        }
        assert!(dictionaries.len() <= 10, "{}", dictionaries.len());
    }
}
