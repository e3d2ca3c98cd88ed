//! Reads the one kind of request that is worth reading by hand: a render of a registered set.

use std::mem::MaybeUninit;

use httparse::Status;

/// A request to render a registered set, all of it.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Request<'a> {
    pub(super) path: &'a str,
    /// The digest in the path, as the client wrote it.
    pub(super) reference: &'a str,
    pub(super) accept: Option<&'a [u8]>,
    pub(super) accept_encoding: Option<&'a [u8]>,
    pub(super) authorization: Option<&'a [u8]>,
    pub(super) content_type: Option<&'a [u8]>,
    pub(super) host: Option<&'a [u8]>,
    pub(super) body: &'a [u8],
    /// The bytes of all of it.
    pub(super) bytes: usize,
}

/// What bytes are the beginning of.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Parsed<'a> {
    Request(Request<'a>),
    /// Perhaps of such a request: there must be more than so many bytes.
    Begun(usize),
    /// Of anything else: somebody who knows all of HTTP has to see.
    Other,
}

/// What such requests begin with.
const BEFORE: &str = "/v1/templates/";
const BEGINNING: &[u8] = b"POST /v1/templates/";
/// Heads that are larger, or have more fields, are unusual.
const HEAD_BYTES: usize = 8 << 10;
const FIELDS: usize = 32;

/// Reads a request with a body of at most so many bytes. Whatever is the least unusual, wrong requests among it, is
/// something else.
pub(super) fn parse(bytes: &[u8], most: usize) -> Parsed<'_> {
    let known = bytes.len().min(BEGINNING.len());
    if bytes.get(..known) != BEGINNING.get(..known) {
        return Parsed::Other;
    }
    let mut fields = [const { MaybeUninit::uninit() }; FIELDS];
    let mut head = httparse::Request::new(&mut []);
    match head.parse_with_uninit_headers(bytes, &mut fields) {
        Ok(Status::Complete(end)) => read(&head, bytes, end, most).unwrap_or(Parsed::Other),
        Ok(Status::Partial) if bytes.len() < HEAD_BYTES => Parsed::Begun(bytes.len()),
        _ => Parsed::Other,
    }
}

/// A request from its head; none for something else.
fn read<'a>(
    head: &httparse::Request<'_, 'a>,
    bytes: &'a [u8],
    end: usize,
    most: usize,
) -> Option<Parsed<'a>> {
    let path = head.path?;
    let reference = path.strip_prefix(BEFORE)?.strip_suffix("/render")?;
    if head.version != Some(1) || reference.contains(['/', '%', '?']) {
        return None;
    }
    let mut request = Request {
        path,
        reference,
        accept: None,
        accept_encoding: None,
        authorization: None,
        content_type: None,
        host: None,
        body: &[],
        bytes: end,
    };
    let mut length = None;
    for field in head.headers.iter() {
        let is = |name: &str| field.name.eq_ignore_ascii_case(name);
        let place = match field.name.len() {
            4 if is("host") => &mut request.host,
            6 if is("accept") => &mut request.accept,
            6 if is("expect") || is("origin") => return None,
            7 if is("upgrade") => return None,
            10 if is("connection") && !field.value.eq_ignore_ascii_case(b"keep-alive") => return None,
            12 if is("content-type") => &mut request.content_type,
            13 if is("authorization") => &mut request.authorization,
            14 if is("content-length") => &mut length,
            15 if is("accept-encoding") => &mut request.accept_encoding,
            16 if is("content-encoding") => return None,
            17 if is("transfer-encoding") => return None,
            _ => continue,
        };
        if place.replace(field.value).is_some() {
            return None;
        }
    }
    let length = length.map_or(Some(0), decimal).filter(|length| *length <= most)?;
    request.bytes = end + length;
    match bytes.get(end..request.bytes) {
        Some(body) => Some(Parsed::Request(Request { body, ..request })),
        None => Some(Parsed::Begun(request.bytes - 1)),
    }
}

fn decimal(digits: &[u8]) -> Option<usize> {
    let is_number = matches!(digits.len(), 1..=9) && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| digits.iter().fold(0, |number, digit| number * 10 + usize::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::{Parsed, Request, parse};

    const HEAD: &str = "POST /v1/templates/sha256:0/render HTTP/1.1\r\n";

    fn is_other(text: &str) -> bool {
        parse(text.as_bytes(), 100) == Parsed::Other
    }

    #[test]
    fn a_render_of_a_registered_set_is_read() {
        let text = format!(
            "{HEAD}Host: localhost\r\naccept: */*\r\nConnection: keep-alive\r\nAccept-Encoding: gzip\r\n\
             authorization: Bearer x\r\ncontent-type: application/json\r\nx-other: 1\r\nContent-Length: 4\r\n\r\n"
        );
        let both = format!("{text}{{  }}POST");
        let expected = Request {
            path: "/v1/templates/sha256:0/render",
            reference: "sha256:0",
            accept: Some(b"*/*"),
            accept_encoding: Some(b"gzip"),
            authorization: Some(b"Bearer x"),
            content_type: Some(b"application/json"),
            host: Some(b"localhost"),
            body: b"{  }",
            bytes: text.len() + 4,
        };
        assert_eq!(parse(both.as_bytes(), 100), Parsed::Request(expected));
        // Any beginning of it may become one.
        for end in 0..text.len() {
            assert_eq!(parse(&text.as_bytes()[..end], 100), Parsed::Begun(end), "{end}");
        }
        assert_eq!(parse(text.as_bytes(), 100), Parsed::Begun(text.len() + 3));
        let without = format!("{HEAD}\r\n");
        assert!(matches!(
            parse(without.as_bytes(), 100),
            Parsed::Request(Request { body: b"", host: None, .. })
        ));
    }

    #[test]
    fn whatever_is_unusual_is_left_to_others() {
        for head in [
            "GET /v1/templates/sha256:0/render HTTP/1.1\r\n\r\n",
            "POST /v1/templates/sha256:0/render HTTP/1.0\r\n\r\n",
            "POST /v1/templates/sha256:0/stream HTTP/1.1\r\n\r\n",
            "POST /v1/templates/sha256:0/render?a=b HTTP/1.1\r\n\r\n",
            "POST /v1/templates/a/b/render HTTP/1.1\r\n\r\n",
            "POST /v1/templates/%41/render HTTP/1.1\r\n\r\n",
            "POST /v1/templates/a/render  HTTP/1.1\r\n\r\n",
            "POST /v1/render",
            "\r\nPOST /v1/templates/sha256:0/render HTTP/1.1\r\n\r\n",
        ] {
            assert!(is_other(head), "{head}");
        }
        for field in [
            "transfer-encoding: chunked",
            "Transfer-Encoding : chunked",
            "expect: 100-continue",
            "connection: close",
            "connection: upgrade\r\nupgrade: h2c",
            "content-length: 1\r\ncontent-length: 1",
            "content-length: +1",
            "content-length: 1, 1",
            "content-length: ",
            "content-length: 101",
            "content-length: 99999999999999999999",
            "content-encoding: gzip",
            "origin: http://localhost",
            "host: a\r\nhost: b",
            "a b: c",
            "a: b\rc",
        ] {
            assert!(is_other(&format!("{HEAD}{field}\r\n\r\n")), "{field}");
        }
        assert!(is_other(&format!("{HEAD}{}\r\n", "a: b\r\n".repeat(33))));
        assert!(is_other(&format!("{HEAD}a: {}", "b".repeat(9000))));
    }
}
