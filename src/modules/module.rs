//! `@ytt:module`.

use starlark::eval::Evaluator;
use starlark::values::{Heap, Value};

use super::function::module_of;
use crate::engine::builtins::bytes_arg;
use crate::engine::values::Module;
use crate::engine::{Args, NativeResult};

pub(crate) fn module(heap: Heap<'_>) -> Value<'_> {
    module_of("module", &[("module.make", make)], heap)
}

fn make<'v>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let positional = Args { positional: args.positional.clone(), named: Vec::new() };
    let [name] = positional.unpack_positional::<1>("module.make", 1)?;
    let name = bytes_arg("module.make", 1, name.unwrap_or_default())?;
    Ok(Module::alloc(String::from_utf8_lossy(name), args.named.clone(), eval.heap()))
}
