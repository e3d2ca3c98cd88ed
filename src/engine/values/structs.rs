//! ytt's `struct`: fields by attribute, by index, iteration over names. Data values are structs.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::values::{Heap, NoSerialize, StarlarkValue, Trace, Value, ValueLike, starlark_value};

use crate::engine::{builtins, convert};
use crate::yaml::{Map, Node, Text};

/// A struct, either made by code or a view of a map of data values.
#[derive(ProvidesStaticType, NoSerialize, Allocative, Trace)]
pub struct Struct<'v> {
    #[allocative(skip)]
    fields: Fields<'v>,
}

#[derive(Trace)]
enum Fields<'v> {
    Made(#[trace(unsafe_ignore)] Vec<Text>, Vec<Value<'v>>),
    /// A view: scalars are converted when they are read; collections once, because code may change
    /// a list and read it again.
    View {
        #[trace(unsafe_ignore)]
        map: Arc<Map>,
        seen: RefCell<Vec<(usize, Value<'v>)>>,
    },
}

impl<'v> Struct<'v> {
    /// A struct of these fields.
    pub fn alloc(fields: Vec<(Text, Value<'v>)>, heap: Heap<'v>) -> Value<'v> {
        let (names, values) = fields.into_iter().unzip();
        heap.alloc_complex_no_freeze(Struct { fields: Fields::Made(names, values) })
    }

    /// A struct that shows a map; maps and arrays below it become structs and lists.
    /// Keys that are not text cannot be reached.
    pub fn view(map: Arc<Map>, heap: Heap<'v>) -> Value<'v> {
        let seen = RefCell::default();
        heap.alloc_complex_no_freeze(Struct { fields: Fields::View { map, seen } })
    }

    /// The struct behind a value.
    pub fn from_value(value: Value<'v>) -> Option<&'v Struct<'v>> {
        value.downcast_ref::<Struct<'v>>()
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        match &self.fields {
            Fields::Made(names, _) => names.len(),
            Fields::View { map, .. } => map.items.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of the field at `index`.
    pub fn name(&self, index: usize) -> Option<&str> {
        match &self.fields {
            Fields::Made(names, _) => names.get(index).map(|name| name.as_str()),
            Fields::View { map, .. } => map.items.get(index).and_then(|item| item.key.as_str()),
        }
    }

    /// The value of the field at `index`.
    pub fn value(&self, index: usize, heap: Heap<'v>) -> Option<Value<'v>> {
        match &self.fields {
            Fields::Made(_, values) => values.get(index).copied(),
            Fields::View { map, seen } => {
                let node = &map.items.get(index)?.value;
                if node.is_scalar() {
                    return Some(convert::scalar(node, heap));
                }
                if let Some((_, value)) = seen.borrow().iter().find(|(at, _)| *at == index) {
                    return Some(*value);
                }
                let value = convert::to_struct(node, heap);
                seen.borrow_mut().push((index, value));
                Some(value)
            }
        }
    }

    /// The value of the field of this name.
    pub fn get(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        let index = match &self.fields {
            Fields::Made(names, _) => names.iter().position(|field| field == name)?,
            Fields::View { map, .. } => {
                map.items.iter().position(|item| matches!(&item.key, Node::Str(key) if key == name))?
            }
        };
        self.value(index, heap)
    }

    /// The map a view shows. Code may have changed lists in it since, but no map and no scalar.
    pub(crate) fn viewed(&self) -> Option<&Arc<Map>> {
        match &self.fields {
            Fields::View { map, .. } => Some(map),
            Fields::Made(..) => None,
        }
    }

    /// The map a view shows, unless code may have changed a list in it.
    pub(crate) fn unchanged(&self) -> Option<&Arc<Map>> {
        match &self.fields {
            Fields::View { map, seen } if seen.borrow().is_empty() => Some(map),
            _ => None,
        }
    }
}

impl fmt::Display for Struct<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("struct(...)")
    }
}

super::debug_by_display!(Struct<'_>);

#[starlark_value(type = "struct")]
impl<'v> StarlarkValue<'v> for Struct<'v> {
    fn to_bool(&self) -> bool {
        !self.is_empty()
    }

    fn length(&self) -> starlark::Result<i32> {
        Ok(i32::try_from(self.len()).unwrap_or(i32::MAX))
    }

    fn get_attr(&self, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        self.get(name, heap)
    }

    fn dir_attr(&self) -> Vec<String> {
        let names: Vec<String> =
            (0..self.len()).filter_map(|index| self.name(index).map(str::to_owned)).collect();
        builtins::remember_attributes(&names);
        names
    }

    fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        if let Some(value) = index.unpack_str().and_then(|name| self.get(name, heap)) {
            return Ok(value);
        }
        // A string may be none that is UTF-8.
        if index.get_type() == "string" {
            let names = (0..self.len()).filter_map(|index| self.name(index));
            return Err(builtins::missing_key(index, "struct", names).into());
        }
        let message = format!("expected a string, but was {}", index.get_type());
        Err(super::super::NativeError::new(message).into())
    }

    fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
        match other.unpack_str() {
            Some(name) => Ok((0..self.len()).any(|index| self.name(index) == Some(name))),
            None => {
                let message = format!("expected a string, but was {}", other.get_type());
                Err(super::super::NativeError::new(message).into())
            }
        }
    }

    fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok((0..self.len())
            .filter_map(|index| self.name(index).map(|name| heap.alloc_str(name).to_value()))
            .collect())
    }
}
