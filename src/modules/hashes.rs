//! `@ytt:md5` and `@ytt:sha256`.

use ::md5::{Digest, Md5};
use sha2::Sha256;
use starlark::eval::Evaluator;
use starlark::values::{Heap, Value};

use super::function::{module_of, one_argument, string};
use crate::engine::{Args, NativeResult};

pub(crate) fn md5(heap: Heap<'_>) -> Value<'_> {
    module_of("md5", &[("md5.sum", sum::<Md5>)], heap)
}

pub(crate) fn sha256(heap: Heap<'_>) -> Value<'_> {
    module_of("sha256", &[("sha256.sum", sum::<Sha256>)], heap)
}

fn sum<'v, D: Digest>(args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let text = string(one_argument(args)?)?;
    let hex: String = D::digest(text).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(eval.heap().alloc_str(&hex).to_value())
}
