//! What a request is about, in the words of the API server's own metrics.

use http::Method;

/// The verb of a request and the resource it is for; no resource for paths that are none.
///
/// Source of the rule: `RequestInfo` of `k8s.io/apiserver`.
pub(super) fn called<'a>(method: &Method, uri: &'a str) -> (&'static str, &'a str) {
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let mut parts = path.trim_start_matches('/').split('/');
    // `api/VERSION` or `apis/GROUP/VERSION`.
    let skipped = match parts.next() {
        Some("api") => 1,
        Some("apis") => 2,
        _ => return ("get", ""),
    };
    for _ in 0..skipped {
        parts.next();
    }
    let (mut resource, mut name) = (parts.next().unwrap_or_default(), parts.next());
    // Namespaces are a resource themselves.
    if resource == "namespaces"
        && let Some(inner) = parts.next()
    {
        (resource, name) = (inner, parts.next());
    }
    let verb = match *method {
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ if query.split('&').any(|part| part == "watch=true") => "watch",
        _ if name.is_none() && !resource.is_empty() => "list",
        _ => "get",
    };
    (verb, resource)
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::called;

    #[test]
    fn verbs_and_resources_are_those_of_the_api_server() {
        let get = |uri| called(&Method::GET, uri);
        assert_eq!(get("/api/v1/namespaces/a/configmaps/b"), ("get", "configmaps"));
        assert_eq!(get("/api/v1/configmaps?limit=500"), ("list", "configmaps"));
        assert_eq!(get("/apis/carto.run/v1alpha1/workloads?watch=true&x=y"), ("watch", "workloads"));
        assert_eq!(get("/api/v1/namespaces/a"), ("get", "namespaces"));
        assert_eq!(get("/api/v1/namespaces"), ("list", "namespaces"));
        assert_eq!(get("/apis/apps/v1"), ("get", ""));
        assert_eq!(get("/version"), ("get", ""));
        let put = "/apis/carto.run/v1alpha1/namespaces/a/workloads/b/status";
        assert_eq!(called(&Method::PUT, put), ("update", "workloads"));
        let token = "/api/v1/namespaces/a/serviceaccounts/b/token";
        assert_eq!(called(&Method::POST, token), ("create", "serviceaccounts"));
    }
}
