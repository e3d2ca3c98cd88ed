//! Library files that are evaluated once: those that do not depend on data values, nor on anything else
//! that differs from one run to the next. Their values are frozen, as the reference freezes those of every
//! file that was loaded, and shared by all renders of a template.

use std::sync::Arc;

use starlark::environment::Module;

use super::Options;
use super::compilation::Place;
use super::files::FileKind;
use super::library::FileIndex;
use super::session::{MAX_LOAD_DEPTH, Scope, Session};
use crate::error::Result;
use crate::template::program::{self, Needs};
use crate::template::run::{Host, Run, SharedLibrary};

impl Session {
    /// What a library file offers, where that is the same in every run.
    pub(super) fn shared_library(
        &self,
        index: FileIndex,
        place: Place,
        scope: &Arc<Scope>,
    ) -> Option<Arc<SharedLibrary>> {
        // Those who watch want to see every line that is evaluated.
        if program::is_watched() {
            return None;
        }
        self.shared(index, place, scope.options, || {
            if !self.is_constant(index, place, scope.options, 0) {
                return Ok(None);
            }
            self.evaluate_for_all(index, place, scope)
        })
    }

    /// Whether a library file gives the same in every run.
    fn is_constant(&self, index: FileIndex, place: Place, options: Options, depth: usize) -> bool {
        let Some(Needs { constant: true, modules, .. }) = self.library_needs(index, options) else {
            return false;
        };
        depth <= MAX_LOAD_DEPTH
            && modules.iter().all(|path| match path.strip_prefix("@ytt:") {
                Some(name) => !matches!(name, "data" | "library"),
                None => self
                    .find_loaded(path, place)
                    .is_ok_and(|(index, place)| self.is_constant(index, place, options, depth + 1)),
            })
    }

    fn evaluate_for_all(
        &self,
        index: FileIndex,
        place: Place,
        scope: &Arc<Scope>,
    ) -> Result<Option<SharedLibrary>> {
        let Some(session) = self.handle() else {
            return Ok(None);
        };
        Module::with_temp_heap(|module| {
            Run::install(&module, session as Arc<dyn Host>);
            let members = match self.file(index)?.kind() {
                FileKind::Yaml => self.eval_yaml(index, place, scope, &module)?.exports,
                FileKind::Starlark => self.eval_starlark(index, place, scope, &module)?,
                FileKind::Text | FileKind::Unknown => return Ok(None),
            };
            program::freeze(members, module).map_err(|error| program::failed(&error, self.file_table()))
        })
    }
}
