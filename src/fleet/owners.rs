//! The owners of a fleet as a stream of batches: small enough to hold, large enough to be worth a turn.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::load::{Role, Source, object_of};
use super::read::{Located, Piece, Pieces, below, read_all};
use super::{Place, Problem};

/// One of many.
#[derive(Debug)]
pub enum Entry {
    /// Documents that have not been parsed.
    Piece(Piece),
    /// A value.
    Value(Located),
    /// An owner that was read before.
    Owner(Source),
    /// What could not be read.
    Problem(Problem),
}

/// A few entries.
#[derive(Debug, Default)]
pub struct Batch {
    /// In the order of the input.
    pub entries: Vec<Entry>,
    /// How many bytes of files have been read up to here.
    pub bytes: u64,
}

/// A batch ends with this many entries or bytes.
const ENTRIES: usize = 64;
const BYTES: usize = 256 << 10;

/// Documents of more bytes are lists, most likely: they are parsed where they are read, and their items
/// come in batches.
const LARGE: usize = 1 << 20;

type Input = Box<dyn BufRead + Send>;

/// The owners of a fleet: those that were read before, then those of files and streams.
pub struct Owners {
    loaded: std::vec::IntoIter<Source>,
    /// What is to be read.
    paths: VecDeque<PathBuf>,
    stdin: Option<Box<dyn Read + Send>>,
    current: Option<Pieces<Input>>,
    /// Entries that have been read, but not given out.
    waiting: VecDeque<Entry>,
    /// Bytes of the files that are done.
    bytes: u64,
}

impl Owners {
    /// Owners that were read before, then those of files, folders and, for `-`, of a stream.
    pub fn new(loaded: Vec<Source>, paths: &[PathBuf], stdin: Box<dyn Read + Send>) -> Owners {
        let mut files = VecDeque::new();
        let mut waiting = VecDeque::new();
        for path in paths {
            if path.as_os_str() == "-" {
                files.push_back(path.clone());
                continue;
            }
            let (found, problems) = below(path, &[]);
            files.extend(found);
            waiting.extend(problems.into_iter().map(Entry::Problem));
        }
        let loaded = loaded.into_iter();
        Owners { loaded, paths: files, stdin: Some(stdin), current: None, waiting, bytes: 0 }
    }

    /// How many bytes there are to read; none where a stream has no end in sight.
    pub fn total_bytes(&self) -> Option<u64> {
        let size = |path: &PathBuf| std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file);
        self.paths.iter().map(|path| size(path).map(|metadata| metadata.len())).sum()
    }

    fn open(&mut self, path: &Path) -> Result<(), Problem> {
        if path.as_os_str() == "-" {
            let input: Input = match self.stdin.take() {
                Some(stdin) => Box::new(BufReader::with_capacity(1 << 16, stdin)),
                None => Box::new(std::io::empty()),
            };
            self.current = Some(Pieces::new(input, Arc::from("standard input")));
            return Ok(());
        }
        let name: Arc<str> = Arc::from(&*path.to_string_lossy());
        match File::open(path) {
            Ok(file) => {
                let input: Input = Box::new(BufReader::with_capacity(1 << 16, file));
                self.current = Some(Pieces::new(input, name));
                Ok(())
            }
            Err(error) => {
                Err(Problem::error(Place { file: name, line: 0 }, format!("cannot be read: {error}")))
            }
        }
    }

    fn entry(&mut self) -> Option<Entry> {
        loop {
            if let Some(entry) = self.waiting.pop_front() {
                return Some(entry);
            }
            if let Some(source) = self.loaded.next() {
                return Some(Entry::Owner(source));
            }
            if let Some(pieces) = &mut self.current {
                match pieces.next() {
                    Some(Ok(piece)) if piece.text.len() > LARGE => {
                        let values = read_all(&piece).into_iter();
                        self.waiting
                            .extend(values.map(|value| value.map_or_else(Entry::Problem, Entry::Value)));
                        continue;
                    }
                    Some(Ok(piece)) => return Some(Entry::Piece(piece)),
                    Some(Err(problem)) => return Some(Entry::Problem(problem)),
                    None => {
                        self.bytes += pieces.bytes();
                        self.current = None;
                    }
                }
            }
            let path = self.paths.pop_front()?;
            if let Err(problem) = self.open(&path) {
                return Some(Entry::Problem(problem));
            }
        }
    }
}

