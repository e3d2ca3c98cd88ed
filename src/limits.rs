//! What one render may use, and the meter that counts it.
//!
//! Templates may be anybody's, so every render runs under [`Limits`]. What a limit counts is spread
//! over the whole evaluator (the reader of YAML, natives, the builder of trees, the printer), all of
//! which runs on the render's thread: the meter of the running render is that thread's.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind, Result};

/// What one render may use. Every limit is always on; raise those that a trusted template needs.
///
/// ```
/// use std::time::Duration;
/// use stampmill::Limits;
///
/// let limits = Limits { steps: 100_000, time: Some(Duration::from_millis(250)), ..Limits::default() };
/// assert_eq!(limits.call_depth, 500);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Turns of loops, calls of functions, and elements that natives go through.
    pub steps: u64,
    /// Bytes that values may take, those no longer in use included: nothing is freed before a render
    /// ends.
    pub memory: usize,
    /// How deep calls of functions may nest. Each takes up to some KiB of stack.
    pub call_depth: usize,
    /// How long a render may take; none for no deadline.
    pub time: Option<Duration>,
    /// Bytes of one text: repetition, `+`, `join`, `replace`, `format`, `repr`.
    pub text_bytes: usize,
    /// Elements that one operation may put into a collection.
    pub elements: usize,
    /// Bits of an integer.
    pub integer_bits: u64,
    /// How deep trees may nest while code builds them.
    pub tree_depth: u32,
    /// Nodes of the result; those that templates build and throw away count too.
    pub output_nodes: usize,
    /// Bytes of the result as text.
    pub output_bytes: usize,
    /// Bytes of one file, or of one text of data values.
    pub input_bytes: usize,
    /// How deep collections of a YAML or JSON text may nest. At most 1000.
    pub yaml_depth: usize,
    /// How many nodes aliases may add to one YAML document.
    pub yaml_aliases: usize,
}

impl Default for Limits {
    /// For templates and data values of anybody.
    fn default() -> Limits {
        Limits {
            steps: 10_000_000,
            memory: 64 << 20,
            call_depth: 500,
            time: Some(Duration::from_secs(4)),
            text_bytes: 8 << 20,
            elements: 1_000_000,
            integer_bits: 1 << 16,
            tree_depth: 1000,
            output_nodes: 500_000,
            output_bytes: 16 << 20,
            input_bytes: 16 << 20,
            yaml_depth: 1000,
            yaml_aliases: 100_000,
        }
    }
}

impl Limits {
    /// For one's own templates, as on the command line: no bounds on time, steps and sizes but those
    /// that keep a process alive.
    pub const fn trusted() -> Limits {
        Limits {
            steps: u64::MAX,
            memory: usize::MAX,
            call_depth: 5000,
            time: None,
            text_bytes: 64 << 20,
            elements: 10_000_000,
            integer_bits: 1 << 20,
            tree_depth: 20_000,
            output_nodes: usize::MAX,
            output_bytes: usize::MAX,
            input_bytes: usize::MAX,
            yaml_depth: 1000,
            yaml_aliases: 1_000_000,
        }
    }
}

/// Which limit was reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// [`Limits::steps`]
    Steps,
    /// [`Limits::memory`]
    Memory,
    /// [`Limits::call_depth`]
    CallDepth,
    /// [`Limits::time`]
    Time,
    /// [`Limits::text_bytes`]
    TextBytes,
    /// [`Limits::elements`]
    Elements,
    /// [`Limits::integer_bits`]
    IntegerBits,
    /// [`Limits::tree_depth`], and how deep values may nest that become nodes, keys or text.
    TreeDepth,
    /// [`Limits::output_nodes`]
    OutputNodes,
    /// [`Limits::output_bytes`]
    OutputBytes,
    /// [`Limits::input_bytes`]
    InputBytes,
    /// [`Limits::yaml_depth`]
    YamlDepth,
    /// [`Limits::yaml_aliases`]
    YamlAliases,
    /// How many files may load one another in a chain, and directories lie in one another.
    Files,
}

