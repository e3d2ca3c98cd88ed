//! One run of the evaluator: what natives find through the evaluator that called them.

use std::cell::{Cell, RefCell, RefMut};
use std::fmt;
use std::sync::Arc;

use allocative::Allocative;
use starlark::any::ProvidesStaticType;
use starlark::eval::Evaluator;
use starlark::values::{
    Heap, NoSerialize, OwnedFrozenValue, StarlarkValue, Trace, Value, ValueLike, starlark_value,
};

use super::builder::Context;
use super::in_place::Changes;
use super::nodes::AnnotationSite;
use crate::engine::builtins;
use crate::engine::values::Member;
use crate::engine::{Args, NativeError, NativeResult};
use crate::yaml::{FileId, Pos, Text};

/// What a run needs from the workspace it is part of.
pub(crate) trait Host: Send + Sync {
    /// The module a `load` statement in `file` names, as an [`Exports`] value.
    fn load<'v>(
        &self,
        file: FileId,
        module: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> NativeResult<Value<'v>>;

    /// Takes the text `print` writes.
    fn log(&self, text: &str);

    /// Prints a warning on the error output, unless it already has been in this run.
    fn warn_once(&self, text: &'static str);

    /// How messages name a place: `file:line`.
    fn place(&self, pos: Pos) -> String;

    /// The paths of the files below a library: `data.list`. `place` is (own library, root).
    fn list_data(&self, place: (usize, usize), path: &str) -> NativeResult<Vec<String>>;

    /// The bytes of a file: `data.read`.
    fn read_data(&self, place: (usize, usize), path: &str) -> NativeResult<Arc<[u8]>>;
}

/// The names a file defines, with what gives their values.
pub(crate) type Members<'v> = Vec<(Text, Value<'v>)>;

/// An annotation of a node with its evaluated arguments.
#[derive(Trace, Clone)]
pub(crate) struct Annotation<'v> {
    #[trace(unsafe_ignore)]
    pub(crate) name: Text,
    #[trace(unsafe_ignore)]
    #[allow(dead_code, reason = "overlay and schema messages name it")]
    pub(crate) pos: Pos,
    pub(crate) args: Vec<Value<'v>>,
    pub(crate) kwargs: Vec<Value<'v>>,
    #[trace(unsafe_ignore)]
    pub(crate) kwarg_names: Vec<Text>,
}

/// The state of a run, held by the module every evaluator of the run works on.
#[derive(ProvidesStaticType, NoSerialize, Allocative, Trace)]
pub(crate) struct Run<'v> {
    #[allocative(skip)]
    #[trace(unsafe_ignore)]
    contexts: RefCell<Vec<Context<'v>>>,
    /// Side table of the annotations that nodes refer to by number, from 1.
    #[allocative(skip)]
    annotations: RefCell<Vec<Vec<Annotation<'v>>>>,
    #[allocative(skip)]
    #[trace(unsafe_ignore)]
    changes: RefCell<Changes>,
    /// An overlay has made a map with a key twice, at least for a while.
    #[allocative(skip)]
    #[trace(unsafe_ignore)]
    repeated_keys: Cell<bool>,
    #[allocative(skip)]
    #[trace(unsafe_ignore)]
    host: Arc<dyn Host>,
}

impl fmt::Display for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("run")
    }
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("run")
    }
}

impl<'v> Annotation<'v> {
    /// The keyword arguments in the order they were given.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&str, Value<'v>)> {
        self.kwarg_names.iter().map(|name| name.as_str()).zip(self.kwargs.iter().copied())
    }
}

#[starlark_value(type = "run")]
impl<'v> StarlarkValue<'v> for Run<'v> {}

impl<'v> Run<'v> {
    /// Makes a module the place of a run.
    pub(crate) fn install(module: &starlark::environment::Module<'v>, host: Arc<dyn Host>) {
        let run = Run {
            contexts: RefCell::default(),
            annotations: RefCell::default(),
            changes: RefCell::default(),
            repeated_keys: Cell::new(false),
            host,
        };
        module.set_extra_value(module.heap().alloc_complex_no_freeze(run));
    }

