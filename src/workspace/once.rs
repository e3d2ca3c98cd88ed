//! Templates that are evaluated once: their code need not outlive their evaluation. In a run of many
//! files that is most of the memory, and some of the time.

use std::sync::Arc;

use starlark::environment::Module;

use super::Options;
use super::ahead::{Drafted, Drafts};
use super::compilation::{Loaded, Place};
use super::file_documents::FileDocuments;
use super::files::FileKind;
use super::library::FileIndex;
use super::session::{Evaluating, MAX_LOAD_DEPTH, Scope, Session, with_module};
use crate::error::Result;
use crate::template::program::Needs;

impl Session {
    /// Evaluates a file that is evaluated once. Unless its nodes may have annotations, nothing of it is
    /// kept but its result.
    pub(crate) fn eval_yaml_once<'v>(
        &self,
        index: FileIndex,
        place: Place,
        scope: &Arc<Scope>,
        drafts: &mut Drafts<'_>,
        module: &Module<'v>,
    ) -> Result<FileDocuments> {
        let options = scope.options;
        let file = self.file(index)?;
        let known = self.has_yaml(index, options);
        let (false, Some(session)) = (known || file.is_library(), self.handle()) else {
            return Ok(self.eval_yaml(index, place, scope, module)?.result);
        };
        let drafted = drafts.take(index).unwrap_or_else(|| self.draft_once(index, options))?;
        let draft = match drafted {
            Drafted::Plain(plain) => return Ok(FileDocuments::Set(Arc::new(plain))),
            Drafted::Template(draft) => draft,
        };
        let built = if self.may_annotate(draft.needs(), place, options, 0) {
            let program = draft.finish()?;
            self.render(index, &program, place, scope, module)?.1
        } else {
            let code = draft.code();
            let render = || with_module(&session, |module| draft.render_in(module));
            let built = self.within(Evaluating { file: index, place, scope: Arc::clone(scope) }, render);
            // The error has been worded.
            drop(code);
            built?
        };
        Ok(built.into())
    }

    /// Whether code with these needs may annotate nodes, be it by functions that it loads.
    fn may_annotate(&self, needs: &Needs, place: Place, options: Options, depth: usize) -> bool {
        needs.annotations
            || depth > MAX_LOAD_DEPTH
            || needs.modules.iter().any(|path| match path.strip_prefix("@ytt:") {
                Some(name) => name == "library",
                // What is wrong with a file is told when it is loaded.
                None => self.find_loaded(path, place).ok().is_none_or(|(index, place)| {
                    self.library_needs(index, options)
                        .is_none_or(|needs| self.may_annotate(&needs, place, options, depth + 1))
                }),
            })
    }

    /// What a file that is loaded needs; None if it cannot be told.
    pub(super) fn library_needs(&self, index: FileIndex, options: Options) -> Option<Needs> {
        match self.files.get(index)?.kind() {
            FileKind::Yaml => match self.load_yaml(index, options).ok()? {
                Loaded::Template(program) => Some(program.needs.clone()),
                Loaded::Plain(_) => Some(Needs::default()),
            },
            FileKind::Starlark => Some(self.starlark_program(index).ok()?.needs.clone()),
            FileKind::Text | FileKind::Unknown => None,
        }
    }
}
