//! Reading bodies: within a number of bytes and within time.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::str;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body::Body;
use http_body_util::BodyExt as _;
use serde::de::DeserializeOwned;

use super::negotiate::{JSON, body_type};
use super::problem::{Fault, Problem};

/// What a body may take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BodyLimits {
    pub(super) bytes: usize,
    pub(super) time: Duration,
}

/// Refuses a body that says it is too large, before any of it is read.
pub(super) fn check_length(headers: &HeaderMap, most: usize) -> Result<(), Problem> {
    let Some(length) = headers.get(CONTENT_LENGTH) else { return Ok(()) };
    let length = length.to_str().ok().and_then(|text| text.parse::<u64>().ok());
    match length {
        Some(length) if length <= most as u64 => Ok(()),
        _ => Err(too_large(most)),
    }
}

fn too_large(most: usize) -> Problem {
    Problem::new(Fault::TooLarge, format!("a body may have {most} bytes"))
}

pub(super) fn too_slow(time: Duration) -> Problem {
    Problem::new(Fault::Timeout, format!("the body did not come within {time:?}"))
}

/// All of a body.
///
/// # Errors
/// It is too large, too slow, or the client has gone.
pub(super) async fn read<B>(headers: &HeaderMap, body: B, limits: BodyLimits) -> Result<Bytes, Problem>
where
    B: Body<Data = Bytes> + Unpin,
{
    check_length(headers, limits.bytes)?;
    let mut reading = pin!(collect(body, limits.bytes));
    // Most bodies are there already and need no clock.
    let first = poll_fn(|context| Poll::Ready(reading.as_mut().poll(context))).await;
    match first {
        Poll::Ready(read) => read,
        Poll::Pending => {
            tokio::time::timeout(limits.time, reading).await.unwrap_or_else(|_| Err(too_slow(limits.time)))
        }
    }
}

async fn collect<B>(mut body: B, most: usize) -> Result<Bytes, Problem>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::request("the body ended before its end"))?;
        let Ok(data) = frame.into_data() else { continue };
        if first.len() + all.len() + data.len() > most {
            return Err(too_large(most));
        }
        if first.is_empty() && all.is_empty() {
            first = data;
        } else {
            if !first.is_empty() {
                all.reserve(first.len() + data.len());
                all.extend_from_slice(&std::mem::take(&mut first));
            }
            all.extend_from_slice(&data);
        }
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// A body as text.
///
/// # Errors
/// It is not UTF-8.
pub(super) fn text(bytes: &[u8]) -> Result<&str, Problem> {
    str::from_utf8(bytes).map_err(|error| {
        Problem::request(format!("the body is not UTF-8: invalid bytes behind {} bytes", error.valid_up_to()))
    })
}

/// A JSON body as a value of a type.
///
/// # Errors
/// It has another type, is not JSON, or does not fit.
pub(super) async fn json<T, B>(headers: &HeaderMap, body: B, limits: BodyLimits) -> Result<T, Problem>
where
    T: DeserializeOwned,
    B: Body<Data = Bytes> + Unpin,
{
    body_type(headers, &[JSON])?;
    let bytes = read(headers, body, limits).await?;
    serde_json::from_str(text(&bytes)?).map_err(|error| Problem::request(format!("the body: {error}")))
}
