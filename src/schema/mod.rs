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

use starlark::environment::Module;
use starlark::values::Heap;

use types::Slot;

use crate::error::{Error, ErrorKind, Result};
use crate::template::run::Run;
use crate::validation;
use crate::yaml::{Document, FileTable, Known};

/// The schema of a library's data values.
#[derive(Clone, Default)]
pub(crate) struct Schema<'v> {
    /// The type of the document; none where no schema is given and any values go.
    root: Option<Slot<'v>>,
    /// Whether it has rules for values.
    validates: bool,
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
        Ok(Schema { root: Some(root), validates })
    }

    /// The values that hold when none are given; none without a schema.
    pub(crate) fn defaults(&self) -> Option<Document> {
        let root = self.root.as_ref()?;
        Some(Document { value: root.default.clone(), pos: root.pos, ..Document::default() })
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
        let Some(root) = &self.root else {
            return Ok(document);
        };
        match check::conform(&root.value, &document.value, known, document.pos, files) {
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
        if !self.validates && !run.has_annotations() {
            return Ok(());
        }
        let report = subjects::subjects(document, self.root.as_ref(), run, module.heap(), files)
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
        let root = self.root.as_ref();
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
