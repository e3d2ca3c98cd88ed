//! Functions written in Rust that templates call.
//!
//! The reference's built-ins check their arguments by hand and name themselves in their messages,
//! so ours receive the arguments as they came ([`Args`]) and say what is wrong in the same words.

#![allow(clippy::panic, reason = "StarlarkPagablePanic: these values are never paged out")]

use std::borrow::Cow;
use std::fmt;

use allocative::Allocative;
use smallvec::SmallVec;
use starlark::any::ProvidesStaticType;
use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_simple_value;
use starlark::values::{
    Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Trace, Value, starlark_value,
};

use crate::limits::{self, Exceeded};

/// Why a native function failed.
#[derive(Debug)]
pub enum NativeError {
    /// It says so itself; the frames are those of its caller.
    Message {
        /// What is wrong, in the reference's words.
        message: String,
        /// The line of the generated code that is to blame, where that is not the call's own.
        line: Option<u32>,
    },
    /// It says so itself, and more than the reference would: what may help. Code that catches the error
    /// sees the message alone.
    Helped {
        /// What is wrong, in the reference's words.
        message: String,
        /// Lines that go below it.
        help: String,
    },
    /// It happened in code of the standard library, whose frame comes first.
    Within {
        /// What is wrong, in the reference's words.
        message: String,
        /// Where.
        frame: crate::error::Frame,
    },
    /// Code it called failed; that error is passed on with its own frames.
    Code(Box<starlark::Error>),
}

/// The result of a native function.
pub type NativeResult<T> = Result<T, NativeError>;

impl NativeError {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> NativeError {
        NativeError::Message { message: message.into(), line: None }
    }

    /// Puts `prefix: ` before the message, as the reference's wrapped built-ins do with their name.
    /// The frames of code that was called are dropped, as they are there.
    #[must_use]
    pub fn prefix(self, prefix: &str) -> NativeError {
        match self {
            NativeError::Message { message, line } => {
                NativeError::Message { message: format!("{prefix}: {message}"), line }
            }
            NativeError::Helped { message, help } => {
                NativeError::Helped { message: format!("{prefix}: {message}"), help }
            }
            other => NativeError::new(format!("{prefix}: {}", other.message())),
        }
    }

    /// Adds lines that go below the message, where there are some.
    #[must_use]
    pub(crate) fn with_help(self, help: Option<String>) -> NativeError {
        match help {
            Some(help) => NativeError::Helped { message: self.message(), help },
            None => self,
        }
    }

    /// The message alone.
    pub fn message(&self) -> String {
        match self {
            NativeError::Message { message, .. }
            | NativeError::Helped { message, .. }
            | NativeError::Within { message, .. } => message.clone(),
            NativeError::Code(error) => super::wording::message(error),
        }
    }
}

impl fmt::Display for NativeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for NativeError {}

impl From<Exceeded> for NativeError {
    fn from(exceeded: Exceeded) -> NativeError {
        NativeError::new(exceeded.message)
    }
}

impl From<starlark::Error> for NativeError {
    fn from(error: starlark::Error) -> NativeError {
        NativeError::Code(Box::new(error))
    }
}

impl From<NativeError> for starlark::Error {
    fn from(error: NativeError) -> starlark::Error {
        match error {
            NativeError::Code(error) => *error,
            message => starlark::Error::new_native(anyhow::Error::new(message)),
        }
    }
}

/// The arguments of one call.
pub struct Args<'v> {
    /// Positional arguments, those of `*args` included.
    pub positional: SmallVec<[Value<'v>; 4]>,
    /// Keyword arguments in order, those of `**kwargs` included.
    pub named: Vec<(&'v str, Value<'v>)>,
}