impl Iterator for Owners {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        let mut batch = Batch::default();
        let mut bytes = 0;
        while batch.entries.len() < ENTRIES && bytes < BYTES {
            let Some(entry) = self.entry() else { break };
            if let Entry::Piece(piece) = &entry {
                bytes += piece.text.len();
            }
            batch.entries.push(entry);
        }
        batch.bytes = self.bytes + self.current.as_ref().map_or(0, Pieces::bytes);
        (!batch.entries.is_empty()).then_some(batch)
    }
}

impl Batch {
    /// The owners of a batch and what is wrong with others, in the order of the input.
    pub fn owners(self) -> impl Iterator<Item = Result<Source, Problem>> {
        self.entries.into_iter().flat_map(|entry| -> Vec<Result<Source, Problem>> {
            match entry {
                Entry::Piece(piece) => {
                    read_all(&piece).into_iter().map(|value| value.and_then(owner_of)).collect()
                }
                Entry::Value(value) => vec![owner_of(value)],
                Entry::Owner(source) => vec![Ok(source)],
                Entry::Problem(problem) => vec![Err(problem)],
            }
        })
    }
}

fn owner_of(value: Located) -> Result<Source, Problem> {
    let source = object_of(value)?;
    match Role::of(&source.object) {
        Ok(Role::Owner) => Ok(source),
        Ok(_) => {
            let kind = source.object.kind_name();
            let message = format!("expected a Workload, Deliverable or Runnable, not a {kind}");
            Err(Problem::error(source.place, message))
        }
        Err(message) => Err(Problem::error(source.place, message)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::Owners;

    fn workload(name: &str) -> String {
        format!(
            r#"{{"apiVersion": "carto.run/v1alpha1", "kind": "Workload", "metadata": {{"name": "{name}"}}}}"#
        )
    }

    /// Names and problems, in order.
    fn names(owners: Owners) -> Vec<String> {
        let found = owners.flat_map(super::Batch::owners);
        found
            .map(|owner| match owner {
                Ok(source) => source.object.name().to_owned(),
                Err(problem) => problem.to_string(),
            })
            .collect()
    }

    #[test]
    fn owners_come_in_order_from_all_places() {
        let place = tempfile::tempdir().unwrap();
        let path = |name: &str| place.path().join(name);
        std::fs::create_dir(path("folder")).unwrap();
        std::fs::write(path("folder/b.json"), workload("b")).unwrap();
        std::fs::write(path("folder/a.yaml"), format!("{}\n---\n{}", workload("a1"), workload("a2")))
            .unwrap();
        let list = format!(r#"{{"kind": "List", "items": [{}, {}]}}"#, workload("l1"), workload("l2"));
        std::fs::write(path("list.json"), list).unwrap();
        let stdin = format!("{}\n\nx\n{}\n", workload("s1"), workload("s2"));
        let paths = [path("folder"), "-".into(), path("list.json"), "-".into()];
        let owners = Owners::new(Vec::new(), &paths, Box::new(std::io::Cursor::new(stdin)));
        assert_eq!(
            names(owners),
            [
                "a1",
                "a2",
                "b",
                "s1",
                "standard input:3: error: invalid character 'x' looking for beginning of value",
                "s2",
                "l1",
                "l2"
            ]
        );
    }

    #[test]
    fn others_than_owners_are_reported() {
        let stdin = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\nkind: Workload\n";
        let owners = Owners::new(Vec::new(), &["-".into()], Box::new(stdin.as_bytes()));
        assert_eq!(
            names(owners),
            [
                "standard input:1: error: expected a Workload, Deliverable or Runnable, not a ConfigMap",
                "standard input:5: error: Workload has no apiVersion",
            ]
        );
    }

    #[test]
    fn batches_are_bounded() {
        let stdin: String = (0..1000).map(|n| workload(&format!("w{n}")) + "\n").collect();
        let bytes = stdin.len() as u64;
        let owners = Owners::new(Vec::new(), &["-".into()], Box::new(std::io::Cursor::new(stdin)));
        assert_eq!(owners.total_bytes(), None);
        let batches: Vec<_> = owners.collect();
        assert!(batches.iter().all(|batch| batch.entries.len() <= super::ENTRIES));
        assert_eq!(batches.iter().map(|batch| batch.entries.len()).sum::<usize>(), 1000);
        assert_eq!(batches.last().unwrap().bytes, bytes);
    }
}
