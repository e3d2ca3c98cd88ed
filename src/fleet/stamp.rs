//! Stamping a fleet: owners from a stream, what would be applied to a stream or a folder.

use std::io::{self, Write};
use std::path::PathBuf;

use super::output::{Format, Style, shown};
use super::owners::{Batch, Owners};
use super::realize::{Fleet, OwnerState, State};
use super::{Place, Problem, Shard, directory, pipeline};
use crate::engine::stack_for;
use crate::limits::Limits;

/// Where the objects go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// To a stream.
    Stream(Format),
    /// To files below a folder.
    Folder(PathBuf),
}

/// How a fleet is stamped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    /// Where the objects go.
    pub target: Target,
    /// Objects as the cluster would keep them, with uids, versions and statuses, instead of as they would be
    /// applied.
    pub with_status: bool,
    /// Which owners.
    pub shard: Shard,
    /// On how many threads.
    pub threads: usize,
}

/// What came of a fleet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Objects that were written.
    pub objects: u64,
    /// Objects that were stamped, those of passes that were repeated included.
    pub stamps: u64,
    /// Owners that are ready, those that were stamped for others included.
    pub ready: u64,
    /// Owners that wait.
    pub waiting: u64,
    /// Owners that failed.
    pub failed: u64,
    /// What could not be used at all.
    pub errors: u64,
    /// Owners of the input that have been done, in whatever state.
    pub done: u64,
}

impl Summary {
    /// All owners.
    pub fn owners(&self) -> u64 {
        self.ready + self.waiting + self.failed
    }

    fn add(&mut self, other: &Summary) {
        self.objects += other.objects;
        self.stamps += other.stamps;
        self.ready += other.ready;
        self.waiting += other.waiting;
        self.failed += other.failed;
        self.errors += other.errors;
        self.done += other.done;
    }
}

/// What there is to tell while a fleet is stamped.
#[derive(Debug)]
pub enum Report<'a> {
    /// Something wrong with the input.
    Problem(&'a Problem),
    /// An owner that waits or has failed; its place, its name.
    Owner(&'a Place, &'a str, &'a OwnerState),
    /// What has been done so far, and how many bytes of the input that took.
    Progress(&'a Summary, u64),
}

/// What came of a batch.
#[derive(Default)]
struct Done {
    text: String,
    summary: Summary,
    problems: Vec<Problem>,
    /// Owners that are not ready.
    states: Vec<(Place, String, OwnerState)>,
    /// The order of the two: for each, whether it is a problem.
    order: Vec<bool>,
    bytes: u64,
}

impl Done {
    fn problem(&mut self, problem: Problem) {
        self.summary.errors += u64::from(problem.is_error());
        self.problems.push(problem);
        self.order.push(true);
    }
}

/// Stamps a fleet. Objects and reports come in the order of the owners, whatever the number of threads; no
/// more than a few batches of owners are held at a time.
///
/// # Errors
/// Writing to `out` fails, or no thread can be started.
pub fn stamp(
    fleet: &Fleet,
    owners: Owners,
    options: &Options,
    out: &mut dyn Write,
    mut report: impl FnMut(Report<'_>),
) -> io::Result<Summary> {
    let limits = Limits::default();
    // Renders find the stack deep enough, and need not make one each.
    let stack = stack_for(limits.call_depth, limits.tree_depth) + (2 << 20);
    let mut summary = Summary::default();
    let style = match options.target {
        Target::Stream(format) => Style { format, with_status: options.with_status },
        Target::Folder(_) => Style { format: Format::Yaml, with_status: options.with_status },
    };
    let mut written = Ok(());
    let mut is_first = true;
    let work = |batch: Batch| do_batch(fleet, batch, style, options);
    let give = |done: Done| {
        written = write(out, style, &done.text, &mut is_first);
        summary.add(&done.summary);
        let (mut problems, mut states) = (done.problems.iter(), done.states.iter());
        for is_problem in done.order {
            if is_problem {
                problems.next().into_iter().for_each(|problem| report(Report::Problem(problem)));
            } else if let Some((place, name, state)) = states.next() {
                report(Report::Owner(place, name, state));
            }
        }
        report(Report::Progress(&summary, done.bytes));
        written.is_ok()
    };
    pipeline::in_order(options.threads, stack, owners, work, give)?;
    written?;
    if let Target::Stream(_) = options.target {
        let (before, behind) = style.frame(is_first);
        if is_first {
            out.write_all(before.as_bytes())?;
        }
        out.write_all(behind.as_bytes())?;
    }
    out.flush()?;
    Ok(summary)
}

fn write(out: &mut dyn Write, style: Style, text: &str, is_first: &mut bool) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let before = if *is_first { style.frame(false).0 } else { style.separator() };
    *is_first = false;
    out.write_all(before.as_bytes())?;
    out.write_all(text.as_bytes())
}

fn do_batch(fleet: &Fleet, batch: Batch, style: Style, options: &Options) -> Done {
    let mut done = Done { bytes: batch.bytes, ..Done::default() };
    for owner in batch.owners() {
        let owner = match owner {
            Ok(owner) => owner,
            Err(problem) => {
                // Whose part it is cannot be known: the first tells.
                if options.shard.is_first() {
                    done.problem(problem);
                }
                continue;
            }
        };
        if !options.shard.has(&owner.object) {
            continue;
        }
        let realized = fleet.realize(&owner);
        done.summary.done += 1;
        done.summary.stamps += realized.stamps;
        for owner in &realized.owners {
            done.summary.objects += owner.objects.len() as u64;
            match owner.state.as_ref().map(|state| state.state) {
                Some(State::Ready) => done.summary.ready += 1,
                Some(State::Waiting) => done.summary.waiting += 1,
                Some(State::Failed) => done.summary.failed += 1,
                None => {}
            }
        }
        let mut errors: Vec<String> = Vec::new();
        match &options.target {
            Target::Stream(_) => {
                errors.extend(style.write(&mut done.text, &realized).iter().map(ToString::to_string));
            }
            Target::Folder(folder) => {
                errors.extend(
                    directory::write(folder, &realized, options.with_status)
                        .err()
                        .map(|error| error.to_string()),
                );
            }
        }
        for problem in realized.problems {
            done.problem(problem);
        }
        for error in errors {
            done.problem(Problem::error(owner.place.clone(), error));
        }
        for realized in &realized.owners {
            if let Some(state) = realized.state.as_ref().filter(|state| state.state != State::Ready) {
                done.states.push((owner.place.clone(), shown(&realized.key), state.clone()));
                done.order.push(false);
            }
        }
    }
    done
}