    /// The run of a module.
    pub(crate) fn of_module(module: &starlark::environment::Module<'v>) -> NativeResult<&'v Run<'v>> {
        module
            .extra_value()
            .and_then(|value| value.downcast_ref::<Run<'v>>())
            .ok_or_else(|| NativeError::new("called outside a run"))
    }

    /// The run an evaluator belongs to.
    pub(crate) fn of(eval: &Evaluator<'v, '_, '_>) -> NativeResult<&'v Run<'v>> {
        Run::of_module(eval.module())
    }

    /// The open contexts, innermost last.
    pub(crate) fn contexts(&self) -> RefMut<'_, Vec<Context<'v>>> {
        self.contexts.borrow_mut()
    }

    /// The values that overlays changed in place.
    pub(crate) fn changes(&self) -> RefMut<'_, Changes> {
        self.changes.borrow_mut()
    }

    /// Remembers that a map may have a key twice.
    pub(crate) fn note_repeated_keys(&self) {
        self.repeated_keys.set(true);
    }

    /// Whether a map may have a key twice.
    pub(crate) fn may_repeat_keys(&self) -> bool {
        self.repeated_keys.get()
    }

    /// The workspace.
    pub(crate) fn host(&self) -> Arc<dyn Host> {
        Arc::clone(&self.host)
    }

    /// Adds an annotation to the set `id` (0 for a new one) and returns the set's number.
    pub(crate) fn annotate(&self, id: u32, site: &AnnotationSite, args: Args<'v>) -> u32 {
        if !site.is_kept() {
            return id;
        }
        let mut sets = self.annotations.borrow_mut();
        let (names, kwargs): (Vec<_>, Vec<_>) =
            args.named.into_iter().map(|(name, value)| (Text::new(name), value)).unzip();
        let annotation = Annotation {
            name: site.name.clone(),
            pos: site.pos,
            args: args.positional.into_vec(),
            kwargs,
            kwarg_names: names,
        };
        let index = (id as usize).wrapping_sub(1);
        match sets.get_mut(index) {
            // The last of a name counts.
            Some(set) => {
                set.push(annotation);
                id
            }
            None => {
                sets.push(vec![annotation]);
                sets.len() as u32
            }
        }
    }

    /// Whether any node has the annotation `name`.
    pub(crate) fn has_any(&self, name: &str) -> bool {
        self.annotations.borrow().iter().flatten().any(|annotation| annotation.name == name)
    }

    /// The annotation `name` of set `id`, if it is there.
    pub(crate) fn annotation(&self, id: u32, name: &str) -> Option<Annotation<'v>> {
        let sets = self.annotations.borrow();
        let set = sets.get((id as usize).wrapping_sub(1))?;
        set.iter().rfind(|annotation| annotation.name == name).cloned()
    }

    /// The keyword arguments of the annotation `name` of set `id`, if it is there.
    pub(crate) fn kwargs(&self, id: u32, name: &str) -> Option<Vec<(Text, Value<'v>)>> {
        let sets = self.annotations.borrow();
        let set = sets.get((id as usize).wrapping_sub(1))?;
        let found = set.iter().rfind(|annotation| annotation.name == name)?;
        Some(found.kwarg_names.iter().cloned().zip(found.kwargs.iter().copied()).collect())
    }

    /// The positional arguments of the annotation `name` of set `id`, if it is there.
    pub(crate) fn args(&self, id: u32, name: &str) -> Option<Vec<Value<'v>>> {
        let sets = self.annotations.borrow();
        let set = sets.get((id as usize).wrapping_sub(1))?;
        set.iter().rfind(|annotation| annotation.name == name).map(|annotation| annotation.args.clone())
    }

    /// The number of a set like `id` without the annotations of overlays.
    pub(crate) fn without_overlays(&self, id: u32) -> u32 {
        let of_overlay = |annotation: &Annotation<'v>| annotation.name.starts_with("overlay/");
        let mut sets = self.annotations.borrow_mut();
        let Some(set) = sets.get((id as usize).wrapping_sub(1)) else {
            return id;
        };
        if !set.iter().any(of_overlay) {
            return id;
        }
        let rest: Vec<_> = set.iter().filter(|annotation| !of_overlay(annotation)).cloned().collect();
        if rest.is_empty() {
            return 0;
        }
        sets.push(rest);
        sets.len() as u32
    }

    /// Whether set `id` has the annotation `name`.
    pub(crate) fn has(&self, id: u32, name: &str) -> bool {
        let sets = self.annotations.borrow();
        sets.get((id as usize).wrapping_sub(1)).is_some_and(|set| set.iter().any(|a| a.name == name))
    }
}

