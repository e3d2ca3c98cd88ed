//! `@ytt:library`: evaluating private libraries from code.
//!
//! Source of the rules: the reference's `pkg/workspace/library_module.go`.

#![allow(clippy::panic, reason = "StarlarkPagablePanic: these values are never paged out")]

use std::fmt;
use std::sync::Arc;

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::eval::Evaluator;
use starlark::starlark_simple_value;
use starlark::values::{Heap, NoSerialize, StarlarkPagablePanic, StarlarkValue, Value, starlark_value};

use super::compilation::Place;
use super::data_values::{DataValues, ValuesDocument};
use super::execution::{Evaluation, Execution};
use super::library::LibraryId;
use super::session::{ForLibraries, Scope, Session};
use super::{LibraryRef, Options};
use crate::engine::builtins;
use crate::engine::values::{Fragment, Module};
use crate::engine::{Args, BoundMethod, Method, NativeError, NativeResult, convert};
use crate::error::Error;
use crate::overlay::Style;
use crate::schema::Schema;
use crate::template::builder::with_position;
use crate::template::run::Run;
use crate::yaml::{Document, Node, Notes, Pos};

/// What `library.get` acts on: the code that loaded the module.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative)]
struct Origin {
    #[allocative(skip)]
    place: Place,
    #[allocative(skip)]
    scope: Arc<Scope>,
    #[allocative(skip)]
    session: Option<Arc<Session>>,
}

/// A library with the data values and schemas it has been given so far.
#[derive(ProvidesStaticType, NoSerialize, StarlarkPagablePanic, Allocative, Clone)]
struct Library {
    #[allocative(skip)]
    name: LibraryRef,
    #[allocative(skip)]
    library: LibraryId,
    #[allocative(skip)]
    options: Options,
    #[allocative(skip)]
    values: Vec<ValuesDocument>,
    #[allocative(skip)]
    schemas: Vec<ValuesDocument>,
    #[allocative(skip)]
    session: Arc<Session>,
}

macro_rules! opaque {
    ($type:ident, $name:literal) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($name)
            }
        }
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($name)
            }
        }
        starlark_simple_value!($type);
        #[starlark_value(type = $name)]
        impl<'v> StarlarkValue<'v> for $type {}
    };
}
opaque!(Origin, "library_origin");
opaque!(Library, "library");

/// The module, for code at `place`.
pub(crate) fn module<'v>(place: Place, scope: &Arc<Scope>, session: &Session, heap: Heap<'v>) -> Value<'v> {
    let origin = heap.alloc_simple(Origin { place, scope: Arc::clone(scope), session: session.handle() });
    Module::alloc("library", vec![("get", BoundMethod::alloc(origin, "get", get, heap))], heap)
}

fn string<'v>(value: Value<'v>) -> NativeResult<&'v str> {
    value
        .unpack_str()
        .ok_or_else(|| NativeError::new(format!("expected a string, but was {}", value.get_type())))
}

fn boolean(value: Value<'_>) -> NativeResult<bool> {
    value.unpack_bool().ok_or_else(|| {
        NativeError::new(format!("expected starlark.Bool, but was {}", convert::go_value_type(value)))
    })
}

fn one<'v>(args: &Args<'v>) -> NativeResult<Value<'v>> {
    match args.positional.as_slice() {
        [value] => Ok(*value),
        _ => Err(NativeError::new("expected exactly one argument")),
    }
}

fn none(args: &Args<'_>) -> NativeResult<()> {
    match args.positional.as_slice() {
        [] => Ok(()),
        _ => Err(NativeError::new("expected no arguments")),
    }
}

fn failed(mut error: Error) -> NativeError {
    let help = error.take_help();
    NativeError::new(error.to_string()).with_help(help)
}

fn get<'v>(origin: Value<'v>, args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    find(origin, args, eval.heap()).map_err(|error| error.prefix("library.get"))
}

