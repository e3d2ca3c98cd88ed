//! What data values a set of files takes and has: what the `--data-values-…inspect` flags show.

use super::{Renderer, Values, on_compile_stack};
use crate::error::Result;
use crate::limits::{CancelToken, metered};
use crate::workspace::{self, File, Inspect, Options, Request, ValuesLayer, ValuesMerge};
use crate::yaml::{DocumentSet, FileTable};

impl Renderer {
    /// What is asked for of files and of data values that go over those of the files.
    ///
    /// # Errors
    /// What is wrong with the files, the schema or the data values.
    pub fn inspect(
        &self,
        files: Vec<File>,
        options: Options,
        values: &Values<'_>,
        inspect: Inspect,
        cancel: Option<&CancelToken>,
    ) -> Result<DocumentSet> {
        let limits = self.limits.clone();
        on_compile_stack(|| {
            metered(&limits, cancel, || {
                let mut file_table = FileTable::default();
                let documents = values.placed_documents(file_table.len())?;
                file_table.add("data values", values.text().unwrap_or_default());
                let layer =
                    |document| ValuesLayer { library: Vec::new(), document, merge: ValuesMerge::Plain };
                let request = Request {
                    files,
                    values: documents.into_iter().map(layer).collect(),
                    file_table,
                    options,
                    inspect,
                    log: None,
                    limits: limits.clone(),
                };
                Ok(workspace::render(request)?.documents)
            })
        })
    }
}