impl Limit {
    /// The name of the limit: the field of [`Limits`] where there is one.
    pub fn name(self) -> &'static str {
        match self {
            Limit::Steps => "steps",
            Limit::Memory => "memory",
            Limit::CallDepth => "call_depth",
            Limit::Time => "time",
            Limit::TextBytes => "text_bytes",
            Limit::Elements => "elements",
            Limit::IntegerBits => "integer_bits",
            Limit::TreeDepth => "tree_depth",
            Limit::OutputNodes => "output_nodes",
            Limit::OutputBytes => "output_bytes",
            Limit::InputBytes => "input_bytes",
            Limit::YamlDepth => "yaml_depth",
            Limit::YamlAliases => "yaml_aliases",
            Limit::Files => "files",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Stops a render from another thread. Clones stop the same renders.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// A token that has not been cancelled.
    pub fn new() -> CancelToken {
        CancelToken::default()
    }

    /// Stops the renders that were given the token, those to come included.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Fails if work was cancelled that consists of more than one render.
pub(crate) fn check_cancelled(cancel: Option<&CancelToken>) -> Result<()> {
    match cancel.is_some_and(CancelToken::is_cancelled) {
        true => Err(Error::new(ErrorKind::Cancelled, "the work was cancelled")),
        false => Ok(()),
    }
}

/// Why a render was stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    Limit(Limit),
    Cancelled,
}

impl Stop {
    /// The kind of the error it ends with.
    pub(crate) fn kind(self) -> ErrorKind {
        match self {
            Stop::Limit(limit) => ErrorKind::Limit(limit),
            Stop::Cancelled => ErrorKind::Cancelled,
        }
    }
}

/// A render went beyond a limit: the message says which.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Exceeded {
    pub(crate) stop: Stop,
    pub(crate) message: String,
}

impl From<Exceeded> for Error {
    fn from(exceeded: Exceeded) -> Error {
        Error::new(exceeded.stop.kind(), exceeded.message)
    }
}

/// How many turns the crate makes between two looks at whether to go on.
pub(crate) const TURNS: u64 = 1000;

/// How many steps pass between two looks at the clock and at who may cancel.
const CLOCK_STEPS: u64 = 1000;

struct Meter {
    limits: RefCell<Limits>,
    steps: Cell<u64>,
    /// Bytes counted so far, and how many there may be.
    memory: Cell<usize>,
    most_memory: Cell<usize>,
    nodes: Cell<usize>,
    most_nodes: Cell<usize>,
    deadline: Cell<Option<Instant>>,
    /// At how many steps the clock is looked at next.
    clock: Cell<u64>,
    cancel: RefCell<Option<CancelToken>>,
    stopped: Cell<Option<Stop>>,
    /// The words for it.
    message: RefCell<String>,
    /// Whether an error on its way out says so: the evaluator need not make another.
    reported: Cell<bool>,
    /// How many evaluators run within one another.
    evaluators: Cell<usize>,
}

impl Meter {
    const fn new(limits: Limits) -> Meter {
        Meter {
            steps: Cell::new(0),
            memory: Cell::new(0),
            most_memory: Cell::new(limits.memory),
            nodes: Cell::new(0),
            most_nodes: Cell::new(limits.output_nodes),
            deadline: Cell::new(None),
            clock: Cell::new(CLOCK_STEPS),
            cancel: RefCell::new(None),
            stopped: Cell::new(None),
            message: RefCell::new(String::new()),
            reported: Cell::new(false),
            evaluators: Cell::new(0),
            limits: RefCell::new(limits),
        }
    }

    /// Changes places with another: what the two count goes with them.
    fn swap(&self, other: &Meter) {
        self.limits.swap(&other.limits);
        self.steps.swap(&other.steps);
        self.memory.swap(&other.memory);
        self.most_memory.swap(&other.most_memory);
        self.nodes.swap(&other.nodes);
        self.most_nodes.swap(&other.most_nodes);
        self.deadline.swap(&other.deadline);
        self.clock.swap(&other.clock);
        self.cancel.swap(&other.cancel);
        self.stopped.swap(&other.stopped);
        self.message.swap(&other.message);
        self.reported.swap(&other.reported);
        self.evaluators.swap(&other.evaluators);
    }

    #[cold]
    fn exceed(&self, limit: Limit, message: String) -> Exceeded {
        self.stop(Stop::Limit(limit), format!("{message} (limit: {limit})"))
    }

