//! Requests to the API server.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use http::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request};
use tokio::runtime::Handle;

use super::called::called;
use super::fence::Fence;
use crate::cluster::{Error, ErrorKind, Object, Resource, Result};
use crate::yaml::{Node, Text, json};

/// A request that was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Called<'a> {
    /// The method.
    pub method: &'a str,
    /// The verb, in the words of the API server: `get`, `list`, `watch`, `create`, ...
    pub verb: &'static str,
    /// The plural of the kind; empty where it was for none.
    pub resource: &'a str,
    /// The status of the answer, or 0 where there was none.
    pub code: u16,
}

/// Is told of every request.
pub type Observer = Arc<dyn Fn(Called<'_>) + Send + Sync>;

/// How requests are made.
#[derive(Clone)]
pub struct ApiOptions {
    /// How long one request may take, from connecting to the end of the answer.
    pub deadline: Duration,
    /// Requests a second; 0 for no limit.
    pub qps: f64,
    /// Requests that may be made at once after a pause.
    pub burst: f64,
    /// Whether writes are logged and not made.
    pub dry_run: bool,
    /// Who is told of requests.
    pub observer: Option<Observer>,
}

impl Default for ApiOptions {
    fn default() -> ApiOptions {
        let deadline = Duration::from_secs(30);
        ApiOptions { deadline, qps: 0.0, burst: 100.0, dry_run: false, observer: None }
    }
}

/// Whom a request is made for.
#[derive(Clone, Debug)]
pub(super) enum Caller {
    /// The controller.
    Own,
    /// The one with this token.
    Token(HeaderValue),
}

/// Who writes, and until when.
#[derive(Clone, Copy)]
pub(super) struct Writer<'a> {
    pub(super) caller: &'a Caller,
    /// None for writes that need no lease.
    pub(super) fence: Option<&'a Fence>,
}

/// A connection to an API server, for the controller itself and for those whose tokens it has.
pub struct Api {
    own: kube::Client,
    /// Has no credentials: those of the request count.
    anonymous: kube::Client,
    runtime: Handle,
    options: ApiOptions,
    bucket: Mutex<Bucket>,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}

struct Bucket {
    tokens: f64,
    filled: Instant,
}

/// One request.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// Path and query.
    pub(super) uri: String,
    pub(super) body: Option<&'a Node>,
    pub(super) content_type: &'static str,
    pub(super) accept: &'static str,
    pub(super) caller: &'a Caller,
    /// What must be open when the request is sent.
    pub(super) fence: Option<&'a Fence>,
}

/// How often a request is made that the API server puts off.
const PUT_OFF: u32 = 5;

enum Answer {
    Text(String),
    PutOff(Duration),
    Refused(kube::Error),
}

pub(super) const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

impl Call<'_> {
    pub(super) fn get(uri: String, caller: &Caller) -> Call<'_> {
        Call { method: Method::GET, uri, body: None, content_type: JSON, accept: JSON, caller, fence: None }
    }

    fn write<'a>(method: Method, uri: String, writer: Writer<'a>) -> Call<'a> {
        Call { method, fence: writer.fence, ..Call::get(uri, writer.caller) }
    }
}

impl Api {
    /// Connects to a cluster. Nothing is sent yet.
    ///
    /// # Errors
    /// The configuration is wrong.
    pub fn new(
        mut config: kube::Config,
        runtime: Handle,
        options: ApiOptions,
    ) -> std::result::Result<Api, kube::Error> {
        // It would repeat creating an object whose fate is not known.
        config.default_retry = false;
        let mut anonymous = config.clone();
        anonymous.auth_info = kube::config::AuthInfo::default();
        let bucket = Mutex::new(Bucket { tokens: options.burst, filled: Instant::now() });
        Ok(Api {
            own: kube::Client::try_from(config)?,
            anonymous: kube::Client::try_from(anonymous)?,
            runtime,
            options,
            bucket,
        })
    }

    /// Where tasks of the connection run.
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Whether writes are logged and not made.
    pub fn is_dry_run(&self) -> bool {
        self.options.dry_run
    }

    fn request(call: &Call<'_>) -> Result<Request<Vec<u8>>> {
        let body = match call.body {
            Some(node) => json::encode(node, 0, false)
                .map_err(|error| Error::new(ErrorKind::BadRequest, error.to_string()))?,
            None => String::new(),
        };
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(&call.uri)
            .header(ACCEPT, call.accept)
            // Streams that are compressed arrive late.
            .header(ACCEPT_ENCODING, "identity");
        if call.body.is_some() {
            request = request.header(CONTENT_TYPE, call.content_type);
        }
        if let Caller::Token(token) = call.caller {
            request = request.header(AUTHORIZATION, token.clone());
        }
        request.body(body.into_bytes()).map_err(|error| Error::new(ErrorKind::BadRequest, error.to_string()))
    }

    fn client(&self, caller: &Caller) -> &kube::Client {
        match caller {
            Caller::Own => &self.own,
            Caller::Token(_) => &self.anonymous,
        }
    }