fn find<'v>(origin: Value<'v>, args: &Args<'v>, heap: Heap<'v>) -> NativeResult<Value<'v>> {
    let Some(Origin { place, scope, session: Some(session) }) = Origin::from_value(origin) else {
        return Err(NativeError::new("called outside a run"));
    };
    let path = string(one(args)?)?;
    let mut options = scope.options;
    let mut alias = String::new();
    for (name, value) in &args.named {
        match *name {
            "alias" => alias = string(*value)?.to_owned(),
            "ignore_unknown_comments" => options.ignore_unknown_comments = boolean(*value)?,
            "implicit_map_key_overrides" => options.implicit_map_key_overrides = boolean(*value)?,
            "strict" => options.strict = boolean(*value)?,
            "dangerous_data_values_disable_validation" => options.skip_validation |= boolean(*value)?,
            _ => return Err(NativeError::new(format!("Unexpected kwarg '{name}'"))),
        }
    }
    if path.starts_with('@') {
        return Err(NativeError::new(format!("Expected library '{path}' to be specified without '@'")));
    }
    let library = session.libraries.accessible(place.current, path).map_err(NativeError::new)?;
    let ForLibraries { values, schemas } = scope.for_libraries.clone();
    let name = LibraryRef { path: path.to_owned(), alias };
    Ok(value(Library { name, library, options, values, schemas, session: Arc::clone(session) }, heap))
}

/// A library as code sees it.
fn value<'v>(library: Library, heap: Heap<'v>) -> Value<'v> {
    const METHODS: [(&str, Method); 5] = [
        ("with_data_values", with_data_values),
        ("with_data_values_schema", with_data_values_schema),
        ("eval", evaluate),
        ("export", export),
        ("data_values", data_values),
    ];
    let receiver = heap.alloc_simple(library);
    let members = METHODS.map(|(name, run)| (name, BoundMethod::alloc(receiver, name, run, heap)));
    Module::alloc("library", members.to_vec(), heap)
}

fn receiver<'v>(value: Value<'v>) -> NativeResult<&'v Library> {
    Library::from_value(value).ok_or_else(|| NativeError::new("called without its library"))
}

fn document<'v>(value: Value<'v>, heap: Heap<'v>) -> NativeResult<Document> {
    let node = convert::to_node(value, heap)?;
    Ok(Document { value: with_position(&node, Pos::COMPUTED), ..Document::default() })
}

fn has_annotations(node: &Node) -> bool {
    let noted = |notes: &Notes, value: &Node| notes.annotations != 0 || has_annotations(value);
    match node {
        Node::Map(map) => map.items.iter().any(|item| noted(&item.notes, &item.value)),
        Node::Array(array) => array.items.iter().any(|item| noted(&item.notes, &item.value)),
        _ => false,
    }
}

fn with_data_values<'v>(
    me: Value<'v>,
    args: &Args<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let heap = eval.heap();
    let run = || {
        let mut library = receiver(me)?.clone();
        let document = document(one(args)?, heap)?;
        let mut merge = Style::Annotated;
        for (name, value) in &args.named {
            match *name {
                "plain" if boolean(*value)? => {
                    if has_annotations(&document.value) {
                        return Err(NativeError::new(
                            "Expected to be plain YAML, having no annotations (hint: remove comments \
                             starting with `#@`)",
                        ));
                    }
                    merge = Style::Plain;
                }
                "plain" => {}
                _ => return Err(NativeError::new(format!("invalid argument name: {name}"))),
            }
        }
        library.values.push(ValuesDocument::new(document, merge));
        Ok(value(library, heap))
    };
    run().map_err(|error: NativeError| error.prefix("library.with_data_values"))
}

fn with_data_values_schema<'v>(
    me: Value<'v>,
    args: &Args<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let heap = eval.heap();
    let run = || {
        let mut library = receiver(me)?.clone();
        let document = document(one(args)?, heap)?;
        // It has to be a schema by itself, whatever it is put over.
        let table = library.session.file_table();
        Schema::new(&document, Run::of(eval)?, heap, table).map_err(failed)?;
        library.schemas.push(ValuesDocument::new(document, Style::Annotated));
        Ok(value(library, heap))
    };
    run().map_err(|error: NativeError| error.prefix("library.with_data_values_schema"))
}

