//! The port through which supply chains read and write Kubernetes objects.
//!
//! [`Cluster`] is the port; [`Memory`] is a cluster in this process, deterministic and without a network.
//! Only `kube`, the port to a live API server, knows a Kubernetes client.

mod clock;
mod error;
mod kind;
#[cfg(feature = "controller")]
pub mod kube;
pub mod memory;
pub mod merge_patch;
mod object;
mod owner_reference;
mod query;
mod watch;

pub use clock::{Clock, ManualClock, SystemClock, rfc3339};
pub use error::{Error, ErrorKind, Result};
pub use kind::{Kind, ObjectKey, Resource};
pub use memory::Memory;
pub use object::{NotAnObject, Object};
pub use owner_reference::OwnerReference;
pub use query::{List, Query};
pub use watch::{Change, Event, Feed, Waited, Watch};

/// What supply chains need of a Kubernetes API server.
///
/// Calls block. Errors say what the API server says; see [`ErrorKind`].
pub trait Cluster: Send + Sync {
    /// An object as it is now. The namespace of the key counts for nothing where the kind has none.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::BadRequest`] for an empty name.
    fn get(&self, key: &ObjectKey) -> Result<Object>;

    /// The objects a query finds, by namespace and name.
    ///
    /// # Errors
    /// That of the cluster; finding nothing is none.
    fn list(&self, query: &Query) -> Result<List>;

    /// Creates an object and returns it as the cluster keeps it: with uid, versions, the time, and a name if
    /// it came with a `generateName` alone.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`], [`ErrorKind::Invalid`] without any name.
    fn create(&self, object: Object) -> Result<Object>;

    /// Changes an object from `live`, which the cluster has returned, to `wanted`, by a JSON merge patch
    /// between the two: what `wanted` lacks goes, what others have changed since stays, unless `wanted`
    /// changes it as well. What the cluster owns (uid, versions, times) stays; so does the status where it is
    /// a resource of its own. Returns the object as it is then; its resource version tells whether it changed.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`], [`ErrorKind::Invalid`] where `wanted` is another object.
    fn apply(&self, live: &Object, wanted: &Object) -> Result<Object>;

    /// Replaces the status of an object by that of this one, and nothing else.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where this one has a resource version and the cluster another,
    /// [`ErrorKind::NotFound`].
    fn update_status(&self, object: &Object) -> Result<Object>;

    /// Deletes an object.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`].
    fn delete(&self, key: &ObjectKey) -> Result<()>;

    /// Tells what happens to the objects of a query from a resource version on, usually that of a
    /// [`List`]. An empty version stands for all that is there, as if it were added now, and what follows.
    ///
    /// # Errors
    /// [`ErrorKind::Gone`] where the version is too old.
    fn watch(&self, query: &Query, from: &str) -> Result<Watch>;

    /// What the API calls the objects of a kind; none where it does not know the kind.
    fn resource(&self, kind: &Kind) -> Option<Resource>;
}
