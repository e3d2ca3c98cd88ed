//! What `template.replace` returns: "the node has been dealt with".

use std::fmt;

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::starlark_simple_value;
use starlark::values::{NoSerialize, StarlarkPagablePanic, StarlarkValue, starlark_value};

/// A value that sets nothing where it is assigned to a node.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
pub struct Noop;

impl fmt::Display for Noop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("noop")
    }
}

super::debug_by_display!(Noop);
starlark_simple_value!(Noop);

#[starlark_value(type = "noop")]
impl<'v> StarlarkValue<'v> for Noop {
    fn to_bool(&self) -> bool {
        false
    }
}