impl<'v> Args<'v> {
    /// Collects the arguments of a call.
    pub fn collect(args: &Arguments<'v, '_>, heap: Heap<'v>) -> starlark::Result<Args<'v>> {
        // There are few: to add them one by one is quicker than to reserve room first.
        let mut positional: SmallVec<[Value<'v>; 4]> = SmallVec::new();
        args.positions(heap)?.for_each(|value| positional.push(value));
        spend_texts(positional.iter().copied()).map_err(NativeError::from)?;
        // Without named arguments the map is empty and allocates nothing.
        let names = args.names_map()?;
        if names.is_empty() {
            return Ok(Args { positional, named: Vec::new() });
        }
        let named = names
            .iter()
            .map(|(name, value)| match super::names::restore(name.as_str()) {
                Cow::Borrowed(name) => (name, *value),
                Cow::Owned(name) => (heap.alloc_str(&name).as_str(), *value),
            })
            .collect();
        Ok(Args { positional, named })
    }

    /// The positional argument at `index`.
    pub fn get(&self, index: usize) -> Option<Value<'v>> {
        self.positional.get(index).copied()
    }

    /// The keyword argument of this name.
    pub fn keyword(&self, name: &str) -> Option<Value<'v>> {
        self.named.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }

    /// starlark-go's `UnpackArgs`: arguments by position or keyword for the given parameters, of
    /// which those from the first name that ends in `?` on are optional. Errors name `function`.
    pub fn unpack<const N: usize>(
        &self,
        function: &str,
        names: [&str; N],
    ) -> NativeResult<[Option<Value<'v>>; N]> {
        let mut values = [None; N];
        if self.positional.len() > N {
            let given = self.positional.len();
            return Err(NativeError::new(format!("{function}: got {given} arguments, want at most {N}")));
        }
        for (slot, value) in values.iter_mut().zip(&self.positional) {
            *slot = Some(*value);
        }
        for (key, value) in &self.named {
            let found =
                names.iter().zip(values.iter_mut()).find(|(name, _)| name.trim_end_matches('?') == *key);
            match found {
                Some((_, slot)) if slot.is_some() => {
                    return Err(NativeError::new(format!(
                        "{function}: got multiple values for keyword argument \"{key}\""
                    )));
                }
                Some((_, slot)) => *slot = Some(*value),
                None => {
                    return Err(NativeError::new(format!(
                        "{function}: unexpected keyword argument \"{key}\""
                    )));
                }
            }
        }
        for (name, value) in names.iter().zip(&values) {
            if name.ends_with('?') {
                break;
            }
            if value.is_none() {
                return Err(NativeError::new(format!("{function}: missing argument for {name}")));
            }
        }
        Ok(values)
    }

    /// starlark-go's `UnpackPositionalArgs`: between `min` and `N` positional arguments, no
    /// keyword arguments.
    pub fn unpack_positional<const N: usize>(
        &self,
        function: &str,
        min: usize,
    ) -> NativeResult<[Option<Value<'v>>; N]> {
        if !self.named.is_empty() {
            return Err(NativeError::new(format!("{function}: unexpected keyword arguments")));
        }
        let given = self.positional.len();
        if given < min {
            let least = if min < N { "at least " } else { "" };
            return Err(NativeError::new(format!("{function}: got {given} arguments, want {least}{min}")));
        }
        if given > N {
            let most = if N > min { "at most " } else { "" };
            return Err(NativeError::new(format!("{function}: got {given} arguments, want {most}{N}")));
        }
        let mut values = [None; N];
        for (slot, value) in values.iter_mut().zip(&self.positional) {
            *slot = Some(*value);
        }
        Ok(values)
    }
}

/// Counts the texts among what a native is called with, for natives go through their texts.
fn spend_texts<'v>(values: impl Iterator<Item = Value<'v>>) -> Result<(), Exceeded> {
    limits::spend_text(values.filter_map(Value::unpack_str).map(str::len).sum())
}

