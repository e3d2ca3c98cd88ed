//! The functions of modules: their errors begin with their name, their arguments are checked by hand.
#![allow(clippy::panic, reason = "`StarlarkPagablePanic` makes a method that panics; no value is ever paged")]

use std::fmt;
use std::sync::Arc;

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_simple_value;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};

use crate::engine::builtins::Int;
use crate::engine::values::{ByteStr, Module};
use crate::engine::{Args, Native, NativeError, NativeResult, convert};
use crate::template::program;

/// A function of a module as a value.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative, Clone)]
pub(crate) struct ModuleFunction {
    name: &'static str,
    #[allocative(skip)]
    run: Native,
}

impl fmt::Display for ModuleFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<built-in function {}>", self.name)
    }
}

impl fmt::Debug for ModuleFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

starlark_simple_value!(ModuleFunction);

#[starlark_value(type = "builtin_function_or_method")]
impl<'v> StarlarkValue<'v> for ModuleFunction {
    fn name_for_call_stack(&self, _me: Value<'v>) -> String {
        crate::engine::NATIVE_FRAME.to_owned()
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let args = Args::collect(args, eval.heap())?;
        Ok((self.run)(&args, eval).map_err(|error| named(error, self.name))?)
    }
}

type Produce = dyn for<'v> Fn(Heap<'v>) -> Value<'v> + Send + Sync;

/// A function without parameters that belongs to an object, such as a parsed URL.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
pub(crate) struct ObjectFunction {
    name: &'static str,
    #[allocative(skip)]
    produce: Arc<Produce>,
}

impl ObjectFunction {
    /// The function as a value; `name` is the one it prints as.
    pub(crate) fn alloc<'v>(
        name: &'static str,
        produce: impl for<'w> Fn(Heap<'w>) -> Value<'w> + Send + Sync + 'static,
        heap: Heap<'v>,
    ) -> Value<'v> {
        heap.alloc_simple(ObjectFunction { name, produce: Arc::new(produce) })
    }
}

impl fmt::Display for ObjectFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<built-in function {}>", self.name)
    }
}

impl fmt::Debug for ObjectFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

starlark_simple_value!(ObjectFunction);

#[starlark_value(type = "builtin_function_or_method")]
impl<'v> StarlarkValue<'v> for ObjectFunction {
    fn name_for_call_stack(&self, _me: Value<'v>) -> String {
        crate::engine::NATIVE_FRAME.to_owned()
    }

    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        let args = Args::collect(args, eval.heap())?;
        if !args.positional.is_empty() {
            return Err(NativeError::new("expected no argument").prefix(self.name).into());
        }
        Ok((self.produce)(eval.heap()))
    }
}

/// The function as a value. `name` is the full one, `json.encode`.
pub(crate) fn function<'v>(name: &'static str, run: Native, heap: Heap<'v>) -> Value<'v> {
    heap.alloc_simple(ModuleFunction { name, run })
}

/// A module whose functions are named after it: `json.encode` is the member `encode`.
pub(crate) fn module_of<'v>(
    name: &'static str,
    functions: &[(&'static str, Native)],
    heap: Heap<'v>,
) -> Value<'v> {
    let members = functions.iter().map(|(full_name, run)| {
        let member = full_name.rsplit('.').next().unwrap_or(full_name);
        (member, function(full_name, *run, heap))
    });
    Module::alloc(name, members, heap)
}

/// Puts the name of a function before what is wrong, but for faults the reference did not foresee.
pub(crate) fn named(error: NativeError, name: &str) -> NativeError {
    let error = match error {
        NativeError::Code(error) => NativeError::new(program::message(&error)),
        other => other,
    };
    if error.message().starts_with("(p) ") { error } else { error.prefix(name) }
}

/// What is wrong, without where.
pub(crate) fn message(error: &NativeError) -> String {
    match error {
        NativeError::Code(error) => program::message(error),
        other => other.message(),
    }
}

/// An error with this message.
pub(crate) fn fail<T>(message: impl Into<String>) -> NativeResult<T> {
    Err(NativeError::new(message))
}

/// The only positional argument.
pub(crate) fn one_argument<'v>(args: &Args<'v>) -> NativeResult<Value<'v>> {
    match args.positional.as_slice() {
        [value] => Ok(*value),
        _ => fail("expected exactly one argument"),
    }
}

/// A value that must be a string.
pub(crate) fn string<'v>(value: Value<'v>) -> NativeResult<&'v [u8]> {
    ByteStr::of(value)
        .ok_or_else(|| NativeError::new(format!("expected a string, but was {}", value.get_type())))
}

/// A keyword argument that must be a bool.
pub(crate) fn flag(args: &Args<'_>, name: &str, default: bool) -> NativeResult<bool> {
    let Some(value) = args.keyword(name) else {
        return Ok(default);
    };
    value.unpack_bool().ok_or_else(|| {
        NativeError::new(format!("expected starlark.Bool, but was {}", convert::go_value_type(value)))
    })
}

/// The keyword argument `indent`: spaces a level, at most 8; 0 where it is not given.
pub(crate) fn indent_argument(args: &Args<'_>) -> NativeResult<usize> {
    let indent = match args.keyword("indent").map(Int::from_value) {
        None => 0,
        Some(None) => return fail("expected starlark.Int"),
        Some(Some(Int::Big(_))) => return fail("expected int64 value"),
        Some(Some(Int::Small(indent))) => indent,
    };
    match usize::try_from(indent) {
        Ok(indent) if indent <= 8 => Ok(indent),
        _ => fail("indent value must be between 0 and 8"),
    }
}
