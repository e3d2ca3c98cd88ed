//! A client with nothing to it: requests with text, many at a time.

use std::time::Duration;

use futures_util::io::{AsyncBufRead, AsyncBufReadExt as _};
use futures_util::stream::{StreamExt as _, TryStreamExt as _, iter};
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE};
use http::{Method, Request};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::{BenchError, Result, failed};

/// Requests at a time: as many as the controller has workers.
pub(super) const AT_A_TIME: usize = 32;

/// How often a request is made that the API server puts off.
const PUT_OFF: u32 = 20;

/// The metadata of objects, without the rest.
const METADATA_LIST: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/// A client.
#[derive(Clone)]
pub(super) struct Client(kube::Client);

/// What all objects have.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) resource_version: String,
    pub(super) generation: i64,
    pub(super) uid: String,
    pub(super) labels: std::collections::BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ListMetadata {
    resource_version: String,
    r#continue: String,
}

/// A list of objects of which no more is read than `T` has.
#[derive(Debug, Deserialize)]
struct List<T> {
    metadata: ListMetadata,
    items: Option<Vec<T>>,
}

/// An object of which only the metadata is read.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Named {
    pub(super) metadata: Metadata,
}

#[derive(Deserialize)]
struct Event<T> {
    r#type: String,
    object: T,
}

impl Client {
    pub(super) fn new(mut config: kube::Config) -> Result<Client> {
        config.default_retry = false;
        let client = kube::Client::try_from(config);
        Ok(Client(client.map_err(|error| BenchError::Cluster("connecting".to_owned(), error))?))
    }

    fn request(method: &Method, path: &str, body: Option<&str>, accept: &str) -> Result<Request<Vec<u8>>> {
        let mut request = Request::builder()
            .method(method.clone())
            .uri(path)
            .header(ACCEPT, accept)
            .header(ACCEPT_ENCODING, "identity");
        if body.is_some() {
            let patch = *method == Method::PATCH;
            request = request.header(
                CONTENT_TYPE,
                if patch { "application/merge-patch+json" } else { "application/json" },
            );
        }
        request
            .body(body.unwrap_or_default().as_bytes().to_vec())
            .map_err(|error| failed(format!("{path}: {error}")))
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&str>, accept: &str) -> Result<String> {
        let request = Client::request(&method, path, body, accept)?;
        let mut tries = 0;
        loop {
            match self.0.request_text(request.clone()).await {
                Err(kube::Error::Api(status)) if status.code == 429 && tries < PUT_OFF => {
                    tries += 1;
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                answer => {
                    return answer.map_err(|error| BenchError::Cluster(format!("{method} {path}"), error));
                }
            }
        }
    }

    /// Makes a request and gives the answer.
    pub(super) async fn send(&self, method: Method, path: &str, body: Option<&str>) -> Result<String> {
        self.ask(method, path, body, "application/json").await
    }

    /// Creates an object.
    pub(super) async fn create(&self, path: &str, body: &str) -> Result<String> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// What is there; none where there is nothing.
    pub(super) async fn get(&self, path: &str) -> Result<Option<String>> {
        match self.send(Method::GET, path, None).await {
            Ok(text) => Ok(Some(text)),
            Err(BenchError::Cluster(_, kube::Error::Api(status))) if status.code == 404 => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The metadata of all objects below a path; none where there is no such kind.
    pub(super) async fn names(&self, path: &str) -> Result<Vec<Metadata>> {
        let mut names = Vec::new();
        let mut next = String::new();
        loop {
            let join = if path.contains('?') { '&' } else { '?' };
            let page = format!("{path}{join}limit=1000&continue={next}");
            let text = match self.ask(Method::GET, &page, None, METADATA_LIST).await {
                Err(BenchError::Cluster(_, kube::Error::Api(status))) if status.code == 404 => {
                    return Ok(names);
                }
                text => text?,
            };
            let list: List<Named> = read(&text)?;
            names.extend(list.items.into_iter().flatten().map(|named| named.metadata));
            next = list.metadata.r#continue;
            if next.is_empty() {
                return Ok(names);
            }
        }
    }

    /// The version below a path from which a watch may begin.
    pub(super) async fn version(&self, path: &str) -> Result<String> {
        let list: List<Named> = read(&self.send(Method::GET, &format!("{path}?limit=1"), None).await?)?;
        Ok(list.metadata.resource_version)
    }

    /// Watches what is below a path from a version on.
    pub(super) async fn watch(&self, path: &str, query: &str, version: &str) -> Result<Watch> {
        let (stream, version) = (self.stream(path, query, version).await?, version.to_owned());
        let (client, path, query) = (self.clone(), path.to_owned(), query.to_owned());
        Ok(Watch { client, path, query, version, stream, line: Vec::new() })
    }

    async fn stream(&self, path: &str, query: &str, version: &str) -> Result<Stream> {
        let uri = format!("{path}?watch=true&timeoutSeconds=3600&resourceVersion={version}{query}");
        let request = Client::request(&Method::GET, &uri, None, "application/json")?;
        let stream = self.0.request_stream(request).await;
        let stream = stream.map_err(|error| BenchError::Cluster(format!("WATCH {path}"), error))?;
        Ok(Box::new(Box::pin(stream)))
    }
}

type Stream = Box<dyn AsyncBufRead + Send + Unpin>;

/// What is told of objects. An API server ends a watch whose reader is too slow; it goes on from there.
pub(super) struct Watch {
    client: Client,
    path: String,
    query: String,
    version: String,
    stream: Stream,
    line: Vec<u8>,
}

/// What a watch shows.
pub(super) trait Watched: DeserializeOwned {
    /// Its metadata.
    fn metadata(&self) -> &Metadata;
}

impl Watched for Named {
    fn metadata(&self) -> &Metadata {
        &self.metadata
    }
}

impl Watch {
    /// The next object that was added or changed. No more of it is read than `T` has, all of whose fields must
    /// have defaults.
    ///
    /// # Errors
    /// That of the API server when it is asked anew.
    pub(super) async fn next<T: Watched>(&mut self) -> Result<T> {
        loop {
            self.line.clear();
            let read = self.stream.read_until(b'\n', &mut self.line).await;
            if !matches!(read, Ok(1..)) {
                self.stream = self.client.stream(&self.path, &self.query, &self.version).await?;
                continue;
            }
            let text = std::str::from_utf8(&self.line).unwrap_or_default();
            let event: Event<T> = self::read(text)?;
            match event.r#type.as_str() {
                "ADDED" | "MODIFIED" => {
                    self.version.clone_from(&event.object.metadata().resource_version);
                    return Ok(event.object);
                }
                // The version is too old: all that is there is told again.
                "ERROR" => {
                    self.version.clear();
                    self.stream = self.client.stream(&self.path, &self.query, "").await?;
                }
                _ => {}
            }
        }
    }
}

/// Reads JSON.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| failed(format!("an answer of the API server: {error}")))
}

/// Does something for each number, so many at a time; gives what came of it, in no order.
pub(super) async fn each<T, F: Future<Output = Result<T>>>(
    numbers: std::ops::Range<usize>,
    work: impl Fn(usize) -> F,
) -> Result<Vec<T>> {
    iter(numbers).map(work).buffer_unordered(AT_A_TIME).try_collect().await
}
