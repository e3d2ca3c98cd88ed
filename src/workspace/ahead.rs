//! Templates drafted ahead: while one file of a run is evaluated, another thread reads and translates
//! the next ones. That takes as long as evaluating them and needs nothing of the evaluation.

use std::iter::Peekable;
use std::slice::Iter;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use super::Options;
use super::compilation::Compilation;
use super::library::FileIndex;
use crate::engine::STACK_BYTES;
use crate::error::Result;
use crate::limits::{self, metered};
use crate::template::program::Draft;
use crate::template::yaml::has_templating;
use crate::yaml::{self, DocumentSet};

/// For fewer files the thread costs more than it saves.
const FEWEST_FILES: usize = 16;

/// How many drafts may wait: they take memory.
const MOST_WAITING: usize = 16;

/// A file that is evaluated once.
pub(super) enum Drafted {
    Plain(DocumentSet),
    Template(Draft),
}

/// The drafts of some files, which are to be asked for in their order.
pub(super) struct Drafts<'a> {
    made: Option<Made<'a>>,
}

/// The drafts another thread makes, in the order of the files.
struct Made<'a> {
    files: Peekable<Iter<'a, FileIndex>>,
    drafts: Receiver<Result<Drafted>>,
}

impl Drafts<'_> {
    /// The draft of this file, if it was one of those.
    pub(super) fn take(&mut self, index: FileIndex) -> Option<Result<Drafted>> {
        let made = self.made.as_mut()?;
        made.files.next_if_eq(&&index)?;
        made.drafts.recv().ok()
    }
}

/// Evaluates with drafts of `files` at hand, if that is worth it.
pub(super) fn with_drafts<T>(
    compilation: &Compilation,
    files: &[FileIndex],
    options: Options,
    evaluate: impl FnOnce(Drafts<'_>) -> T,
) -> T {
    // To ask for the number of processors takes longer than to render a template.
    let alone = || thread::available_parallelism().is_ok_and(|threads| threads.get() == 1);
    if files.len() < FEWEST_FILES || alone() {
        return evaluate(Drafts { made: None });
    }
    let limits = limits::current();
    thread::scope(|scope| {
        let (sender, drafts) = sync_channel(MOST_WAITING);
        let draft = move || {
            for index in files {
                // The other side stops at its first error.
                let drafted = metered(&limits, None, || compilation.draft_once(*index, options));
                if sender.send(drafted).is_err() {
                    break;
                }
            }
        };
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, draft);
        evaluate(Drafts { made: thread.is_ok().then(|| Made { files: files.iter().peekable(), drafts }) })
    })
}

impl Compilation {
    /// Reads a file that is evaluated once, and drafts it if it has code. Nothing of it is kept.
    pub(super) fn draft_once(&self, index: FileIndex, options: Options) -> Result<Drafted> {
        let file = self.file(index)?;
        let parsed = self.parse(index, options)?;
        self.forget_parsed(index, options);
        if file.is_template() && has_templating(&parsed) {
            return Ok(Drafted::Template(self.draft_yaml(index, file, &parsed, options)?));
        }
        let mut plain = Arc::unwrap_or_clone(parsed);
        yaml::keep_last_of_repeated_keys(&mut plain);
        Ok(Drafted::Plain(plain))
    }
}
