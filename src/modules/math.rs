//! `@ytt:math`.

use std::f64::consts::{E, PI};

use starlark::eval::Evaluator;
use starlark::values::{Heap, Value};

use super::function::{fail, function};
use super::math_functions as functions;
use super::trigonometry;
use crate::engine::builtins::{as_float, to_int};
use crate::engine::values::Module;
use crate::engine::{Args, Native, NativeError, NativeResult, convert};
use crate::template::run::Run;

const WARNING: &str = "\nWarning: a function from the @ytt:math module is used in this invocation; this \
                       module does not guarantee bit-identical results across CPU architectures.\n";

/// Functions of one or two numbers: the member, the name it prints as, what it computes.
macro_rules! numeric {
    ($heap:expr, unary: {$($one:literal => $unary:expr,)*} binary: {$($two:literal $shown:literal => $binary:expr,)*}) => {{
        let mut members: Vec<(&'static str, Value<'_>)> = Vec::new();
        $(
            let run: Native = |args, eval| {
                warn(eval);
                let x = match args.positional.as_slice() {
                    [x] => number(*x)?,
                    _ => return fail("expected exactly one argument"),
                };
                let compute: fn(f64) -> f64 = $unary;
                Ok(eval.heap().alloc(compute(x)))
            };
            members.push(($one, function($one, run, $heap)));
        )*
        $(
            let run: Native = |args, eval| {
                warn(eval);
                let (x, y) = match args.positional.as_slice() {
                    [x, y] => (number(*x)?, number(*y)?),
                    _ => return fail("expected exactly two arguments"),
                };
                let compute: fn(f64, f64) -> f64 = $binary;
                Ok(eval.heap().alloc(compute(x, y)))
            };
            members.push(($two, function($shown, run, $heap)));
        )*
        members
    }};
}

pub(crate) fn module(heap: Heap<'_>) -> Value<'_> {
    let mut members = numeric! {
        heap,
        unary: {
            "acos" => trigonometry::acos,
            "acosh" => functions::acosh,
            "asin" => trigonometry::asin,
            "asinh" => functions::asinh,
            "atan" => trigonometry::atan,
            "atanh" => functions::atanh,
            "cos" => trigonometry::cos,
            "cosh" => functions::cosh,
            "degrees" => |x| 360.0 * x / (2.0 * PI),
            "exp" => functions::exp,
            "fabs" => f64::abs,
            "gamma" => functions::gamma,
            "radians" => |x| 2.0 * PI * x / 360.0,
            "round" => f64::round,
            "sin" => trigonometry::sin,
            "sinh" => functions::sinh,
            "sqrt" => f64::sqrt,
            "tan" => trigonometry::tan,
            "tanh" => functions::tanh,
        }
        binary: {
            "atan2" "atan2" => trigonometry::atan2,
            "copysign" "copysign" => f64::copysign,
            "hypot" "hypot" => functions::hypot,
            // The reference gives it the name of another.
            "mod" "round" => |x, y| x % y,
            "pow" "pow" => functions::pow,
            "remainder" "remainder" => functions::remainder,
        }
    };
    members.extend([
        ("ceil", function("ceil", ceil, heap)),
        ("floor", function("floor", floor, heap)),
        ("log", heap.alloc_simple(crate::engine::NativeFn { name: "log", run: log })),
        ("e", heap.alloc(E)),
        ("pi", heap.alloc(PI)),
    ]);
    Module::alloc("math", members, heap)
}

/// Says once a run that results depend on the machine.
fn warn(eval: &Evaluator<'_, '_, '_>) {
    if let Ok(run) = Run::of(eval) {
        run.host().warn_once(WARNING);
    }
}

fn wrong_type(value: Value<'_>) -> NativeError {
    NativeError::new(format!("expected float value, but was {}", convert::go_value_type(value)))
}

fn number(value: Value<'_>) -> NativeResult<f64> {
    as_float(value).ok_or_else(|| wrong_type(value))
}

/// The integer next to a number.
fn rounded<'v>(
    name: &str,
    args: &Args<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
    round: fn(f64) -> f64,
) -> NativeResult<Value<'v>> {
    warn(eval);
    let [x] = args.unpack_positional::<1>(name, 1)?;
    let x = x.unwrap_or_default();
    let heap = eval.heap();
    match convert::as_float(x) {
        Some(float) => Ok(to_int(heap.alloc(round(float)))?.alloc(heap)),
        None if as_float(x).is_some() => Ok(x),
        None => Err(wrong_type(x)),
    }
}

fn ceil<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    rounded("ceil", args, eval, f64::ceil)
}

fn floor<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    rounded("floor", args, eval, f64::floor)
}

/// Its errors, unlike those of the others, do not begin with its name a second time.
fn log<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    warn(eval);
    let [x, base] = args.unpack_positional::<2>("log", 1)?;
    let x = number(x.unwrap_or_default())?;
    let base = base.map_or(Ok(E), number)?;
    Ok(eval.heap().alloc(functions::log(x) / functions::log(base)))
}
