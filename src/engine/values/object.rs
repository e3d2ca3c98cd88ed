//! Structs that are more than their fields: parsed URLs, assertions. They look like structs to code,
//! but have a type of their own and no YAML form.

/// Makes a value type that behaves as ytt's structs do and carries a `$payload`.
macro_rules! object_type {
    ($(#[$doc:meta])* $name:ident, $payload:ty, $type:literal) => {
        $(#[$doc])*
        #[derive(ProvidesStaticType, NoSerialize, Allocative, Trace)]
        pub(crate) struct $name<'v> {
            #[trace(unsafe_ignore)]
            names: Vec<&'static str>,
            values: Vec<Value<'v>>,
            #[allocative(skip)]
            #[allow(dead_code, reason = "some objects are only their fields")]
            payload: $payload,
        }

        impl<'v> $name<'v> {
            fn alloc_with(
                fields: Vec<(&'static str, Value<'v>)>,
                payload: $payload,
                heap: Heap<'v>,
            ) -> Value<'v> {
                let (names, values) = fields.into_iter().unzip();
                heap.alloc_complex_no_freeze($name { names, values, payload })
            }
        }

        impl std::fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("struct(...)")
            }
        }

        impl std::fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        #[starlark_value(type = $type)]
        impl<'v> StarlarkValue<'v> for $name<'v> {
            fn get_attr(&self, name: &str, _heap: Heap<'v>) -> Option<Value<'v>> {
                let index = self.names.iter().position(|field| *field == name)?;
                self.values.get(index).copied()
            }

            fn dir_attr(&self) -> Vec<String> {
                let names: Vec<String> = self.names.iter().map(|name| (*name).to_owned()).collect();
                crate::engine::builtins::remember_attributes(&names);
                names
            }

            fn to_bool(&self) -> bool {
                !self.names.is_empty()
            }

            fn length(&self) -> starlark::Result<i32> {
                Ok(i32::try_from(self.names.len()).unwrap_or(i32::MAX))
            }

            fn at(&self, index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
                let found = index.unpack_str().map(|name| self.get_attr(name, heap));
                let message = match found {
                    Some(Some(value)) => return Ok(value),
                    Some(None) => format!("key {} not in {}", crate::engine::builtins::repr(index), $type),
                    None => format!("expected a string, but was {}", index.get_type()),
                };
                Err(crate::engine::NativeError::new(message).into())
            }

            fn is_in(&self, other: Value<'v>) -> starlark::Result<bool> {
                Ok(other.unpack_str().is_some_and(|name| self.names.contains(&name)))
            }

            fn iterate_collect(&self, heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
                Ok(self.names.iter().map(|name| heap.alloc_str(name).to_value()).collect())
            }
        }
    };
}
pub(crate) use object_type;
