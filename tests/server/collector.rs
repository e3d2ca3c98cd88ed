//! A collector of traces: takes what is sent to it by OTLP over HTTP, and reads as much of the protobuf as tests ask.
//! Numbers of fields are those of `opentelemetry/proto/trace/v1/trace.proto` and its neighbours.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// It listens until the tests end.
pub(crate) struct Collector {
    pub(crate) address: SocketAddr,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Collector {
    pub(crate) fn start() -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&bodies);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || while take(&stream, &kept).is_some() {});
            }
        });
        Collector { address, bodies }
    }

    /// As `OTEL_EXPORTER_OTLP_ENDPOINT` has it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All bytes that have come.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.bodies.lock().unwrap().concat()
    }

    /// What has come.
    pub(crate) fn batches(&self) -> Vec<Batch> {
        let bodies = self.bodies.lock().unwrap();
        bodies
            .iter()
            .flat_map(|body| Message::read(body).messages(1))
            .map(|spans| Batch::of(&spans))
            .collect()
    }

    /// The spans that have come.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.batches().into_iter().flat_map(|batch| batch.spans).collect()
    }

    /// Waits for as many spans.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Span> {
        let end = Instant::now() + Duration::from_secs(60);
        while self.spans().len() < count {
            assert!(Instant::now() < end, "{:?}", self.spans());
            std::thread::sleep(Duration::from_millis(10));
        }
        self.spans()
    }
}

/// Takes one request; none at the end of the connection.
fn take(stream: &TcpStream, kept: &Mutex<Vec<Vec<u8>>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let head = head.to_ascii_lowercase();
    assert!(head.starts_with("post /v1/traces http/1.1\r\n"), "{head}");
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    assert_eq!(header("content-type:"), Some("application/x-protobuf"));
    let mut body = vec![0; header("content-length:").unwrap().parse().unwrap()];
    reader.read_exact(&mut body).ok()?;
    kept.lock().unwrap().push(body);
    let mut stream = stream;
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")
        .ok()
}

/// `ResourceSpans`: spans of one sender.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) resource: Vec<(String, Value)>,
    pub(crate) spans: Vec<Span>,
}

impl Batch {
    fn of(message: &Message) -> Batch {
        let scopes = message.messages(2);
        Batch {
            resource: message.messages(1).iter().flat_map(|resource| attributes(resource, 1)).collect(),
            spans: scopes.iter().flat_map(|scope| scope.messages(2)).map(|span| Span::of(&span)).collect(),
        }
    }
}

/// The kind of a span that answers requests.
pub(crate) const SERVER: u64 = 2;
/// The status of a span that failed.
pub(crate) const ERROR: u64 = 2;

#[derive(Debug)]
pub(crate) struct Span {
    /// In hexadecimal digits, as headers have them.
    pub(crate) trace: String,
    pub(crate) parent: String,
    pub(crate) name: String,
    pub(crate) kind: u64,
    /// Nanoseconds.
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) attributes: Vec<(String, Value)>,
    pub(crate) events: usize,
    /// 0 if it is unset.
    pub(crate) status: u64,
}

impl Span {
    fn of(message: &Message) -> Span {
        Span {
            trace: hex(message.bytes(1)),
            parent: hex(message.bytes(4)),
            name: String::from_utf8(message.bytes(5).to_vec()).unwrap(),
            kind: message.number(6),
            start: message.number(7),
            end: message.number(8),
            attributes: attributes(message, 9).collect(),
            events: message.messages(11).len(),
            status: message.messages(15).iter().map(|status| status.number(3)).sum(),
        }
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&Value> {
        find(&self.attributes, name)
    }
}

pub(crate) fn find<'a>(attributes: &'a [(String, Value)], name: &str) -> Option<&'a Value> {
    attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

/// The value of an attribute.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    Text(String),
    Number(u64),
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}

fn attributes(message: &Message, number: u64) -> impl Iterator<Item = (String, Value)> + use<> {
    message.messages(number).into_iter().map(|pair| {
        let key = String::from_utf8(pair.bytes(1).to_vec()).unwrap();
        let value = Message::read(pair.bytes(2));
        let value = match value.0.first() {
            Some((1, Field::Bytes(text))) => Value::Text(String::from_utf8(text.clone()).unwrap()),
            Some((3, Field::Number(number))) => Value::Number(*number),
            other => panic!("{key} is {other:?}"),
        };
        (key, value)
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A message of protobuf: its fields in their order.
struct Message(Vec<(u64, Field)>);

#[derive(Debug)]
enum Field {
    Number(u64),
    Bytes(Vec<u8>),
}

impl Message {
    fn read(mut bytes: &[u8]) -> Message {
        let mut fields = Vec::new();
        while !bytes.is_empty() {
            let tag = varint(&mut bytes);
            let field = match tag & 7 {
                0 => Field::Number(varint(&mut bytes)),
                1 => Field::Number(u64::from_le_bytes(cut(&mut bytes, 8).try_into().unwrap())),
                2 => {
                    let length = varint(&mut bytes);
                    Field::Bytes(cut(&mut bytes, usize::try_from(length).unwrap()).to_vec())
                }
                5 => Field::Number(u32::from_le_bytes(cut(&mut bytes, 4).try_into().unwrap()).into()),
                other => panic!("wire type {other}"),
            };
            fields.push((tag >> 3, field));
        }
        Message(fields)
    }

    fn number(&self, number: u64) -> u64 {
        self.0.iter().rfind(|field| field.0 == number).map_or(0, |(_, field)| match field {
            Field::Number(value) => *value,
            Field::Bytes(_) => panic!("field {number} is no number"),
        })
    }

    fn bytes(&self, number: u64) -> &[u8] {
        self.0.iter().rfind(|field| field.0 == number).map_or(&[], |(_, field)| match field {
            Field::Bytes(bytes) => bytes,
            Field::Number(_) => panic!("field {number} is a number"),
        })
    }

    fn messages(&self, number: u64) -> Vec<Message> {
        let fields = self.0.iter().filter(|field| field.0 == number);
        fields
            .map(|(_, field)| match field {
                Field::Bytes(bytes) => Message::read(bytes),
                Field::Number(_) => panic!("field {number} is a number"),
            })
            .collect()
    }
}

fn cut<'a>(bytes: &mut &'a [u8], length: usize) -> &'a [u8] {
    let (first, rest) = bytes.split_at(length);
    *bytes = rest;
    first
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = cut(bytes, 1)[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return value;
        }
    }
    panic!("a number has no end")
}