    /// Remembers the first reason to stop.
    #[cold]
    fn stop(&self, stop: Stop, message: String) -> Exceeded {
        if self.stopped.get().is_none() {
            self.stopped.set(Some(stop));
            self.message.borrow_mut().clone_from(&message);
        }
        self.reported.set(true);
        Exceeded { stop, message }
    }

    fn spend_steps(&self, count: u64) -> std::result::Result<(), Exceeded> {
        let steps = self.steps.get().saturating_add(count);
        self.steps.set(steps);
        if steps < self.clock.get() {
            return Ok(());
        }
        self.clock.set(steps.saturating_add(CLOCK_STEPS));
        let limits = self.limits.borrow();
        if steps > limits.steps {
            return Err(self.exceed(Limit::Steps, format!("more than {} steps", limits.steps)));
        }
        if self.cancel.borrow().as_ref().is_some_and(CancelToken::is_cancelled) {
            return Err(self.stop(Stop::Cancelled, "the render was cancelled".to_owned()));
        }
        if self.deadline.get().is_some_and(|deadline| Instant::now() > deadline) {
            let time = limits.time.unwrap_or_default();
            return Err(self.exceed(Limit::Time, format!("took longer than {time:?}")));
        }
        Ok(())
    }
}

thread_local! {
    static METER: Meter = const { Meter::new(Limits::trusted()) };
}

/// Runs `work` under limits of its own. Whatever `work` returns, a limit that was reached is its
/// error: code cannot catch it.
///
/// # Errors
/// Those of `work`, with the kind of the limit where one was reached.
pub(crate) fn metered<T>(
    limits: &Limits,
    cancel: Option<&CancelToken>,
    work: impl FnOnce() -> Result<T>,
) -> Result<T> {
    /// Puts the meter back, also when `work` panics.
    struct Restore(Meter);
    impl Drop for Restore {
        fn drop(&mut self) {
            METER.with(|meter| meter.swap(&self.0));
        }
    }

    let own = Meter::new(limits.clone());
    own.deadline.set(limits.time.and_then(|time| Instant::now().checked_add(time)));
    if cancel.is_some() {
        // Whoever was cancelled before does not even begin.
        own.clock.set(0);
    }
    own.cancel.replace(cancel.cloned());
    METER.with(|meter| meter.swap(&own));
    let _restore = Restore(own);
    let result = spend_steps(0).map_err(Error::from).and_then(|()| work());
    match (METER.with(|meter| meter.stopped.get()), result) {
        (None, result) => result,
        (Some(stop), Err(error)) => Err(error.of_kind(stop.kind())),
        (Some(stop), Ok(_)) => Err(Error::new(stop.kind(), stopped_message().unwrap_or_default())),
    }
}

fn limit<T>(of: impl FnOnce(&Limits) -> T) -> T {
    METER.with(|meter| of(&meter.limits.borrow()))
}

/// The limits that the running render is under, for threads that work for it.
pub(crate) fn current() -> Limits {
    limit(Limits::clone)
}

/// How deep calls of functions may nest in the running render.
pub(crate) fn call_depth() -> usize {
    limit(|limits| limits.call_depth)
}

/// How deep trees may nest in the running render.
pub(crate) fn tree_depth() -> u32 {
    limit(|limits| limits.tree_depth)
}

/// The most bits of an integer in the running render.
pub(crate) fn integer_bits() -> u64 {
    limit(|limits| limits.integer_bits)
}

/// The most bytes of one text in the running render.
pub(crate) fn text_bytes() -> usize {
    limit(|limits| limits.text_bytes)
}

/// How deep collections of a text may nest in the running render.
pub(crate) fn yaml_depth() -> usize {
    limit(|limits| limits.yaml_depth.min(crate::yaml::MAX_DEPTH))
}

/// How many nodes aliases may add in the running render.
pub(crate) fn yaml_aliases() -> usize {
    limit(|limits| limits.yaml_aliases)
}

/// Marks the running render as stopped by a limit, and gives the error for it.
#[cold]
pub(crate) fn exceed(limit: Limit, message: impl Into<String>) -> Exceeded {
    METER.with(|meter| meter.exceed(limit, message.into()))
}

