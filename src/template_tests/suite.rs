//! Finding tests: each folder without folders in it is one; folders pass on what they say to those below.
//!
//! Templates, workloads, expectations, comparing and focus are passed on; supply chains, real or mock, are not.
//! Folders share the options of comparing with the one that first said something of them, so that what one
//! says there counts for its neighbours, too, as in the reference.

use std::cell::RefCell;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use super::Failed;
use super::case::{Case, Chain, CompareOptions, Mock, Stage, YttFile};
use super::info::{self, Info};
use super::typed::UnknownKey;

const TEMPLATE: &str = "template.yaml";
const TEMPLATE_VALUES: &str = "template-ytt-values.yaml";
const WORKLOAD: &str = "workload.yaml";
const EXPECTED: &str = "expected.yaml";
const CHAIN_VALUES: &str = "supply-chain-ytt-values.yaml";
/// The option that takes all numbers for floats.
const NUMBERS_AS_FLOATS: &str = "ConvertNumbersToFloatsDuringComparison";

/// Something that is probably not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 where only the file is known.
    pub line: u32,
    /// What.
    pub message: String,
}

impl Warning {
    pub(super) fn unknown_key(file: &str, key: UnknownKey) -> Warning {
        let hint = key.similar.map(|name| format!(", did you mean \"{name}\"?")).unwrap_or_default();
        Warning {
            file: file.to_owned(),
            line: key.line,
            message: format!("unknown field \"{}\"{hint}", key.path),
        }
    }
}

/// `file:line: message`
impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}

/// The tests of some folders, in the order of their paths below each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suite {
    /// The tests.
    pub cases: Vec<Case>,
    /// What is probably not meant.
    pub warnings: Vec<Warning>,
}

impl Suite {
    /// Finds the tests of a folder. Those that cannot be run are among them.
    ///
    /// # Errors
    /// It is no folder.
    pub fn find(directory: &str) -> crate::Result<Suite> {
        let refused = |what| {
            let message = format!("argument must be a valid {what}: {directory}");
            crate::Error::new(crate::ErrorKind::Usage, message)
        };
        match std::fs::metadata(directory) {
            Err(_) => return Err(refused("path")),
            Ok(metadata) if !metadata.is_dir() => return Err(refused("directory")),
            Ok(_) => {}
        }
        let mut finder = Finder::default();
        finder.folder(directory.to_owned(), &Inherited::default());
        let mut suite = Suite { cases: Vec::with_capacity(finder.found.len()), warnings: finder.warnings };
        for (mut case, compare) in finder.found {
            case.compare = compare.map(|compare| compare.borrow().clone()).unwrap_or_default();
            suite.cases.push(case);
        }
        Ok(suite)
    }

    /// Adds the tests of another folder; those that are there already are not added again.
    pub fn add(&mut self, other: Suite) {
        for case in other.cases {
            if self.cases.iter().all(|known| known.path != case.path) {
                self.cases.push(case);
            }
        }
        self.warnings.extend(other.warnings);
    }
}

type Shared = Rc<RefCell<CompareOptions>>;

/// What a folder gets from the one above it.
#[derive(Clone, Default)]
struct Inherited {
    template: YttFile,
    workload: Option<String>,
    expected: Option<String>,
    compare: Option<Shared>,
    focus: bool,
}

#[derive(Default)]
struct Finder {
    found: Vec<(Case, Option<Shared>)>,
    warnings: Vec<Warning>,
}

impl Finder {
    fn folder(&mut self, path: String, above: &Inherited) {
        let mut settings = above.clone();
        let mut case = Case {
            path,
            name: None,
            description: None,
            template: YttFile::default(),
            workload: None,
            expected: None,
            stage: Stage::Mock(Mock::default()),
            compare: CompareOptions::default(),
            focus: false,
            broken: None,
        };
        let populated = self.populate(&mut case, &mut settings);
        let below = folders(&case.path);
        let below = match (populated, below) {
            (Ok(()), Ok(below)) => below,
            // Nothing below can be trusted; the reference does not even begin.
            (Err(error), _) | (Ok(()), Err(error)) => {
                case.broken = Some(error);
                Vec::new()
            }
        };
        if !below.is_empty() {
            for name in below {
                self.folder(join(&case.path, &name), &settings);
            }
            return;
        }
        let Inherited { template, workload, expected, compare, focus } = settings;
        self.found.push((Case { template, workload, expected, focus, ..case }, compare));
    }