    fn observe<T>(&self, call: &Call<'_>, answer: Option<&std::result::Result<T, kube::Error>>) {
        if let Some(observer) = &self.options.observer {
            let code = match answer {
                Some(Ok(_)) => 200,
                Some(Err(kube::Error::Api(status))) => status.code,
                Some(Err(_)) | None => 0,
            };
            let (verb, resource) = called(&call.method, &call.uri);
            observer(Called { method: call.method.as_str(), verb, resource, code });
        }
    }

    /// How long to wait until the next request may be made.
    fn wait(&self) -> Duration {
        if self.options.qps <= 0.0 {
            return Duration::ZERO;
        }
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let gained = now.saturating_duration_since(bucket.filled).as_secs_f64() * self.options.qps;
        bucket.tokens = (bucket.tokens + gained).min(self.options.burst.max(1.0));
        bucket.filled = now;
        bucket.tokens -= 1.0;
        if bucket.tokens >= 0.0 {
            Duration::ZERO
        } else {
            Duration::from_secs_f64(-bucket.tokens / self.options.qps)
        }
    }

    /// Makes a request and gives the text of the answer. Requests that the API server has put off (429) are
    /// made again when it says so; nothing came of them.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<String> {
        let request = Api::request(&call)?;
        for _ in 0..PUT_OFF {
            match self.call_once(&call, request.clone()).await? {
                Answer::Text(text) => return Ok(text),
                Answer::PutOff(wait) => tokio::time::sleep(wait).await,
                Answer::Refused(error) => return Err(convert(&error)),
            }
        }
        Err(Error::new(ErrorKind::Unavailable, "the server has received too many requests"))
    }

    async fn call_once(&self, call: &Call<'_>, request: Request<Vec<u8>>) -> Result<Answer> {
        let wait = self.wait();
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let deadline = match call.fence {
            None => self.options.deadline,
            Some(fence) => match fence.left() {
                Some(left) => self.options.deadline.min(left),
                None => {
                    let message = "not written: the lease of this work is no longer held";
                    return Err(Error::new(ErrorKind::Unavailable, message));
                }
            },
        };
        let answer = self.client(call.caller).request_text(request);
        let Ok(answer) = tokio::time::timeout(deadline, answer).await else {
            self.observe::<()>(call, None);
            let seconds = deadline.as_secs();
            let message = format!("{} {}: no answer within {seconds} s", call.method, path_of(&call.uri));
            return Err(Error::new(ErrorKind::Unavailable, message));
        };
        self.observe(call, Some(&answer));
        Ok(match answer {
            Ok(text) => Answer::Text(text),
            Err(kube::Error::Api(status)) if status.code == 429 => {
                let seconds = status.details.map_or(0, |details| details.retry_after_seconds);
                Answer::PutOff(Duration::from_secs(u64::from(seconds.clamp(1, 10))))
            }
            Err(error) => Answer::Refused(error),
        })
    }

    /// Makes a request whose answer is a line after the other.
    pub(super) async fn stream(
        &self,
        call: Call<'_>,
    ) -> Result<impl futures_util::io::AsyncBufRead + Send + use<>> {
        let request = Api::request(&call)?;
        let answer = self.client(call.caller).request_stream(request);
        let Ok(answer) = tokio::time::timeout(self.options.deadline, answer).await else {
            let message = format!("WATCH {}: no answer", path_of(&call.uri));
            return Err(Error::new(ErrorKind::Unavailable, message));
        };
        self.observe(&call, Some(&answer));
        answer.map_err(|error| convert(&error))
    }

    /// Waits for a request on this thread, which must not be one of the runtime's.
    pub(super) fn wait_for<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }

    fn object_of(&self, call: Call<'_>) -> Result<Object> {
        let text = self.wait_for(self.call(call))?;
        read_object(text.as_bytes())
    }

    pub(super) fn get(&self, resource: &Resource, ns: &str, name: &str, caller: &Caller) -> Result<Object> {
        self.object_of(Call::get(uri(resource, ns, Some(name)), caller))
    }

    /// A list, as the API server gives it.
    pub(super) fn list(
        &self,
        resource: &Resource,
        ns: &str,
        labels: &[(Text, Text)],
        caller: &Caller,
    ) -> Result<Object> {
        let mut uri = uri(resource, ns, None);
        for (index, (key, value)) in labels.iter().enumerate() {
            uri.push_str(if index == 0 { "?labelSelector=" } else { "%2C" });
            push_escaped(&mut uri, key);
            uri.push_str("%3D");
            push_escaped(&mut uri, value);
        }
        self.object_of(Call::get(uri, caller))
    }

    pub(super) fn create(
        &self,
        resource: &Resource,
        ns: &str,
        object: &Object,
        writer: Writer<'_>,
    ) -> Result<Object> {
        let call = Call::write(Method::POST, uri(resource, ns, None), writer);
        self.object_of(Call { body: Some(object.node()), ..call })
    }

    pub(super) fn merge_patch(
        &self,
        resource: &Resource,
        ns: &str,
        name: &str,
        patch: &Node,
        writer: Writer<'_>,
    ) -> Result<Object> {
        let call = Call::write(Method::PATCH, uri(resource, ns, Some(name)), writer);
        self.object_of(Call { body: Some(patch), content_type: MERGE_PATCH, ..call })
    }

    pub(super) fn put_status(
        &self,
        resource: &Resource,
        ns: &str,
        object: &Object,
        writer: Writer<'_>,
    ) -> Result<Object> {
        let uri = format!("{}/status", uri(resource, ns, Some(object.name())));
        self.object_of(Call { body: Some(object.node()), ..Call::write(Method::PUT, uri, writer) })
    }

    pub(super) fn delete(&self, resource: &Resource, ns: &str, name: &str, writer: Writer<'_>) -> Result<()> {
        let call = Call::write(Method::DELETE, uri(resource, ns, Some(name)), writer);
        self.wait_for(self.call(call)).map(|_| ())
    }

    /// Creates or replaces an object with the rights of the controller, without blocking the thread.
    ///
    /// # Errors
    /// That of the API server.
    pub async fn send(&self, method: Method, uri: String, body: Option<&Node>) -> Result<Object> {
        let call = Call { method, body, ..Call::get(uri, &Caller::Own) };
        let text = self.call(call).await?;
        read_object(text.as_bytes())
    }

    /// Patches an object with the rights of the controller, without blocking the thread.
    ///
    /// # Errors
    /// That of the API server.
    pub async fn send_patch(&self, uri: String, patch: &Node) -> Result<Object> {
        let call = Call {
            method: Method::PATCH,
            body: Some(patch),
            content_type: MERGE_PATCH,
            ..Call::get(uri, &Caller::Own)
        };
        let text = self.call(call).await?;
        read_object(text.as_bytes())
    }

    /// Asks whether the API server is there.
    ///
    /// # Errors
    /// It is not.
    pub async fn version(&self) -> Result<String> {
        self.call(Call::get("/version".to_owned(), &Caller::Own)).await
    }
}

