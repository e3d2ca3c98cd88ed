//! What the cluster knows of kinds without having been told.

use hashbrown::Equivalent;

use crate::cluster::{Kind, Resource};
use crate::yaml::Text;

/// A kind in all its versions: they are views of the same objects.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct GroupKind {
    pub(super) group: Text,
    pub(super) kind: Text,
}

/// A borrowed [`GroupKind`]; both have one hash.
#[derive(Hash)]
pub(super) struct GroupKindRef<'a> {
    group: &'a str,
    kind: &'a str,
}

impl<'a> From<&'a Kind> for GroupKindRef<'a> {
    fn from(kind: &'a Kind) -> GroupKindRef<'a> {
        GroupKindRef { group: &kind.group, kind: &kind.kind }
    }
}

impl From<&GroupKindRef<'_>> for GroupKind {
    fn from(kind: &GroupKindRef<'_>) -> GroupKind {
        GroupKind { group: Text::new(kind.group), kind: Text::new(kind.kind) }
    }
}

impl Equivalent<GroupKind> for GroupKindRef<'_> {
    fn equivalent(&self, key: &GroupKind) -> bool {
        key.kind == self.kind && key.group == self.group
    }
}

/// How the objects of a kind are kept.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct KindInfo {
    /// The plural in lower case: `configmaps`.
    pub plural: Text,
    /// Whether the objects live in namespaces.
    pub namespaced: bool,
    /// Whether the status is a resource of its own: writing the object leaves the status alone.
    pub has_status: bool,
    /// Whether the objects have a `metadata.generation`.
    pub has_generation: bool,
}

impl KindInfo {
    /// A kind of objects in namespaces, with a status and a generation.
    pub fn namespaced(plural: impl Into<Text>) -> KindInfo {
        KindInfo { plural: plural.into(), namespaced: true, has_status: true, has_generation: true }
    }

    /// A kind of objects of the whole cluster, with a status and a generation.
    pub fn of_cluster(plural: impl Into<Text>) -> KindInfo {
        KindInfo { namespaced: false, ..KindInfo::namespaced(plural) }
    }

    /// The kind without a status of its own.
    #[must_use]
    pub fn without_status(self) -> KindInfo {
        KindInfo { has_status: false, ..self }
    }

    /// The kind without a generation.
    #[must_use]
    pub fn without_generation(self) -> KindInfo {
        KindInfo { has_generation: false, ..self }
    }

    /// What the API calls the kind in its version.
    pub fn resource(&self, kind: &Kind) -> Resource {
        Resource {
            plural: self.plural.clone(),
            group: kind.group.clone(),
            version: kind.version.clone(),
            namespaced: self.namespaced,
        }
    }
}