/// What a native function does.
pub type Native = for<'v, 'x, 'a, 'e> fn(&Args<'v>, &'x mut Evaluator<'v, 'a, 'e>) -> NativeResult<Value<'v>>;

/// A native function as a value: `type` says `builtin_function_or_method`.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative, Clone)]
pub struct NativeFn {
    /// The name it prints as, `json.encode`.
    pub name: &'static str,
    /// What it does.
    #[allocative(skip)]
    pub run: Native,
}

impl fmt::Debug for NativeFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for NativeFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<built-in function {}>", self.name)
    }
}

starlark_simple_value!(NativeFn);

#[starlark_value(type = "builtin_function_or_method")]
impl<'v> StarlarkValue<'v> for NativeFn {
    fn name_for_call_stack(&self, _me: Value<'v>) -> String {
        super::names::NATIVE_FRAME.to_owned()
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        limits::check_stopped().map_err(NativeError::from)?;
        let args = Args::collect(args, eval.heap())?;
        Ok((self.run)(&args, eval)?)
    }
}

/// What a native function bound to a place does: the place, the arguments.
pub type Bound =
    for<'v, 'x, 'a, 'e> fn([usize; 2], &Args<'v>, &'x mut Evaluator<'v, 'a, 'e>) -> NativeResult<Value<'v>>;

/// A native function that knows where it was loaded; its errors begin with its name.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative, Clone)]
pub struct BoundNative {
    name: &'static str,
    bound: [usize; 2],
    #[allocative(skip)]
    run: Bound,
}

impl BoundNative {
    /// The function as a value.
    pub fn alloc<'v>(name: &'static str, bound: [usize; 2], run: Bound, heap: Heap<'v>) -> Value<'v> {
        heap.alloc_simple(BoundNative { name, bound, run })
    }
}

impl fmt::Debug for BoundNative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for BoundNative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<built-in function {}>", self.name)
    }
}

starlark_simple_value!(BoundNative);

#[starlark_value(type = "builtin_function_or_method")]
impl<'v> StarlarkValue<'v> for BoundNative {
    fn name_for_call_stack(&self, _me: Value<'v>) -> String {
        super::names::NATIVE_FRAME.to_owned()
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        limits::check_stopped().map_err(NativeError::from)?;
        let args = Args::collect(args, eval.heap())?;
        Ok((self.run)(self.bound, &args, eval).map_err(|error| error.prefix(self.name))?)
    }
}

/// What a method does: receiver, arguments.
pub type Method =
    for<'v, 'x, 'a, 'e> fn(Value<'v>, &Args<'v>, &'x mut Evaluator<'v, 'a, 'e>) -> NativeResult<Value<'v>>;

/// A method together with the value it belongs to.
#[derive(ProvidesStaticType, NoSerialize, Allocative, Trace)]
pub struct BoundMethod<'v> {
    /// The value.
    pub receiver: Value<'v>,
    /// The method's name.
    pub name: &'static str,
    /// What it does.
    #[allocative(skip)]
    #[trace(unsafe_ignore)]
    pub run: Method,
}

impl fmt::Debug for BoundMethod<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for BoundMethod<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<built-in method {} of {} value>", self.name, self.receiver.get_type())
    }
}

#[starlark_value(type = "builtin_function_or_method")]
impl<'v> StarlarkValue<'v> for BoundMethod<'v> {
    fn name_for_call_stack(&self, _me: Value<'v>) -> String {
        super::names::NATIVE_FRAME.to_owned()
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        limits::check_stopped().map_err(NativeError::from)?;
        let args = Args::collect(args, eval.heap())?;
        spend_texts([self.receiver].into_iter()).map_err(NativeError::from)?;
        Ok((self.run)(self.receiver, &args, eval)?)
    }
}

impl<'v> BoundMethod<'v> {
    /// The method as a value.
    pub fn alloc(receiver: Value<'v>, name: &'static str, run: Method, heap: Heap<'v>) -> Value<'v> {
        heap.alloc_complex_no_freeze(BoundMethod { receiver, name, run })
    }
}
