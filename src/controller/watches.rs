//! What is watched, and who is woken by it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;

use super::Shared;
use super::dependents::On;
use super::key::{Key, Subject};
use super::serve::Status as _;
use super::shards::Tenure;
use crate::cluster::kube::{Detail, Informer, Sink, Store, Told};
use crate::cluster::{Change, Kind, Object, Resource};
use crate::supply_chain::api::{BlueprintKind, GROUP, OwnerKind, TemplateKind, VERSION};
use crate::supply_chain::catalog::{CompiledBlueprint, RUN_TEMPLATE};
use crate::supply_chain::labels::owner_keys;
use crate::supply_chain::owner::Owner;
use crate::supply_chain::select::best;
use crate::yaml::Text;

/// Objects with this annotation wake nobody: the convention of Cluster API.
const PAUSED: &str = "cluster.x-k8s.io/paused";

/// What a watch of a kind is for.
#[derive(Clone, Copy)]
enum Role {
    /// Owners and runnables.
    Owner(Subject),
    Blueprint(Subject),
    Template(&'static str),
    Account,
    Rights,
    Definition,
}

/// The kinds that are watched from the beginning.
fn watched() -> Vec<(Role, &'static str, &'static str, &'static str, bool)> {
    const RBAC: &str = "rbac.authorization.k8s.io";
    vec![
        (
            Role::Definition,
            "apiextensions.k8s.io",
            "CustomResourceDefinition",
            "customresourcedefinitions",
            false,
        ),
        (Role::Account, "", "ServiceAccount", "serviceaccounts", true),
        (Role::Rights, RBAC, "Role", "roles", true),
        (Role::Rights, RBAC, "RoleBinding", "rolebindings", true),
        (Role::Rights, RBAC, "ClusterRole", "clusterroles", false),
        (Role::Rights, RBAC, "ClusterRoleBinding", "clusterrolebindings", false),
        (
            Role::Template("ClusterSourceTemplate"),
            GROUP,
            "ClusterSourceTemplate",
            "clustersourcetemplates",
            false,
        ),
        (
            Role::Template("ClusterImageTemplate"),
            GROUP,
            "ClusterImageTemplate",
            "clusterimagetemplates",
            false,
        ),
        (
            Role::Template("ClusterConfigTemplate"),
            GROUP,
            "ClusterConfigTemplate",
            "clusterconfigtemplates",
            false,
        ),
        (
            Role::Template("ClusterDeploymentTemplate"),
            GROUP,
            "ClusterDeploymentTemplate",
            "clusterdeploymenttemplates",
            false,
        ),
        (Role::Template("ClusterTemplate"), GROUP, "ClusterTemplate", "clustertemplates", false),
        (Role::Template(RUN_TEMPLATE), GROUP, RUN_TEMPLATE, "clusterruntemplates", false),
        (Role::Blueprint(Subject::SupplyChain), GROUP, "ClusterSupplyChain", "clustersupplychains", false),
        (Role::Blueprint(Subject::Delivery), GROUP, "ClusterDelivery", "clusterdeliveries", false),
        (Role::Owner(Subject::Workload), GROUP, "Workload", "workloads", true),
        (Role::Owner(Subject::Deliverable), GROUP, "Deliverable", "deliverables", true),
        (Role::Owner(Subject::Runnable), GROUP, "Runnable", "runnables", true),
    ]
}

/// Starts the watches; they end with what is given.
pub(super) fn start(shared: &Arc<Shared>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let retry = Arc::new(Notify::new());
    let mut followed = Vec::new();
    let watched = watched();
    shared.incomplete.store(watched.len(), Ordering::Release);
    for (role, group, kind, plural, namespaced) in watched {
        let version = if group == GROUP { VERSION } else { "v1" };
        let store = match role {
            Role::Owner(subject) | Role::Blueprint(subject) => shared.store(subject).cloned(),
            Role::Account => Some(Arc::clone(&shared.accounts)),
            _ => None,
        };
        let detail = match role {
            Role::Owner(_) | Role::Blueprint(_) | Role::Template(_) => Detail::Whole,
            Role::Account | Role::Rights | Role::Definition => Detail::Metadata,
        };
        let informer = Informer {
            api: Arc::clone(&shared.connection.api),
            kind: Kind::new(group, version, kind),
            resource: Resource {
                plural: Text::new_static(plural),
                group: Text::new(group),
                version: Text::new(version),
                namespaced,
            },
            marker: "",
            detail,
            store: store.unwrap_or_else(|| Arc::new(Store::default())),
            sink: sink(role, Arc::downgrade(shared), Arc::clone(&retry)),
            retry: Arc::clone(&retry),
            listed: Arc::default(),
        };
        if matches!(role, Role::Owner(_) | Role::Blueprint(_) | Role::Template(_)) {
            followed.push(informer.clone());
        }
        tasks.spawn(informer.run());
    }
    _ = shared.followed.set(followed);
    tasks
}

/// Waits until all watches are complete.
pub(super) async fn complete(shared: &Shared) {
    while !shared.is_ready() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn sink(role: Role, shared: Weak<Shared>, retry: Arc<Notify>) -> Sink {
    let is_complete = std::sync::atomic::AtomicBool::new(false);
    Arc::new(move |_, told| {
        let Some(shared) = shared.upgrade() else { return };
        let (change, object) = match told {
            Told::Synced => {
                if !is_complete.swap(true, Ordering::AcqRel) {
                    shared.incomplete.fetch_sub(1, Ordering::AcqRel);
                }
                return;
            }
            Told::Object(change, object) => (change, object),
        };
        match role {
            Role::Owner(subject) => shared.owner_changed(subject, change, object),
            Role::Blueprint(subject) => shared.blueprint_changed(subject, change, object),
            Role::Template(kind) => shared.template_changed(kind, change, object),
            Role::Account => shared.account_changed(object),
            Role::Rights => {
                if is_complete.load(Ordering::Acquire) {
                    shared.rights_changed();
                }
            }
            Role::Definition => {
                if is_complete.load(Ordering::Acquire) {
                    shared.definition_changed(object);
                    retry.notify_waiters();
                }
            }
        }
    })
}

/// Hears of stamped objects.
pub(super) fn stamped(shared: Weak<Shared>) -> Sink {
    Arc::new(move |_, told| {
        if let (Some(shared), Told::Object(change, object)) = (shared.upgrade(), told) {
            shared.stamped_changed(change, object);
        }
    })
}

impl Shared {
    /// Queues a key, if it is worked on here.
    pub(super) fn add(&self, key: Key) {
        if self.shards.has(&key) {
            self.queue.add(key);
        }
    }

    fn keys_of(&self, index: usize) -> impl Iterator<Item = Key> {
        let keys = Subject::ALL.into_iter().flat_map(|subject| {
            let names = self.store(subject).map(|store| store.names()).unwrap_or_default();
            names.into_iter().map(move |(namespace, name)| Key { subject, namespace, name })
        });
        keys.filter(move |key| self.shards.of(key) == index)
    }

    /// Works on a shard from now on, beginning with all of it.
    pub(super) fn take_over(&self, index: usize, tenure: &Arc<Tenure>) {
        self.shards.open(index, tenure);
        for key in self.keys_of(index) {
            self.queue.add(key);
        }
    }

    /// Forgets what is known of a shard that is no longer worked on.
    pub(super) fn left(&self, index: usize) {
        for key in self.keys_of(index) {
            _ = self.dependents.set(&key, Default::default());
        }
    }

    fn wake(&self, on: &On) {
        for key in self.dependents.of(on) {
            self.add(key);
        }
    }

    fn owner_changed(&self, subject: Subject, change: Change, object: &Object) {
        let key = Key::new(subject, object.namespace(), object.name());
        if change == Change::Deleted {
            self.queue.forget(&key);
            _ = self.dependents.set(&key, Default::default());
        } else {
            self.add(key);
        }
        // A runnable may be stamped itself.
        self.wake_owner(object);
    }

    fn wake_owner(&self, object: &Object) {
        let Some(owner) = object.controller() else { return };
        let Some(key) = Key::of_owner(&owner, object.namespace()) else { return };
        if !key.namespace.is_empty() {
            return self.add(key);
        }
        // An object of the whole cluster: its label says where the owner lives, or it is looked for.
        let label = |kind| object.label(owner_keys(kind)[1]);
        if let Some(namespace) = label(OwnerKind::Workload).or_else(|| label(OwnerKind::Deliverable)) {
            return self.add(Key { namespace: Text::new(namespace), ..key });
        }
        let Some(store) = self.store(key.subject) else { return };
        for (namespace, _) in store.names().into_iter().filter(|(_, name)| *name == key.name) {
            self.add(Key { namespace, ..key.clone() });
        }
    }

    fn stamped_changed(&self, change: Change, object: &Object) {
        if change == Change::Deleted {
            self.shards.forget(object);
        }
        if object.annotation(PAUSED).is_none() {
            self.wake_owner(object);
        }
    }

    /// Puts a blueprint or template into the catalog, or takes it out.
    fn catalog_changed(&self, change: Change, object: &Object) {
        let mut catalog = self.catalog.write().unwrap_or_else(PoisonError::into_inner);
        let catalog = Arc::make_mut(&mut catalog);
        if change == Change::Deleted {
            catalog.remove(object.kind_name(), object.name());
        } else if let Err(error) = catalog.add(object) {
            tracing::warn!(
                kind = object.kind_name(),
                name = object.name(),
                "not of its kind's form: {error}"
            );
            catalog.remove(object.kind_name(), object.name());
        }
    }

    fn template_changed(&self, kind: &'static str, change: Change, object: &Object) {
        self.catalog_changed(change, object);
        let name = object.name();
        self.wake(&On::Source { kind, name: Text::new(name) });
        if TemplateKind::of(kind).is_none() {
            return;
        }
        let catalog = self.catalog();
        for (subject, blueprints) in [
            (Subject::SupplyChain, catalog.blueprints(BlueprintKind::SupplyChain)),
            (Subject::Delivery, catalog.blueprints(BlueprintKind::Delivery)),
        ] {
            let using = blueprints.iter().filter(|blueprint| uses(blueprint, kind, name));
            for blueprint in using {
                self.add(Key::new(subject, "", blueprint.name()));
            }
        }
    }

    fn blueprint_changed(&self, subject: Subject, change: Change, object: &Object) {
        let (kind, owners) = match subject {
            Subject::Delivery => (BlueprintKind::Delivery, Subject::Deliverable),
            _ => (BlueprintKind::SupplyChain, Subject::Workload),
        };
        let find = || {
            let catalog = self.catalog();
            catalog.blueprints(kind).iter().find(|known| known.name() == object.name()).cloned()
        };
        let before = find();
        self.catalog_changed(change, object);
        let after = find();
        if change != Change::Deleted {
            self.add(Key::new(subject, "", object.name()));
        }
        self.wake(&On::Source { kind: subject.kind_name(), name: Text::new(object.name()) });
        let generation = |known: &Option<Arc<CompiledBlueprint>>| {
            known.as_ref().map(|known| known.blueprint.metadata.generation)
        };
        // Before the beginning all owners wait anyway.
        if !self.is_ready() || (generation(&before) == generation(&after) && before.is_some()) {
            return;
        }
        // Others may get it now, or lose it to nobody's profit.
        let Some(store) = self.store(owners) else { return };
        for (namespace, name) in store.names() {
            let Some(owner) = store.get(&namespace, &name) else { continue };
            if before.iter().chain(&after).any(|blueprint| may_select(blueprint, &owner)) {
                self.add(Key { subject: owners, namespace, name });
            }
        }
    }

    fn account_changed(&self, object: &Object) {
        self.wake(&On::Account { namespace: Text::new(object.namespace()), name: Text::new(object.name()) });
    }

    fn rights_changed(&self) {
        self.connection.forget_access();
        self.rights.fetch_add(1, Ordering::AcqRel);
        self.wake(&On::Rights);
    }

    fn definition_changed(&self, object: &Object) {
        let Some((_, group)) = object.name().split_once('.') else { return };
        self.connection.discovery.forget(group);
        self.connection.informers.retry();
        self.wake(&On::Group(Text::new(group)));
    }
}

/// Whether a resource of a blueprint names a template.
fn uses(blueprint: &CompiledBlueprint, kind: &str, name: &str) -> bool {
    blueprint.blueprint.spec.resources.iter().any(|resource| {
        let reference = &resource.template_ref;
        reference.kind == kind
            && (reference.name == name || reference.options.iter().any(|option| option.name == name))
    })
}

fn may_select(blueprint: &CompiledBlueprint, object: &Object) -> bool {
    let Ok(owner) = Owner::new(object) else { return false };
    best([&blueprint.matcher], &owner, owner.view()).map_or(true, |found| !found.is_empty())
}