/// A library that was evaluated once: the names it offers, with values that nobody can change.
pub(crate) type SharedLibrary = Vec<(Text, OwnedFrozenValue)>;

/// What a loaded module offers.
#[derive(ProvidesStaticType, NoSerialize, Allocative, Trace)]
pub(crate) struct Exports<'v> {
    #[allocative(skip)]
    offer: Offer<'v>,
}

#[derive(Trace)]
enum Offer<'v> {
    Value(Member<'v>),
    /// Functions of a file that give the current values of names.
    Getters(Vec<Member<'v>>),
    Library(#[trace(unsafe_ignore)] Arc<SharedLibrary>),
}

impl fmt::Display for Exports<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("exports")
    }
}

impl fmt::Debug for Exports<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

#[starlark_value(type = "exports")]
impl<'v> StarlarkValue<'v> for Exports<'v> {}

impl<'v> Exports<'v> {
    fn names(&self) -> Vec<&str> {
        match &self.offer {
            Offer::Value(member) => vec![&member.name],
            Offer::Getters(members) => members.iter().map(|member| member.name.as_str()).collect(),
            Offer::Library(members) => members.iter().map(|(name, _)| name.as_str()).collect(),
        }
    }

    fn alloc(offer: Offer<'v>, heap: Heap<'v>) -> Value<'v> {
        heap.alloc_complex_no_freeze(Exports { offer })
    }

    /// One value.
    pub(crate) fn value(name: &str, value: Value<'v>, heap: Heap<'v>) -> Value<'v> {
        Exports::alloc(Offer::Value(Member { name: Text::new(name), value }), heap)
    }

    /// Functions that give the values.
    pub(crate) fn getters(members: Members<'v>, heap: Heap<'v>) -> Value<'v> {
        let members = members.into_iter().map(|(name, value)| Member { name, value }).collect();
        Exports::alloc(Offer::Getters(members), heap)
    }

    /// The values of a library that was evaluated once.
    pub(crate) fn library(library: Arc<SharedLibrary>, heap: Heap<'v>) -> Value<'v> {
        Exports::alloc(Offer::Library(library), heap)
    }

    /// The value of a name; `module` is the path messages show.
    pub(crate) fn get(
        &self,
        name: &str,
        module: &str,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> NativeResult<Value<'v>> {
        let found = match &self.offer {
            Offer::Value(member) => (member.name == name).then_some(member.value),
            Offer::Getters(members) => match members.iter().find(|member| member.name == name) {
                Some(getter) => Some(builtins::invoke(getter.value, &[], &[], eval)?),
                None => None,
            },
            Offer::Library(members) => {
                let member = members.iter().find(|(member, _)| member == name);
                member.map(|(_, value)| eval.heap().access_owned_frozen_value(value))
            }
        };
        found.ok_or_else(|| {
            let mut message = format!("load: name {name} not found in module {module}");
            if let Some(near) = crate::engine::builtins::nearest(name, self.names()) {
                message.push_str(&format!(" (did you mean {near}?)"));
            }
            NativeError::new(message)
        })
    }
}