fn path_of(uri: &str) -> &str {
    uri.split('?').next().unwrap_or(uri)
}

/// The path of a resource, of one object of it where there is a name.
pub(super) fn uri(resource: &Resource, namespace: &str, name: Option<&str>) -> String {
    let mut uri = if resource.group.is_empty() {
        format!("/api/{}", resource.version)
    } else {
        format!("/apis/{}/{}", resource.group, resource.version)
    };
    if resource.namespaced && !namespace.is_empty() {
        uri.push_str("/namespaces/");
        push_escaped(&mut uri, namespace);
    }
    uri.push('/');
    uri.push_str(&resource.plural);
    if let Some(name) = name {
        uri.push('/');
        push_escaped(&mut uri, name);
    }
    uri
}

/// Appends a text as a part of a path or query (RFC 3986, unreserved characters).
pub(super) fn push_escaped(uri: &mut String, text: &str) {
    use std::fmt::Write as _;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            _ = write!(uri, "%{byte:02X}");
        }
    }
}

/// Reads an object without the fields that nobody asks for and that take most of the room.
pub(super) fn read_object(text: &[u8]) -> Result<Object> {
    let node = json::read(text).map_err(|error| Error::new(ErrorKind::Other, error.to_string()))?;
    slim(node)
}

/// The object without `metadata.managedFields`.
pub(super) fn slim(node: Node) -> Result<Object> {
    let mut object =
        Object::try_from(node).map_err(|error| Error::new(ErrorKind::Other, error.to_string()))?;
    object.remove_metadata("managedFields");
    Ok(object)
}

/// The error as the port has it.
fn convert(error: &kube::Error) -> Error {
    let kube::Error::Api(status) = error else {
        return Error::new(ErrorKind::Unavailable, deepest(error));
    };
    let kind = match (&*status.reason, status.code) {
        ("NotFound", _) | (_, 404) => ErrorKind::NotFound,
        ("AlreadyExists", _) => ErrorKind::AlreadyExists,
        ("Conflict", _) | (_, 409) => ErrorKind::Conflict,
        ("Forbidden", _) | (_, 403) => ErrorKind::Forbidden,
        ("Unauthorized", _) | (_, 401) => ErrorKind::Unauthorized,
        ("Invalid", _) | (_, 422) => ErrorKind::Invalid,
        ("Expired" | "Gone", _) | (_, 410) => ErrorKind::Gone,
        ("BadRequest", _) | (_, 400) => ErrorKind::BadRequest,
        (_, 429 | 500..) => ErrorKind::Unavailable,
        _ => ErrorKind::Other,
    };
    let message = match &*status.message {
        "" => format!("the server answered {} {}", status.code, status.reason),
        message => message.to_owned(),
    };
    Error::new(kind, message)
}

/// An error with its causes, each once.
fn deepest(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

/// The error of a line of a watch.
pub(super) fn status_error(status: &Object) -> Error {
    let text = |field| status.get(field).and_then(Node::as_str).unwrap_or_default().to_owned();
    let code = match status.get("code") {
        Some(Node::Int(code)) => *code,
        _ => 0,
    };
    let kind = match (&*text("reason"), code) {
        ("Expired" | "Gone", _) | (_, 410) => ErrorKind::Gone,
        _ => ErrorKind::Other,
    };
    Error::new(kind, text("message"))
}
