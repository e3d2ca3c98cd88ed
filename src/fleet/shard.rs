//! A part of the owners, so that several machines share the work.

use std::str::FromStr;

use crate::cluster::Object;
use crate::error::{Error, ErrorKind, Result};

/// One of several parts of the owners. Whose part an owner is in depends on its kind, namespace and name
/// only, on every machine and in every version of this program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    /// INVARIANT: below `count`.
    index: u32,
    /// INVARIANT: not 0.
    count: u32,
}

impl Default for Shard {
    /// All owners.
    fn default() -> Shard {
        Shard { index: 0, count: 1 }
    }
}

/// What Kubernetes tells a pod of an Indexed Job: which one it is, from 0.
const INDEX_VARIABLE: &str = "JOB_COMPLETION_INDEX";
/// How many pods there are; the manifest of the job has to say so.
const COUNT_VARIABLE: &str = "JOB_COMPLETIONS";

impl Shard {
    /// Part `index`, from 0, of `count`.
    ///
    /// # Errors
    /// `Usage` if there is no such part.
    pub fn new(index: u32, count: u32) -> Result<Shard> {
        if index < count {
            return Ok(Shard { index, count });
        }
        let message = format!("there is no part {index} of {count}: parts count from 0");
        Err(Error::new(ErrorKind::Usage, message))
    }

    /// The part that an Indexed Job leaves to this process; none where there is no such job.
    ///
    /// # Errors
    /// `Usage` where only one of the two variables is set: each pod would do everything.
    pub fn of_job(variable: impl Fn(&str) -> Option<String>) -> Result<Option<Shard>> {
        let number = |name: &str, text: String| {
            text.trim().parse::<u32>().map_err(|_| {
                Error::new(ErrorKind::Usage, format!("{name} is '{text}', expected a whole number"))
            })
        };
        match (variable(INDEX_VARIABLE), variable(COUNT_VARIABLE)) {
            (None, _) => Ok(None),
            (Some(index), Some(count)) => {
                Shard::new(number(INDEX_VARIABLE, index)?, number(COUNT_VARIABLE, count)?).map(Some)
            }
            (Some(_), None) => {
                let message = format!(
                    "{INDEX_VARIABLE} is set, but {COUNT_VARIABLE} is not: set it to the number of parts, or use \
                     --shard 0/1 for everything"
                );
                Err(Error::new(ErrorKind::Usage, message))
            }
        }
    }

    /// Whether it is the first part.
    pub fn is_first(self) -> bool {
        self.index == 0
    }

    /// The part, of `count`, of the owner of this kind and name. One part is the least.
    pub fn of(count: u32, namespace: &str, name: &str, kind: &str) -> Shard {
        match count {
            0 | 1 => Shard::default(),
            _ => Shard { index: part(hash(&[namespace, name, kind]), count), count },
        }
    }

    /// Which part it is, from 0.
    pub fn index(self) -> u32 {
        self.index
    }

    /// Whether an owner is in this part.
    pub fn has(self, owner: &Object) -> bool {
        Shard::of(self.count, owner.namespace(), owner.name(), owner.kind_name()) == self
    }
}

/// The part of a hash. The count is not 0.
fn part(hash: u64, count: u32) -> u32 {
    u32::try_from(hash % u64::from(count.max(1))).unwrap_or(0)
}

/// `I/N`, from `0/N` to `N-1/N`.
impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Shard> {
        let parts =
            text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match parts {
            Some((index, count)) => Shard::new(index, count),
            None => Err(Error::new(ErrorKind::Usage, "expected I/N, as 0/4 for the first of four parts")),
        }
    }
}

/// FNV-1a of 64 bits over texts, each followed by a byte that UTF-8 does not have, and the finish of
/// SplitMix64, whose low bits are as good as the others. It must never change.
fn hash(texts: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in texts.iter().flat_map(|text| text.bytes().chain([0xff])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::{Shard, hash, part};

    #[test]
    fn parts_are_disjoint_and_of_like_size() {
        let names: Vec<u64> = (0..10_000).map(|n| hash(&["team", &format!("app-{n}"), "Workload"])).collect();
        for count in [1, 2, 3, 4, 7] {
            let mut sizes = vec![0_usize; count];
            for name in &names {
                sizes[part(*name, u32::try_from(count).unwrap()) as usize] += 1;
            }
            let usual: usize = 10_000 / count;
            assert!(sizes.iter().all(|size| size.abs_diff(usual) < usual / 10 + 1), "{sizes:?}");
        }
    }

    /// Values of FNV-1a from its authors' test vectors ("" and "a"), before the finish, are part of what
    /// machines of different versions must agree on; this pins the whole.
    #[test]
    fn the_hash_never_changes() {
        assert_eq!(hash(&[]), 0xf52a_15e9_a9b5_e89b);
        assert_ne!(hash(&["ab", ""]), hash(&["a", "b"]));
    }

    #[test]
    fn parts_are_written_from_zero() {
        assert_eq!("0/1".parse::<Shard>().unwrap(), Shard::default());
        assert_eq!("3/4".parse::<Shard>().unwrap(), Shard::new(3, 4).unwrap());
        for text in ["", "1", "4/4", "0/0", "-1/2", "a/2", "1/2/3"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn an_indexed_job_needs_both_variables() {
        let job = |index: Option<&str>, count: Option<&str>| {
            Shard::of_job(|name| if name.ends_with("INDEX") { index } else { count }.map(str::to_owned))
        };
        assert_eq!(job(None, None).unwrap(), None);
        assert_eq!(job(None, Some("3")).unwrap(), None);
        assert_eq!(job(Some("2"), Some("3")).unwrap(), Some(Shard::new(2, 3).unwrap()));
        assert!(job(Some("2"), None).is_err());
        assert!(job(Some("3"), Some("3")).is_err());
        assert!(job(Some("x"), Some("3")).is_err());
    }
}
