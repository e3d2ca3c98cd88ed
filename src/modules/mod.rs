//! TEMP
pub(crate) fn module<'v>(_: &str, _: starlark::values::Heap<'v>) -> Option<starlark::values::Value<'v>> {
    None
}
