//! Schemas of data values: `#@data/values-schema` documents as types, their defaults, checks of
//! values against them, and their export.

mod annotations;
mod build;
mod check;
mod constraints;
mod json_schema;
mod openapi;
mod report;
mod subjects;
#[cfg(test)]
mod tests;
mod tree;
mod types;

use std::convert::Infallible;
use std::sync::Arc;

use starlark::environment::Module;
use starlark::values::Heap;

use types::Slot;

use crate::error::{Error, ErrorKind, Result};
use crate::template::run::Run;
use crate::validation::{self, Validation};
use crate::yaml::{Document, FileTable, Known};

/// The schema of a library's data values.
#[derive(Clone, Default)]
pub(crate) struct Schema<'v> {
    /// The type of the document.
    root: Root<'v>,
    /// Whether it has rules for values.
    validates: bool,
}

#[derive(Clone, Default)]
enum Root<'v> {
    /// No schema is given, and any values go.
    #[default]
    Any,
    Own(Box<Slot<Validation<'v>>>),
    Shared(SharedSchema),
}

/// A schema without rules, which are values of one run: all others can use it.
#[derive(Clone)]
pub(crate) struct SharedSchema(Arc<Slot<Infallible>>);

impl From<SharedSchema> for Schema<'_> {
    fn from(shared: SharedSchema) -> Self {
        Schema { root: Root::Shared(shared), validates: false }
    }
}

impl<'v> Schema<'v> {
    /// The schema that a document declares.
    ///
    /// # Errors
    /// `DataValues`, with a report of what is wrong with it.
    pub(crate) fn new(
        document: &Document,
        run: &Run<'v>,
        heap: Heap<'v>,
        files: &FileTable,
    ) -> Result<Schema<'v>> {
        let root = build::build(document, run, heap, files)
            .map_err(|problem| Error::new(ErrorKind::DataValues, problem.text(files)))?;
        let validates = root.validates();
        Ok(Schema { root: Root::Own(Box::new(root)), validates })
    }

    /// The schema for other runs; none where it holds something of this one.
    pub(crate) fn shared(&self) -> Option<SharedSchema> {
        match &self.root {
            Root::Own(root) if !self.validates && !root.annotates() => {
                Some(SharedSchema(Arc::new(root.without_rules())))
            }
            Root::Shared(shared) => Some(shared.clone()),
            _ => None,
        }
    }

    /// The values that hold when none are given; none without a schema.
    pub(crate) fn defaults(&self) -> Option<Document> {
        let (default, pos) = match &self.root {
            Root::Any => return None,
            Root::Own(root) => (&root.default, root.pos),
            Root::Shared(SharedSchema(root)) => (&root.default, root.pos),
        };
        Some(Document { value: default.clone(), pos, ..Document::default() })
    }

    /// Fills in what the values of a document lack, and checks them. What is `known` was given by another
    /// such call.
    ///
    /// # Errors
    /// `DataValues`, with a report of all that does not fit.
    pub(crate) fn conform(
        &self,
        document: Document,
        known: Known<'_>,
        files: &FileTable,
    ) -> Result<Document> {
        let (value, pos) = (&document.value, document.pos);
        let conforming = match &self.root {
            Root::Any => return Ok(document),
            Root::Own(root) => check::conform(&root.value, value, known, pos, files),
            Root::Shared(SharedSchema(root)) => check::conform(&root.value, value, known, pos, files),
        };
        match conforming {
            Ok(value) => Ok(Document { value, ..document }),
            Err(violations) => {
                let problems = violations.into_iter().map(report::Problem::from).collect();
                let text = report::report("One or more data values were invalid", problems, files);
                Err(Error::new(ErrorKind::DataValues, text))
            }
        }
    }

    /// Checks the final values by the rules of the schema and of their own annotations.
    ///
    /// # Errors
    /// `DataValues`, with a report of all values that are not valid.
    pub(crate) fn validate(
        &self,
        document: &Document,
        run: &Run<'v>,
        module: &Module<'v>,
        files: &FileTable,
    ) -> Result<()> {
        if !self.validates && !run.has_any(subjects::ASSERT) {
            return Ok(());
        }
        let root = match &self.root {
            Root::Own(root) => Some(&**root),
            // It has no rules.
            Root::Any | Root::Shared(_) => None,
        };
        let report = subjects::subjects(document, root, run, module.heap(), files)
            .and_then(|subjects| validation::run(&subjects, &document.value, module, files));
        match report {
            Ok(None) => Ok(()),
            Ok(Some(text)) | Err(text) => {
                let text = format!("Validating final data values:\n{text}");
                Err(Error::new(ErrorKind::DataValues, text))
            }
        }
    }

    /// The schema as a document others read.
    pub(crate) fn export(&self, format: SchemaFormat, heap: Heap<'v>) -> Document {
        let shared;
        let root = match &self.root {
            Root::Any => None,
            Root::Own(root) => Some(&**root),
            Root::Shared(SharedSchema(root)) => {
                shared = root.without_rules();
                Some(&shared)
            }
        };
        let value = match format {
            SchemaFormat::OpenApi => openapi::document(root, None),
            SchemaFormat::OpenApiWithValidations => openapi::document(root, Some(heap)),
            SchemaFormat::JsonSchema => json_schema::document(root, heap),
        };
        Document { value, ..Document::default() }
    }
}

/// The forms a schema is exported in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SchemaFormat {
    /// OpenAPI v3.0 with types, defaults and documentation.
    #[default]
    OpenApi,
    /// The same with what validations ask for (`minimum`, `maxLength`, `enum`, ...), as far as they
    /// have no condition. Releases of ytt from 0.49 on print this where earlier ones print the other.
    OpenApiWithValidations,
    /// JSON Schema, draft 2020-12, with validations.
    JsonSchema,
}
