//! AdmissionReview: what an API server asks, and the answer to it.
//!
//! Source of the rules: `admission.k8s.io/v1` of Kubernetes and the reference's webhooks, which refuse with
//! 403 and their text as the message.

use crate::controller::json::map;
use crate::supply_chain::validate::{self, Operation};
use crate::yaml::{Map, Node, json};

/// The kinds that are validated, as paths name them.
pub(crate) const KINDS: [&str; 8] = [
    "clustersupplychain",
    "clusterdelivery",
    "clustersourcetemplate",
    "clusterimagetemplate",
    "clusterconfigtemplate",
    "clustertemplate",
    "clusterdeploymenttemplate",
    "clusterruntemplate",
];

/// An answer.
#[derive(Debug)]
pub(super) struct Reviewed {
    pub(super) text: String,
    /// The object that it is about.
    pub(super) name: String,
    /// What is wrong with it.
    pub(super) refused: Option<String>,
}

/// Answers a review, or says what is wrong with the review itself.
pub(super) fn answer(body: &[u8]) -> Result<Reviewed, String> {
    if body.is_empty() {
        return Err("the request has no body".to_owned());
    }
    let review = json::read(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    let review = as_map(&review).ok_or("the body is no AdmissionReview")?;
    if text(review, "kind") != "AdmissionReview" {
        return Err("the body is no AdmissionReview".to_owned());
    }
    let version = text(review, "apiVersion");
    if !["admission.k8s.io/v1", "admission.k8s.io/v1beta1"].contains(&version) {
        return Err("expected a review of admission.k8s.io/v1".to_owned());
    }
    let request = review.get("request").and_then(as_map).ok_or("the review has no request")?;
    let uid = text(request, "uid");
    if uid.is_empty() {
        return Err("the request of the review has no uid".to_owned());
    }
    // Other operations, as CONNECT, change no object.
    let operation = Operation::of(text(request, "operation")).unwrap_or(Operation::Delete);
    let nothing = Node::Null;
    let object = request.get("object").unwrap_or(&nothing);
    if operation != Operation::Delete && as_map(object).is_none() {
        return Err("the request of the review has no object".to_owned());
    }
    let refused = validate::object(object, operation).err().map(|error| error.to_string());
    let response = match &refused {
        None => map([("uid", Node::str(uid)), ("allowed", Node::Bool(true))]),
        Some(message) => map([
            ("uid", Node::str(uid)),
            ("allowed", Node::Bool(false)),
            (
                "status",
                map([
                    ("code", Node::Int(403)),
                    ("reason", Node::str("Forbidden")),
                    ("message", Node::str(message.as_str())),
                ]),
            ),
        ]),
    };
    let review = map([
        ("apiVersion", Node::str(version)),
        ("kind", Node::str("AdmissionReview")),
        ("response", response),
    ]);
    let name = text(request, "name").to_owned();
    let text = json::encode(&review, 0, false).map_err(|error| error.to_string())?;
    Ok(Reviewed { text, name, refused })
}

fn as_map(node: &Node) -> Option<&Map> {
    match node {
        Node::Map(map) => Some(map),
        _ => None,
    }
}

fn text<'a>(map: &'a Map, field: &str) -> &'a str {
    map.get(field).and_then(Node::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use super::answer;
    use crate::yaml::json;

    fn review(version: &str, operation: &str, object: &str) -> String {
        format!(
            r#"{{"apiVersion": "admission.k8s.io/{version}", "kind": "AdmissionReview", "request": {{"uid": "u-1",
                "name": "x", "operation": "{operation}", "object": {object}}}}}"#
        )
    }

    const CHAIN: &str = r#"{"apiVersion": "carto.run/v1alpha1", "kind": "ClusterSupplyChain", "metadata": {"name": "x"},
        "spec": {"resources": []}}"#;

    /// The form of <https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#response>;
    /// the text is the reference's.
    #[test]
    fn a_bad_object_is_refused_in_the_version_of_the_review() {
        for version in ["v1", "v1beta1"] {
            let reviewed = answer(review(version, "CREATE", CHAIN).as_bytes()).unwrap();
            let expected = format!(
                r#"{{"apiVersion": "admission.k8s.io/{version}", "kind": "AdmissionReview", "response": {{"uid": "u-1",
                    "allowed": false, "status": {{"code": 403, "reason": "Forbidden", "message":
                    "error validating clustersupplychain [x]: at least one selector, selectorMatchExpression, selectorMatchField must be specified"}}}}}}"#
            );
            let [found, expected] =
                [&reviewed.text, &expected].map(|text| json::read(text.as_bytes()).unwrap());
            assert!(crate::yaml::same(&found, &expected), "{}", reviewed.text);
        }
    }

    #[test]
    fn deleting_and_other_kinds_are_allowed() {
        let workload =
            r#"{"apiVersion": "carto.run/v1alpha1", "kind": "Workload", "metadata": {"name": "x"}}"#;
        for (operation, object) in
            [("DELETE", "null"), ("CONNECT", "null"), ("CREATE", workload), ("UPDATE", "{}")]
        {
            let reviewed = answer(review("v1", operation, object).as_bytes()).unwrap();
            assert!(reviewed.refused.is_none() && reviewed.text.contains("\"allowed\":true"), "{operation}");
        }
    }

    #[test]
    fn what_is_no_review_is_not_answered() {
        let bad = [
            String::new(),
            "{".to_owned(),
            "[]".to_owned(),
            "{}".to_owned(),
            review("v2", "CREATE", CHAIN),
            review("v1", "CREATE", "null"),
            review("v1", "UPDATE", "[]"),
            review("v1", "CREATE", CHAIN).replace("u-1", ""),
            r#"{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}"#.to_owned(),
        ];
        for body in bad {
            assert!(answer(body.as_bytes()).is_err(), "{body}");
        }
    }
}
