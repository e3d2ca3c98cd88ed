//! Where the time of renders goes, by lines of templates.
//!
//! While somebody profiles, compiled code calls a hook before each statement. Chunks then end before
//! each hole, so that a statement stands for one line.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use starlark::codemap::FileSpanRef;
use starlark::eval::{BeforeStmtFunc, BeforeStmtFuncDyn, Evaluator};

use super::program;
use crate::yaml::{FileId, Pos};

/// Whether code that is compiled or run from now on is watched, in the whole process.
static ON: AtomicBool = AtomicBool::new(false);

thread_local! {
    static SPENT: RefCell<Spent> = RefCell::default();
}

/// A statement: the number of its code, and where it begins in that.
type Statement = (u64, u32);

/// What a thread has seen.
#[derive(Default)]
struct Spent {
    visits: HashMap<Statement, Visits>,
    /// What runs now, and since when.
    current: Option<(Statement, Instant)>,
}

/// The visits of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Visits {
    /// How often it began.
    pub(crate) count: u64,
    /// How long it took, without the lines of functions it called.
    pub(crate) time: Duration,
}

/// Watches code that is compiled and run while it lives.
pub(crate) struct Profiler(());

impl Profiler {
    /// Begins to watch.
    pub(crate) fn start() -> Profiler {
        SPENT.take();
        ON.store(true, Ordering::Relaxed);
        Profiler(())
    }

    /// Forgets what this thread has seen.
    pub(crate) fn restart(&self) {
        SPENT.take();
    }

    /// The lines that ran on this thread, in no order.
    pub(crate) fn lines(self) -> Vec<(Pos, Visits)> {
        // A line may be several statements of one code, and a file may have been compiled several times.
        let mut by_code: HashMap<(u64, FileId, u32), Visits> = HashMap::new();
        for ((code, begin), visits) in SPENT.take().visits {
            if let Some(pos) = program::place(code, begin) {
                let line = by_code.entry((code, pos.file, pos.line)).or_default();
                line.count = line.count.max(visits.count);
                line.time += visits.time;
            }
        }
        let mut lines: HashMap<(FileId, u32), Visits> = HashMap::new();
        for ((_, file, number), visits) in by_code {
            let line = lines.entry((file, number)).or_default();
            line.count += visits.count;
            line.time += visits.time;
        }
        lines.into_iter().map(|((file, line), visits)| (Pos::new(file, line), visits)).collect()
    }

    /// The lines of the files that ran on this thread, by file name, and how often each began: 0 for those
    /// that were not reached. The code must still be there.
    pub(crate) fn coverage(self) -> BTreeMap<(Arc<str>, u32), u64> {
        let mut lines = BTreeMap::new();
        let mut names: HashMap<u64, Option<Arc<str>>> = HashMap::new();
        for ((code, begin), visits) in SPENT.take().visits {
            let name = names.entry(code).or_insert_with(|| {
                let (name, places) = program::places(code)?;
                for pos in places {
                    lines.entry((Arc::clone(&name), pos.line)).or_insert(0);
                }
                Some(name)
            });
            if let (Some(name), Some(pos)) = (name, program::place(code, begin)) {
                let line = lines.entry((Arc::clone(name), pos.line)).or_insert(0);
                *line = visits.count.max(*line);
            }
        }
        lines
    }
}

impl Drop for Profiler {
    fn drop(&mut self) {
        ON.store(false, Ordering::Relaxed);
    }
}

/// Whether somebody profiles.
pub(crate) fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// An evaluator that is watched, until it is dropped.
pub(crate) struct Watch {
    /// What ran when this one began: evaluators run within one another.
    outer: Option<Statement>,
}

/// Watches an evaluator if somebody profiles.
pub(crate) fn watch(eval: &mut Evaluator<'_, '_, '_>) -> Option<Watch> {
    if !is_on() {
        return None;
    }
    eval.before_stmt_for_dap(BeforeStmtFunc::from_dyn(Box::new(Hook)));
    let outer = SPENT.with_borrow(|spent| spent.current.map(|(statement, _)| statement));
    Some(Watch { outer })
}

impl Drop for Watch {
    fn drop(&mut self) {
        SPENT.with_borrow_mut(|spent| spent.go_on_with(self.outer));
    }
}

impl Spent {
    fn go_on_with(&mut self, statement: Option<Statement>) {
        if let Some((last, since)) = self.current.take() {
            self.visits.entry(last).or_default().time += since.elapsed();
        }
        // What this took itself counts for nobody.
        self.current = statement.map(|statement| (statement, Instant::now()));
    }
}

/// Called before each statement, and again where a statement goes on after a call.
struct Hook;

impl<'e> BeforeStmtFuncDyn<'e> for Hook {
    fn call<'v>(
        &mut self,
        span: FileSpanRef<'_>,
        continued: bool,
        _eval: &mut Evaluator<'v, '_, 'e>,
    ) -> starlark::Result<()> {
        let code = span.file.filename().parse().unwrap_or_default();
        let statement = (code, span.span.begin().get());
        SPENT.with_borrow_mut(|spent| {
            spent.go_on_with(Some(statement));
            if !continued {
                spent.visits.entry(statement).or_default().count += 1;
            }
        });
        Ok(())
    }
}