/// Why the running render was stopped, if it was.
pub(crate) fn stopped_message() -> Option<String> {
    METER.with(|meter| meter.stopped.get().map(|_| meter.message.borrow().clone()))
}

/// Fails if the running render was stopped. What code calls looks here first, since the loop itself has
/// no place to show.
pub(crate) fn check_stopped() -> std::result::Result<(), Exceeded> {
    METER.with(|meter| match meter.stopped.get() {
        None => Ok(()),
        Some(stop) => {
            meter.reported.set(true);
            Err(Exceeded { stop, message: meter.message.borrow().clone() })
        }
    })
}

/// Whether the running render was stopped: code may not go on after it caught the error.
pub(crate) fn is_stopped() -> bool {
    METER.with(|meter| meter.stopped.get().is_some())
}

/// Runs an evaluator, which may be within others, and says how deep calls may nest in it: all share
/// the stack.
pub(crate) fn with_call_depth<T>(work: impl FnOnce(usize) -> T) -> T {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            METER.with(|meter| meter.evaluators.set(meter.evaluators.get().saturating_sub(1)));
        }
    }
    let outer = METER.with(|meter| meter.evaluators.replace(meter.evaluators.get() + 1));
    let _leave = Leave;
    work((call_depth() / (outer + 1)).max(MIN_CALL_DEPTH))
}

/// How deep calls may nest in every evaluator.
const MIN_CALL_DEPTH: usize = 50;

/// Counts steps. Looks at the clock and the cancel token from time to time.
pub(crate) fn spend_steps(count: u64) -> std::result::Result<(), Exceeded> {
    METER.with(|meter| meter.spend_steps(count))
}

/// Uncounts steps that were counted and not made.
pub(crate) fn give_back_steps(count: u64) {
    METER.with(|meter| meter.steps.set(meter.steps.get().saturating_sub(count)));
}

/// How many bytes of a text count as a step where it is gone through.
const STEP_BYTES: usize = 64;

/// Counts the steps of going through a text of this many bytes.
pub(crate) fn spend_text(bytes: usize) -> std::result::Result<(), Exceeded> {
    if bytes < STEP_BYTES { Ok(()) } else { spend_steps((bytes / STEP_BYTES) as u64) }
}

/// Counts bytes that a value takes.
pub(crate) fn spend_memory(bytes: usize) -> std::result::Result<(), Exceeded> {
    METER.with(|meter| {
        let memory = meter.memory.get().saturating_add(bytes);
        meter.memory.set(memory);
        check_memory(meter, memory)
    })
}

fn check_memory(meter: &Meter, used: usize) -> std::result::Result<(), Exceeded> {
    let most = meter.most_memory.get();
    if used > most {
        return Err(meter.exceed(Limit::Memory, format!("values of more than {most} bytes")));
    }
    Ok(())
}

/// Counts the turns of an evaluator whose heap holds this many bytes; tells whether it has to stop. That
/// is the second time after a limit was reached, for [`check_stopped`] to come first and say where.
pub(crate) fn turn(steps: u64, heap: usize) -> bool {
    METER.with(|meter| {
        if meter.stopped.get().is_some() {
            return !meter.reported.get();
        }
        // The meter remembers what they say.
        let _ = check_memory(meter, heap).and_then(|()| meter.spend_steps(steps));
        meter.reported.set(false);
        false
    })
}

/// The bytes that one node of a tree takes, about.
const NODE_BYTES: usize = 96;

/// Counts nodes that were made from values or texts.
pub(crate) fn spend_value_nodes(count: usize) -> std::result::Result<(), Exceeded> {
    spend_memory(count.saturating_mul(NODE_BYTES))
}

/// Counts nodes that a template built.
pub(crate) fn spend_output_nodes(count: usize) -> std::result::Result<(), Exceeded> {
    METER.with(|meter| {
        let nodes = meter.nodes.get().saturating_add(count);
        meter.nodes.set(nodes);
        let most = meter.most_nodes.get();
        if nodes > most {
            return Err(meter.exceed(Limit::OutputNodes, format!("more than {most} nodes")));
        }
        Ok(())
    })
}