    fn populate(&mut self, case: &mut Case, settings: &mut Inherited) -> Result<(), Failed> {
        let path = case.path.clone();
        let info = Info::read(&path, &mut self.warnings)?;
        case.name = info.name.clone();
        case.description = info.description.clone();
        let file = |given: &Option<String>, usual| named_or_usual(&path, given.as_deref(), usual);
        let replace = |setting: &mut Option<String>, found: Option<String>| {
            if found.is_some() {
                *setting = found;
            }
        };
        replace(&mut settings.template.path, file(&info.template, TEMPLATE)?);
        replace(&mut settings.template.values, file(&info.template_values, TEMPLATE_VALUES)?);
        replace(&mut settings.workload, file(&info.workload, WORKLOAD)?);
        replace(&mut settings.expected, file(&info.expected, EXPECTED)?);
        settings.focus = info.focus.unwrap_or(settings.focus);
        self.compare(&path, &info, &mut settings.compare);
        let chain = Chain {
            values: file(&info.chain_values, CHAIN_VALUES)?,
            paths: if info.chain_paths.is_empty() { chains(&path)? } else { info.chain_paths },
            resource: info.resource.unwrap_or_default(),
            previous_outputs: info.previous_outputs,
        };
        let is_mock = info.mock_inputs.is_some() || info.mock_params.is_some();
        if is_mock && !chain.paths.is_empty() {
            return Err("only one of mock supply chain and real supply chain may be specified".to_owned());
        }
        case.stage = match chain.is_given() {
            true => Stage::Chain(chain),
            false => Stage::Mock(Mock { inputs: info.mock_inputs, params: info.mock_params }),
        };
        Ok(())
    }

    fn compare(&mut self, directory: &str, info: &Info, shared: &mut Option<Shared>) {
        let mut change = |change: &dyn Fn(&mut CompareOptions)| {
            change(&mut shared.get_or_insert_default().borrow_mut());
        };
        if let Some(value) = info.ignore_metadata {
            change(&|options| options.ignore_metadata = value);
        }
        if let Some(value) = info.ignore_owner_refs {
            change(&|options| options.ignore_owner_refs = value);
        }
        if let Some(value) = info.ignore_labels {
            change(&|options| options.ignore_labels = value);
        }
        if let Some(fields) = &info.ignore_metadata_fields {
            change(&|options| options.ignore_metadata_fields.clone_from(fields));
        }
        for function in &info.compare_functions {
            if function == NUMBERS_AS_FLOATS {
                change(&|options| options.numbers_as_floats = true);
            } else {
                self.warnings.push(Warning {
                    file: join(directory, info::FILE),
                    line: 0,
                    message: format!("unknown function \"{function}\" in compareOptions.namedCMPOptionFuncs"),
                });
            }
        }
    }
}

/// The file that is given, or the usual one if it is there.
fn named_or_usual(directory: &str, given: Option<&str>, usual: &str) -> Result<Option<String>, Failed> {
    if let Some(given) = given {
        return Ok(Some(join(directory, given)));
    }
    let usual = join(directory, usual);
    match std::fs::metadata(&usual) {
        Ok(_) => Ok(Some(usual)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("failed while getting file info on {usual}: {error}")),
    }
}

/// The names in a folder, sorted, and whether they are folders; links are none.
pub(super) fn entries(directory: &str) -> Result<Vec<(String, bool)>, Failed> {
    let list = || -> std::io::Result<Vec<(String, bool)>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(if directory.is_empty() { "." } else { directory })? {
            let entry = entry?;
            names.push((entry.file_name().to_string_lossy().into_owned(), entry.file_type()?.is_dir()));
        }
        names.sort_unstable();
        Ok(names)
    };
    list().map_err(|error| format!("read dir: {directory}: {error}"))
}

fn folders(directory: &str) -> Result<Vec<String>, Failed> {
    Ok(entries(directory)?.into_iter().filter(|(_, is_dir)| *is_dir).map(|(name, _)| name).collect())
}

/// Whatever is called as supply chains are; their data values, too, which ytt turns into nothing.
fn chains(directory: &str) -> Result<Vec<String>, Failed> {
    let names = entries(directory)?.into_iter().map(|(name, _)| name);
    let chains = names.filter(|name| name.starts_with("supply-chain") && name.ends_with(".yaml"));
    Ok(chains.map(|name| join(directory, &name)).collect())
}

/// A path in a folder, with `.` and `..` resolved by name.
pub(super) fn join(directory: &str, path: &str) -> String {
    let mut joined = PathBuf::new();
    // An absolute path counts from the folder, too.
    let parts = Path::new(directory).components().chain(
        Path::new(path)
            .components()
            .filter(|part| !matches!(part, Component::RootDir | Component::Prefix(_))),
    );
    for part in parts {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(joined.components().next_back(), Some(Component::Normal(_))) => {
                joined.pop();
            }
            Component::ParentDir if joined.has_root() => {}
            part => joined.push(part),
        }
    }
    if joined.as_os_str().is_empty() { ".".to_owned() } else { joined.to_string_lossy().into_owned() }
}

#[cfg(test)]
mod tests {
    use super::join;

    /// Expected values are those of Go's `filepath.Join`.
    #[test]
    fn paths_are_joined_by_name() {
        let cases = [
            ("a", "b", "a/b"),
            ("./a/", "../b", "b"),
            ("a", "../../b", "../b"),
            ("/a", "../../b", "/b"),
            ("a", "/b", "a/b"),
            ("a/..", ".", "."),
        ];
        for (directory, path, expected) in cases {
            assert_eq!(join(directory, path), expected, "{directory} {path}");
        }
    }
}
