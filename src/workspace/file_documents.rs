//! The documents of an evaluated file, as a tree or as what its template did.

use std::sync::{Arc, OnceLock};

use crate::template::transcript::{Built, Transcript};
use crate::yaml::{self, Document, DocumentSet, Node};

/// The documents that a file gave. A tree is built when somebody asks for it.
#[derive(Clone, Debug)]
pub(crate) enum FileDocuments {
    Set(Arc<DocumentSet>),
    Recorded(Transcript, OnceLock<Arc<DocumentSet>>),
}

impl Default for FileDocuments {
    fn default() -> FileDocuments {
        FileDocuments::Set(Arc::default())
    }
}

impl From<Vec<Document>> for FileDocuments {
    fn from(items: Vec<Document>) -> FileDocuments {
        FileDocuments::Set(Arc::new(DocumentSet { items, ..DocumentSet::default() }))
    }
}

impl From<Option<Built>> for FileDocuments {
    fn from(built: Option<Built>) -> FileDocuments {
        match built {
            Some(Built::Transcript(transcript)) => FileDocuments::Recorded(transcript, OnceLock::new()),
            Some(Built::Node(Node::DocumentSet(set))) => FileDocuments::Set(set),
            _ => FileDocuments::default(),
        }
    }
}

impl FileDocuments {
    /// All of them, those that ytt leaves out of its output included.
    pub(crate) fn set(&self) -> &Arc<DocumentSet> {
        match self {
            FileDocuments::Set(set) => set,
            FileDocuments::Recorded(transcript, built) => built.get_or_init(|| Arc::new(transcript.build())),
        }
    }

    /// [`set`](FileDocuments::set) for those who want to change it.
    pub(crate) fn into_set(self) -> DocumentSet {
        match self {
            FileDocuments::Set(set) => Arc::unwrap_or_clone(set),
            FileDocuments::Recorded(transcript, built) => match built.into_inner() {
                Some(set) => Arc::unwrap_or_clone(set),
                None => transcript.build(),
            },
        }
    }

    /// Those that are part of ytt's output.
    pub(crate) fn printed(&self) -> impl Iterator<Item = &Document> {
        self.set().items.iter().filter(|document| !yaml::is_empty(&document.value))
    }

    /// Appends the documents as YAML to those that begin at `start`.
    pub(crate) fn print(&self, out: &mut String, start: usize) {
        match self {
            FileDocuments::Recorded(transcript, _) => transcript.print(out, start),
            FileDocuments::Set(set) => {
                set.items.iter().for_each(|document| yaml::print_document(out, start, &document.value));
            }
        }
    }

    /// Drops them; their buffers are used again.
    pub(crate) fn recycle(self) {
        let recycle_set = |set: Arc<DocumentSet>| {
            if let Ok(set) = Arc::try_unwrap(set) {
                set.items.into_iter().for_each(|document| yaml::recycle(document.value));
            }
        };
        match self {
            FileDocuments::Set(set) => recycle_set(set),
            FileDocuments::Recorded(transcript, built) => {
                built.into_inner().into_iter().for_each(recycle_set);
                transcript.into_holes().for_each(yaml::recycle);
            }
        }
    }
}
