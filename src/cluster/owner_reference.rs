//! Who owns an object.

use std::sync::Arc;

use super::object::{Object, text};
use crate::yaml::{Map, MapItem, Node, Text};

/// One owner of an object.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OwnerReference {
    /// The owner's `apiVersion`.
    pub api_version: Text,
    /// The owner's kind.
    pub kind: Text,
    /// The owner's name; it lives in the same namespace or in none.
    pub name: Text,
    /// The owner's uid.
    pub uid: Text,
    /// Whether the owner manages the object.
    pub controller: bool,
    /// Whether the owner cannot go before the object in a foreground deletion.
    pub block_owner_deletion: bool,
}

impl OwnerReference {
    /// This object as the controller of others, which block its deletion: what controllers write.
    pub fn controller_of(owner: &Object) -> OwnerReference {
        let field = |name| owner.metadata_text(name).cloned().unwrap_or_default();
        OwnerReference {
            api_version: Text::new(owner.api_version()),
            kind: Text::new(owner.kind_name()),
            name: field("name"),
            uid: field("uid"),
            controller: true,
            block_owner_deletion: true,
        }
    }

    pub(super) fn from_map(map: &Map) -> OwnerReference {
        let field = |name| Text::new(text(map.get(name)));
        let flag = |name| matches!(map.get(name), Some(Node::Bool(true)));
        OwnerReference {
            api_version: field("apiVersion"),
            kind: field("kind"),
            name: field("name"),
            uid: field("uid"),
            controller: flag("controller"),
            block_owner_deletion: flag("blockOwnerDeletion"),
        }
    }

    /// The reference as it stands in an object.
    pub fn to_node(&self) -> Node {
        let mut items = Vec::with_capacity(6);
        let mut push = |key, value| items.push(MapItem { key: Node::str(key), value, ..MapItem::default() });
        push("apiVersion", Node::Str(self.api_version.clone()));
        push("kind", Node::Str(self.kind.clone()));
        push("name", Node::Str(self.name.clone()));
        push("uid", Node::Str(self.uid.clone()));
        if self.controller {
            push("controller", Node::Bool(true));
        }
        if self.block_owner_deletion {
            push("blockOwnerDeletion", Node::Bool(true));
        }
        Node::Map(Arc::new(Map { items, ..Map::default() }))
    }
}
