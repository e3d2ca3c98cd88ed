//! Kinds of objects and what names them.

use std::fmt;

use crate::yaml::Text;

/// A kind of objects: API group, version and kind. Clones of usual ones copy a few words.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct Kind {
    /// The API group; empty for the core group.
    pub group: Text,
    /// The version: `v1`.
    pub version: Text,
    /// The kind: `ConfigMap`.
    pub kind: Text,
}

impl Kind {
    /// A kind by its parts.
    pub fn new(group: impl Into<Text>, version: impl Into<Text>, kind: impl Into<Text>) -> Kind {
        Kind { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// A kind as objects carry it: `apps/v1` (or `v1`) and `Deployment`.
    pub fn from_api_version(api_version: &str, kind: &str) -> Kind {
        let (group, version) = split_api_version(api_version);
        Kind { group: Text::new(group), version: Text::new(version), kind: Text::new(kind) }
    }

    /// `group/version`, or the version alone in the core group.
    pub fn api_version(&self) -> Text {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            smol_str::format_smolstr!("{}/{}", self.group, self.version)
        }
    }
}

/// `Kind.group`, or the kind alone in the core group: what the API server calls a kind.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        if self.group.is_empty() { Ok(()) } else { write!(f, ".{}", self.group) }
    }
}

/// Group and version of an `apiVersion`; the core group has no name.
pub(super) fn split_api_version(api_version: &str) -> (&str, &str) {
    // Each read of an object's kind comes here; the texts are too short for a search by `str`.
    let slash = api_version.bytes().position(|byte| byte == b'/');
    slash
        .and_then(|at| Some((api_version.get(..at)?, api_version.get(at + 1..)?)))
        .unwrap_or(("", api_version))
}

/// What tells one object from all others at one time.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct ObjectKey {
    /// The kind.
    pub kind: Kind,
    /// The namespace; empty for objects of the whole cluster.
    pub namespace: Text,
    /// The name.
    pub name: Text,
}

impl ObjectKey {
    /// A key by its parts.
    pub fn new(kind: Kind, namespace: impl Into<Text>, name: impl Into<Text>) -> ObjectKey {
        ObjectKey { kind, namespace: namespace.into(), name: name.into() }
    }
}

/// What the API calls the objects of a kind.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Resource {
    /// The plural in lower case: `configmaps`.
    pub plural: Text,
    /// The API group; empty for the core group.
    pub group: Text,
    /// The version.
    pub version: Text,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

impl Resource {
    /// `plural.group`, or the plural alone in the core group.
    pub fn qualified_name(&self) -> Text {
        if self.group.is_empty() { self.plural.clone() } else { smol_str::format_smolstr!("{self}") }
    }
}

/// The qualified name.
impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.plural)?;
        if self.group.is_empty() { Ok(()) } else { write!(f, ".{}", self.group) }
    }
}