/// A kind, its plural, and letters for where the objects live and what they have: `n`amespaced or `c`luster,
/// then `s`tatus and `g`eneration.
type Known = (&'static str, &'static str, &'static str);

/// Kinds by group. From the API references of the groups.
const KNOWN: &[(&str, &[Known])] = &[
    (
        "",
        &[
            ("ComponentStatus", "componentstatuses", "c"),
            ("ConfigMap", "configmaps", "n"),
            ("Endpoints", "endpoints", "n"),
            ("Event", "events", "n"),
            ("LimitRange", "limitranges", "n"),
            ("Namespace", "namespaces", "cs"),
            ("Node", "nodes", "cs"),
            ("PersistentVolume", "persistentvolumes", "cs"),
            ("PersistentVolumeClaim", "persistentvolumeclaims", "ns"),
            ("Pod", "pods", "nsg"),
            ("PodTemplate", "podtemplates", "ng"),
            ("ReplicationController", "replicationcontrollers", "nsg"),
            ("ResourceQuota", "resourcequotas", "ns"),
            ("Secret", "secrets", "n"),
            ("Service", "services", "ns"),
            ("ServiceAccount", "serviceaccounts", "n"),
        ],
    ),
    (
        "admissionregistration.k8s.io",
        &[
            ("MutatingWebhookConfiguration", "mutatingwebhookconfigurations", "cg"),
            ("ValidatingAdmissionPolicy", "validatingadmissionpolicies", "csg"),
            ("ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", "cg"),
            ("ValidatingWebhookConfiguration", "validatingwebhookconfigurations", "cg"),
        ],
    ),
    ("apiextensions.k8s.io", &[("CustomResourceDefinition", "customresourcedefinitions", "csg")]),
    ("apiregistration.k8s.io", &[("APIService", "apiservices", "cs")]),
    (
        "apps",
        &[
            ("ControllerRevision", "controllerrevisions", "n"),
            ("DaemonSet", "daemonsets", "nsg"),
            ("Deployment", "deployments", "nsg"),
            ("ReplicaSet", "replicasets", "nsg"),
            ("StatefulSet", "statefulsets", "nsg"),
        ],
    ),
    ("autoscaling", &[("HorizontalPodAutoscaler", "horizontalpodautoscalers", "ns")]),
    ("batch", &[("CronJob", "cronjobs", "nsg"), ("Job", "jobs", "nsg")]),
    (
        "carto.run",
        &[
            ("ClusterConfigTemplate", "clusterconfigtemplates", "cg"),
            ("ClusterDelivery", "clusterdeliveries", "csg"),
            ("ClusterDeploymentTemplate", "clusterdeploymenttemplates", "cg"),
            ("ClusterImageTemplate", "clusterimagetemplates", "cg"),
            ("ClusterRunTemplate", "clusterruntemplates", "cg"),
            ("ClusterSourceTemplate", "clustersourcetemplates", "cg"),
            ("ClusterSupplyChain", "clustersupplychains", "csg"),
            ("ClusterTemplate", "clustertemplates", "cg"),
            ("Deliverable", "deliverables", "nsg"),
            ("Runnable", "runnables", "nsg"),
            ("Workload", "workloads", "nsg"),
        ],
    ),
    ("certificates.k8s.io", &[("CertificateSigningRequest", "certificatesigningrequests", "cs")]),
    ("cluster.x-k8s.io", &[("ClusterClass", "clusterclasses", "nsg")]),
    ("coordination.k8s.io", &[("Lease", "leases", "n")]),
    ("discovery.k8s.io", &[("EndpointSlice", "endpointslices", "ng")]),
    ("events.k8s.io", &[("Event", "events", "n")]),
    (
        "flowcontrol.apiserver.k8s.io",
        &[
            ("FlowSchema", "flowschemas", "csg"),
            ("PriorityLevelConfiguration", "prioritylevelconfigurations", "csg"),
        ],
    ),
    ("gateway.networking.k8s.io", &[("GatewayClass", "gatewayclasses", "csg")]),
    (
        "networking.k8s.io",
        &[
            ("Ingress", "ingresses", "nsg"),
            ("IngressClass", "ingressclasses", "cg"),
            ("NetworkPolicy", "networkpolicies", "ng"),
        ],
    ),
    ("node.k8s.io", &[("RuntimeClass", "runtimeclasses", "c")]),
    ("operators.coreos.com", &[("ClusterServiceVersion", "clusterserviceversions", "nsg")]),
    ("policy", &[("PodDisruptionBudget", "poddisruptionbudgets", "nsg")]),
    (
        "rbac.authorization.k8s.io",
        &[
            ("ClusterRole", "clusterroles", "c"),
            ("ClusterRoleBinding", "clusterrolebindings", "c"),
            ("Role", "roles", "n"),
            ("RoleBinding", "rolebindings", "n"),
        ],
    ),
    ("scheduling.k8s.io", &[("PriorityClass", "priorityclasses", "cg")]),
    (
        "storage.k8s.io",
        &[
            ("CSIDriver", "csidrivers", "c"),
            ("CSINode", "csinodes", "c"),
            ("CSIStorageCapacity", "csistoragecapacities", "n"),
            ("StorageClass", "storageclasses", "c"),
            ("VolumeAttachment", "volumeattachments", "cs"),
        ],
    ),
];

/// A kind that is known by its name.
pub(super) fn known(group: &str, kind: &str) -> Option<KindInfo> {
    let (_, kinds) = KNOWN.iter().find(|(name, _)| *name == group)?;
    let (_, plural, traits) = kinds.iter().find(|(name, ..)| *name == kind)?;
    Some(KindInfo {
        plural: Text::new_static(plural),
        namespaced: traits.contains('n'),
        has_status: traits.contains('s'),
        has_generation: traits.contains('g'),
    })
}

/// A kind that nothing is known of: most have a status and a generation, and live in namespaces unless
/// their name says `Cluster...`.
pub(super) fn guess(kind: &str) -> KindInfo {
    let of_cluster = kind
        .strip_prefix("Cluster")
        .and_then(|rest| rest.chars().next())
        .is_some_and(|next| next.is_ascii_uppercase());
    KindInfo { namespaced: !of_cluster, ..KindInfo::namespaced(guess_plural(kind)) }
}

/// The plural of a kind by the rules of English that tools for definitions of kinds go by; the usual guess of
/// `kubectl` (`meta.UnsafeGuessKindToResource`) but for `gateways` and the like, which it makes `gatewaies`.
pub fn guess_plural(kind: &str) -> Text {
    let mut plural = kind.to_lowercase();
    if plural.ends_with("endpoints") {
        return Text::from(plural);
    }
    let stem = plural.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    let end = match stem.map(str::len) {
        Some(length) => {
            plural.truncate(length);
            "ies"
        }
        None if ["s", "x", "z", "ch", "sh"].iter().any(|end| plural.ends_with(end)) => "es",
        None => "s",
    };
    plural.push_str(end);
    Text::from(plural)
}

#[cfg(test)]
mod tests {
    use super::{KNOWN, guess, guess_plural, known};

    /// The plurals are those of the API.
    #[test]
    fn plurals_are_guessed() {
        for (kind, plural) in [
            ("ConfigMap", "configmaps"),
            ("NetworkPolicy", "networkpolicies"),
            ("Ingress", "ingresses"),
            ("Endpoints", "endpoints"),
            ("Gateway", "gateways"),
            ("GitRepository", "gitrepositories"),
            ("Prometheus", "prometheuses"),
            ("Patch", "patches"),
            ("Image", "images"),
        ] {
            assert_eq!(guess_plural(kind), plural);
        }
    }

    #[test]
    fn the_guess_is_right_about_every_known_plural() {
        for (group, kinds) in KNOWN {
            for (kind, plural, _) in *kinds {
                assert_eq!(guess_plural(kind), *plural, "{group}");
            }
        }
    }

    #[test]
    fn scopes() {
        let scope = |group, kind| known(group, kind).unwrap_or_else(|| guess(kind)).namespaced;
        assert!(scope("", "ConfigMap"));
        assert!(!scope("", "Namespace"));
        assert!(!scope("rbac.authorization.k8s.io", "ClusterRole"));
        assert!(!scope("kpack.io", "ClusterBuilder"));
        assert!(scope("kpack.io", "Image"));
        assert!(scope("cluster.x-k8s.io", "Cluster"));
        assert!(scope("operators.coreos.com", "ClusterServiceVersion"));
        assert!(scope("carto.run", "Workload"));
        assert!(!scope("carto.run", "ClusterSupplyChain"));
    }
}