/// Counts nodes that a template built, unless they are too many.
pub(crate) fn try_spend_output_nodes(count: usize) -> bool {
    METER.with(|meter| {
        let nodes = meter.nodes.get().saturating_add(count);
        let fits = nodes <= meter.most_nodes.get();
        if fits {
            meter.nodes.set(nodes);
        }
        fits
    })
}

/// Uncounts nodes that are to be built once more.
pub(crate) fn give_back_output_nodes(count: usize) {
    METER.with(|meter| meter.nodes.set(meter.nodes.get().saturating_sub(count)));
}

/// Counts bytes of a value that has just been made. What code calls next fails if they are too many.
pub(crate) fn note_memory(bytes: usize) {
    METER.with(|meter| {
        let memory = meter.memory.get().saturating_add(bytes);
        meter.memory.set(memory);
        if meter.stopped.get().is_none() && check_memory(meter, memory).is_err() {
            meter.reported.set(false);
        }
    });
}

/// Fails if a text of this many bytes is too long. Making it counts: see [`note_memory`].
pub(crate) fn check_text(bytes: usize) -> std::result::Result<(), Exceeded> {
    let most = text_bytes();
    if bytes > most {
        return Err(exceed(Limit::TextBytes, format!("text of more than {most} bytes")));
    }
    Ok(())
}

/// Fails if a collection of this many elements is too long, else counts `new` of them.
pub(crate) fn check_elements(count: usize, new: usize) -> std::result::Result<(), Exceeded> {
    let most = limit(|limits| limits.elements);
    if count > most {
        return Err(exceed(Limit::Elements, format!("collection of more than {most} elements")));
    }
    spend_memory(new.saturating_mul(size_of::<usize>()))?;
    spend_steps(new as u64 / 8)
}

/// Fails if an input of this many bytes is too long.
pub(crate) fn check_input(bytes: usize, what: impl FnOnce() -> String) -> Result<()> {
    let most = limit(|limits| limits.input_bytes);
    if bytes > most {
        let message = format!("{}: more than {most} bytes", what());
        return Err(exceed(Limit::InputBytes, message).into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;

    fn small() -> Limits {
        Limits { steps: 5_000, memory: 100, text_bytes: 10, time: None, ..Limits::default() }
    }

    #[test]
    fn what_is_left_belongs_to_one_render() {
        for _ in 0..3 {
            assert_eq!(metered(&small(), None, || Ok(spend_memory(100)?)), Ok(()));
        }
        let failed = metered(&small(), None, || Ok(check_text(11)?)).unwrap_err();
        assert_eq!(failed.kind(), ErrorKind::Limit(Limit::TextBytes));
        assert_eq!(failed.to_string(), "text of more than 10 bytes (limit: text_bytes)");
        let spent = metered(&small(), None, || Ok((0..11).try_for_each(|_| spend_memory(10))?));
        assert_eq!(spent.unwrap_err().kind(), ErrorKind::Limit(Limit::Memory));
    }

    #[test]
    fn a_limit_cannot_be_caught() {
        let caught = metered(&small(), None, || {
            let _ = spend_steps(5_001);
            Ok(())
        });
        assert_eq!(caught.unwrap_err().kind(), ErrorKind::Limit(Limit::Steps));
    }

    #[test]
    fn renders_within_one_another_have_meters_of_their_own() {
        let outer = metered(&small(), None, || {
            spend_memory(60)?;
            metered(&small(), None, || Ok(spend_memory(60)?))?;
            Ok(spend_memory(40)?)
        });
        assert_eq!(outer, Ok(()));
    }

    #[test]
    fn a_cancelled_render_does_not_begin() {
        let token = CancelToken::new();
        assert_eq!(metered(&small(), Some(&token), || Ok(1)), Ok(1));
        token.cancel();
        let mut begun = false;
        let cancelled = metered(&small(), Some(&token), || {
            begun = true;
            Ok(())
        });
        assert_eq!(cancelled.unwrap_err().kind(), ErrorKind::Cancelled);
        assert!(!begun);
    }

    #[test]
    fn time_runs_out() {
        let limits = Limits { time: Some(Duration::ZERO), ..small() };
        let late = metered(&limits, None, || Ok(spend_steps(2_000)?));
        assert_eq!(late.unwrap_err().kind(), ErrorKind::Limit(Limit::Time));
    }
}