impl Library {
    fn execution(&self) -> Execution<'_> {
        Execution { session: &self.session, library: self.library, options: self.options }
    }

    /// The library's data values, and what is left for the libraries below it.
    fn data_values<'v>(&self, eval: &Evaluator<'v, '_, '_>) -> NativeResult<DataValues> {
        let (mut values, mut late, mut below) = (Vec::new(), Vec::new(), Vec::new());
        for given in &self.values {
            let Some(taken) = given.for_library(&self.name) else {
                continue;
            };
            if !taken.library.is_empty() {
                below.push(taken);
            } else if taken.after_library_module {
                late.push(taken);
            } else {
                values.push(taken);
            }
        }
        values.append(&mut late);
        let (mut schemas, mut schemas_below) = (Vec::new(), Vec::new());
        for given in &self.schemas {
            match given.for_library(&self.name) {
                Some(taken) if taken.library.is_empty() => schemas.push(taken),
                Some(taken) => schemas_below.push(taken),
                None => {}
            }
        }
        let execution = self.execution();
        let schema = execution.schema(schemas, eval.module()).map_err(failed)?;
        let mut data = execution.data_values(schema, values, eval.module()).map_err(failed)?;
        data.for_libraries.values.append(&mut below);
        data.for_libraries.schemas.append(&mut schemas_below);
        Ok(data)
    }

    fn evaluate<'v>(&self, eval: &Evaluator<'v, '_, '_>) -> NativeResult<Evaluation<'v>> {
        let data = self.data_values(eval)?;
        let execution = self.execution();
        execution.evaluate(&data.document, &data.files, data.for_libraries, eval.module()).map_err(failed)
    }
}

fn evaluate<'v>(me: Value<'v>, args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let library = receiver(me)?;
    let heap = eval.heap();
    let run = || {
        none(args)?;
        let evaluation = library.evaluate(eval)?;
        Ok(heap.alloc_simple(Fragment::new(Node::DocumentSet(Arc::new(evaluation.into_documents())))))
    };
    let what = format!("library.eval: Evaluating library '{}'", library.name);
    run().map_err(|error: NativeError| error.prefix(&what))
}

fn data_values<'v>(
    me: Value<'v>,
    args: &Args<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let library = receiver(me)?;
    let run = || {
        none(args)?;
        let data = library.data_values(eval)?;
        Ok(convert::to_struct(&data.document.value, eval.heap()))
    };
    let what = format!("library.data_values: Exporting from library '{}'", library.name);
    run().map_err(|error: NativeError| error.prefix(&what))
}

fn export<'v>(me: Value<'v>, args: &Args<'v>, eval: &mut Evaluator<'v, '_, '_>) -> NativeResult<Value<'v>> {
    let library = receiver(me)?;
    let what = format!("library.export: Exporting from library '{}'", library.name);
    exported(library, args, eval).map_err(|error| error.prefix(&what))
}

fn exported<'v>(
    library: &Library,
    args: &Args<'v>,
    eval: &mut Evaluator<'v, '_, '_>,
) -> NativeResult<Value<'v>> {
    let symbol = string(one(args)?)?;
    let mut wanted = "";
    for (name, value) in &args.named {
        match *name {
            "path" => wanted = string(*value)?,
            _ => return Err(NativeError::new(format!("Unexpected keyword argument '{name}'"))),
        }
    }
    if symbol.starts_with('_') {
        return Err(NativeError::new("Symbols starting with '_' are private, and cannot be exported"));
    }
    let evaluation = library.evaluate(eval)?;
    let found: Vec<_> = evaluation
        .exports
        .iter()
        .filter(|(path, _)| wanted.is_empty() || path == wanted)
        .filter_map(|(path, names)| {
            names.iter().find(|(name, _)| name == symbol).map(|(_, getter)| (path, *getter))
        })
        .collect();
    match found.as_slice() {
        [] => Err(NativeError::new(format!("Expected to find exported symbol '{symbol}', but did not"))),
        [(_, getter)] => Ok(builtins::invoke(*getter, &[], &[], eval)?),
        several => {
            let paths: Vec<&str> = several.iter().map(|(path, _)| path.as_str()).collect();
            Err(NativeError::new(format!(
                "Expected to find exactly one exported symbol '{symbol}', but found multiple across files: {}",
                paths.join(", ")
            )))
        }
    }
}
