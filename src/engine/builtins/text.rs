//! `str()` and `repr()`: values as starlark-go writes them.

use std::fmt::Write;

use starlark::values::dict::DictRef;
use starlark::values::list::ListRef;
use starlark::values::tuple::TupleRef;
use starlark::values::{Value, ValueLike};

use super::go_quote::write_quoted;
use super::numbers::format_general;
use crate::engine::values::{ByteStr, Set};
use crate::engine::{NativeResult, convert, names};
use crate::limits::{self, Limit, check_text};

/// How deep collections may nest in a value that is written.
const MAX_DEPTH: usize = 500;

/// The text of a value as `str` gives it; bytes that are not UTF-8 are replaced. See [`write_str`]
/// for all bytes.
pub fn str(value: Value<'_>) -> String {
    match ByteStr::of(value) {
        Some(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        None => repr(value),
    }
}

/// Appends the text of a value as `str` gives it, byte for byte.
pub fn write_str(out: &mut Vec<u8>, value: Value<'_>) -> NativeResult<()> {
    match ByteStr::of(value) {
        Some(bytes) => out.extend_from_slice(bytes),
        None => out.extend_from_slice(try_repr(value)?.as_bytes()),
    }
    Ok(check_text(out.len())?)
}

/// The text of a value as `repr` gives it. What is too long or too deep is cut; see [`try_repr`].
pub fn repr(value: Value<'_>) -> String {
    let mut writer = Writer::default();
    let _ = writer.value(value);
    writer.out
}

/// The text of a value as `repr` gives it. Fails if that is too long or too deep.
pub fn try_repr(value: Value<'_>) -> NativeResult<String> {
    let mut writer = Writer::default();
    writer.value(value)?;
    Ok(writer.out)
}

#[derive(Default)]
struct Writer<'v> {
    out: String,
    /// The lists and dicts being written, to notice one inside itself.
    path: Vec<Value<'v>>,
    depth: usize,
}

impl<'v> Writer<'v> {
    fn value(&mut self, value: Value<'v>) -> NativeResult<()> {
        if self.depth > MAX_DEPTH {
            let message = format!("values nested deeper than {MAX_DEPTH} levels");
            return Err(limits::exceed(Limit::TreeDepth, message).into());
        }
        if self.out.len() > limits::text_bytes() {
            check_text(self.out.len())?;
        }
        limits::spend_steps(1)?;
        if let Some(int) = value.unpack_i32() {
            // Writing to a string cannot fail.
            let _ = write!(self.out, "{int}");
        } else if let Some(bytes) = ByteStr::of(value) {
            write_quoted(&mut self.out, bytes);
        } else if let Some(list) = ListRef::from_value(value) {
            self.out.push('[');
            self.unless_inside_itself(value, |writer| writer.elements(list.iter()))?;
            self.out.push(']');
        } else if let Some(dict) = DictRef::from_value(value) {
            self.out.push('{');
            self.unless_inside_itself(value, |writer| {
                for (index, (key, value)) in dict.iter().enumerate() {
                    writer.comma(index);
                    writer.value(key)?;
                    writer.out.push_str(": ");
                    writer.value(value)?;
                }
                Ok(())
            })?;
            self.out.push('}');
        } else if let Some(tuple) = TupleRef::from_value(value) {
            self.out.push('(');
            self.elements(tuple.iter())?;
            self.out.push_str(if tuple.len() == 1 { ",)" } else { ")" });
        } else if let Some(set) = Set::from_value(value) {
            self.out.push_str("set([");
            self.elements(set.iter())?;
            self.out.push_str("])");
        } else if let Some(float) = convert::as_float(value) {
            self.out.push_str(&format_general(float, Some(6)));
        } else if let Some(name) = value.function_name() {
            self.out.push_str("<function ");
            self.out.push_str(&names::restore(name.rsplit('.').next().unwrap_or(name)));
            self.out.push('>');
        } else {
            value.collect_str(&mut self.out);
        }
        Ok(())
    }

    fn unless_inside_itself(
        &mut self,
        value: Value<'v>,
        write: impl FnOnce(&mut Self) -> NativeResult<()>,
    ) -> NativeResult<()> {
        if self.path.iter().any(|outer| outer.ptr_eq(value)) {
            self.out.push_str("...");
            return Ok(());
        }
        self.path.push(value);
        self.depth += 1;
        write(self)?;
        self.depth -= 1;
        self.path.pop();
        Ok(())
    }

    fn elements(&mut self, elements: impl Iterator<Item = Value<'v>>) -> NativeResult<()> {
        self.depth += 1;
        for (index, element) in elements.enumerate() {
            self.comma(index);
            self.value(element)?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.out.push_str(", ");
        }
    }
}
