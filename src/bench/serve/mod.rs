//! Measuring the rendering service: how much of the speed of the library is left behind HTTP, and how it stands
//! a long time of it.

mod client;
mod load;
mod server;
mod soak;

use std::fmt::Write as _;
use std::io;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use self::client::{Client, post};
use self::load::load;
use self::server::{Server, can_pin, pin_self};
use self::soak::{Look, Soaked, soak};
use super::input::Input;
use super::process::Usage;
use super::{limits, measure, nth, render};
use crate::workspace::{File, Options};
use crate::{Error, ErrorKind, Renderer, Result, Template};

/// What to measure.
#[derive(Clone, Debug)]
pub struct ServeBench {
    /// The files of the templates.
    pub files: Vec<File>,
    /// The data values, JSON objects that are rendered in turn.
    pub inputs: Vec<Input>,
    /// How long each measurement takes.
    pub duration: Duration,
    /// On how many connections requests are sent.
    pub connections: usize,
    /// How long to soak the service instead; none to measure its speed.
    pub soak: Option<Duration>,
}

/// What is asked.
struct Plan {
    connections: usize,
    render: String,
    stream: String,
    requests: Vec<Vec<u8>>,
    /// Inputs as lines, enough for a write.
    lines: Vec<u8>,
}

/// Something a second, and what it took of a processor each.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rate {
    /// How many a second.
    pub per_second: f64,
    /// Microseconds of a processor for each; none where the system does not say.
    pub cpu_micros: Option<f64>,
}

/// What was measured.
#[derive(Debug)]
pub struct ServeReport {
    pinned: bool,
    connections: usize,
    speed: Option<Speed>,
    soak: Option<(Soaked, Vec<Look>, Duration)>,
    peak_bytes: u64,
}

#[derive(Debug)]
struct Speed {
    library: Rate,
    service: Rate,
    full_p50: f64,
    full_p99: f64,
    half_rate: f64,
    half_p50: f64,
    half_p99: f64,
    stream: Rate,
    failed: u64,
}

/// A stream is sent in writes of about this size.
const WRITE: usize = 64 << 10;

fn failed(error: &io::Error) -> Error {
    Error::new(ErrorKind::Internal, format!("asking the service: {error}"))
}

impl ServeBench {
    /// Measures. `progress` is told what is being done.
    ///
    /// # Errors
    /// Templates or inputs that are wrong; the service cannot be started, or breaks.
    pub fn run(&self, progress: &dyn Fn(&str)) -> Result<ServeReport> {
        let pinned = can_pin() && self.soak.is_none();
        let library = match self.soak {
            Some(_) => None,
            None => {
                progress("rendering in this process");
                Some(self.library(pinned)?)
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(&error))?;
        // Small stores: a soak must see that they stay small.
        let mut server = match self.soak {
            Some(_) => Server::start(false, &["--store-bytes", "8Mi", "--limit-steps", "2000000"])?,
            None => Server::start(pinned, &["--workers", "1", "--renders", "1"])?,
        };
        if pinned {
            pin_self("1");
        }
        let plan = runtime.block_on(self.plan(&server)).map_err(|error| failed(&error))?;
        let mut report =
            ServeReport { pinned, connections: self.connections, speed: None, soak: None, peak_bytes: 0 };
        match (self.soak, library) {
            (Some(duration), _) => {
                let (soaked, looks) = runtime
                    .block_on(soak(&mut server, &plan, duration, progress))
                    .map_err(|error| failed(&error))?;
                report.soak = Some((soaked, looks, duration));
            }
            (None, Some(library)) => {
                let speed = runtime.block_on(self.speed(&server, &plan, library, progress));
                report.speed = Some(speed.map_err(|error| failed(&error))?);
            }
            (None, None) => {}
        }
        report.peak_bytes = server.usage().map_or(0, |usage| usage.peak_bytes);
        if pinned {
            pin_self("0-1023");
        }
        Ok(report)
    }

    /// How fast the library is, on one thread.
    fn library(&self, pinned: bool) -> Result<Rate> {
        let template = Template::compile_with(self.files.clone(), Options::default(), &limits())?;
        // The limits of a service are those of anybody's templates.
        let renderer = Renderer::new().with_max_concurrent(usize::MAX);
        if pinned {
            pin_self("0");
        }
        let before = Usage::of_process();
        let inputs = &self.inputs;
        let timed = measure(1, self.duration, |_| {
            let (renderer, template) = (&renderer, &template);
            let mut out = String::new();
            move |turn| match nth(inputs, turn) {
                Some(input) => render(renderer, template, input, &mut out),
                None => Ok(()),
            }
        });
        let usage = before.zip(Usage::of_process()).map(|(before, after)| after.since(&before));
        let timed = timed?;
        Ok(Rate {
            per_second: timed.per_second,
            cpu_micros: usage.map(|usage| usage.cpu_seconds * 1e6 / timed.times.count().max(1) as f64),
        })
    }

    /// Registers the templates.
    async fn plan(&self, server: &Server) -> io::Result<Plan> {
        let files: io::Result<Vec<Value>> = self
            .files
            .iter()
            .map(|file| {
                let bytes = file.bytes().map_err(|error| io::Error::other(error.to_string()))?;
                Ok(json!({"path": file.path(), "base64": STANDARD.encode(bytes)}))
            })
            .collect();
        let body = json!({"files": files?}).to_string();
        let mut client = Client::connect(server.address).await?;
        let status = client.ask(&post("/v1/templates", "application/json", body.as_bytes())).await?;
        let answer: Value = serde_json::from_slice(client.body()).unwrap_or_default();
        let digest = answer.get("digest").and_then(Value::as_str);
        let digest = digest.ok_or_else(|| io::Error::other(format!("registering: {status} {answer}")))?;
        let render = format!("/v1/templates/{digest}/render");
        let mut requests = Vec::new();
        let mut line = Vec::new();
        for input in &self.inputs {
            let text = input.text().unwrap_or("{}");
            let value: Value = serde_json::from_str(text)
                .map_err(|error| io::Error::other(format!("{}: expected JSON: {error}", input.name())))?;
            let request = post(&render, "application/json", text.as_bytes());
            let status = client.ask(&request).await?;
            if status != 200 {
                let answer = String::from_utf8_lossy(client.body()).into_owned();
                return Err(io::Error::other(format!("{}: {status} {answer}", input.name())));
            }
            requests.push(request);
            line.extend_from_slice(value.to_string().as_bytes());
            line.push(b'\n');
        }
        let lines = line.repeat((WRITE / line.len().max(1)).max(1));
        let stream = format!("/v1/templates/{digest}/stream?as=yaml");
        Ok(Plan { connections: self.connections, render, stream, requests, lines })
    }

    async fn speed(
        &self,
        server: &Server,
        plan: &Plan,
        library: Rate,
        progress: &dyn Fn(&str),
    ) -> io::Result<Speed> {
        let ask = |duration, rate| load(server.address, &plan.requests, plan.connections, duration, rate);
        progress("warming the service up");
        ask(Duration::from_millis(500).min(self.duration), None).await?;
        progress("asking for renders");
        let before = server.usage();
        let full = ask(self.duration, None).await?;
        let cpu = before.zip(server.usage()).map(|(before, after)| after.since(&before).cpu_seconds);
        let service = Rate {
            per_second: full.per_second,
            cpu_micros: cpu.map(|seconds| seconds * 1e6 / full.times.count().max(1) as f64),
        };
        progress("asking for half as many");
        let half_rate = full.per_second / 2.0;
        let half = ask(self.duration, Some(half_rate)).await?;
        progress("streaming");
        let client = Client::connect(server.address).await?;
        let before = server.usage();
        let start = Instant::now();
        let end = start + self.duration;
        let (lines, bad) = client.stream(&plan.stream, &plan.lines, || Instant::now() < end).await?;
        let seconds = start.elapsed().as_secs_f64();
        let cpu = before.zip(server.usage()).map(|(before, after)| after.since(&before).cpu_seconds);
        let stream = Rate {
            per_second: lines as f64 / seconds,
            cpu_micros: cpu.map(|seconds| seconds * 1e6 / lines.max(1) as f64),
        };
        Ok(Speed {
            library,
            service,
            full_p50: full.times.quantile(0.5),
            full_p99: full.times.quantile(0.99),
            half_rate,
            half_p50: half.times.quantile(0.5),
            half_p99: half.times.quantile(0.99),
            stream,
            failed: full.failed + half.failed + bad,
        })
    }
}

impl Rate {
    fn json(&self) -> Value {
        json!({"per_second": self.per_second, "cpu_us": self.cpu_micros})
    }

    fn shown(&self) -> String {
        let cpu = self.cpu_micros.map(|micros| format!(", {micros:.1} us of cpu each")).unwrap_or_default();
        format!("{:.0} a second{cpu}", self.per_second)
    }

    /// How much of another is left, by the clock and by what was used of the processor.
    fn of(&self, other: &Rate) -> (f64, Option<f64>) {
        let clock = self.per_second / other.per_second.max(1e-9);
        let cpu = self.cpu_micros.zip(other.cpu_micros).map(|(own, other)| other / own.max(1e-9));
        (clock, cpu)
    }
}

impl ServeReport {
    /// Whether anything went wrong.
    pub fn failed(&self) -> bool {
        let unexpected =
            self.soak.as_ref().map_or(0, |(soaked, ..)| soaked.unexpected.load(Ordering::Relaxed));
        unexpected > 0 || self.speed.as_ref().is_some_and(|speed| speed.failed > 0)
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let speed = self.speed.as_ref().map(|speed| {
            let ratio = |rate: &Rate| {
                let (clock, cpu) = rate.of(&speed.library);
                json!({"clock": clock, "cpu": cpu})
            };
            json!({
                "library": speed.library.json(),
                "service": speed.service.json(),
                "service_ratio": ratio(&speed.service),
                "full_load_us": {"p50": speed.full_p50, "p99": speed.full_p99},
                "half_load": {"per_second": speed.half_rate, "p50_us": speed.half_p50, "p99_us": speed.half_p99},
                "stream": speed.stream.json(),
                "stream_ratio": ratio(&speed.stream),
                "failed": speed.failed,
            })
        });
        let soak = self.soak.as_ref().map(|(soaked, looks, duration)| {
            let looks: Vec<Value> = looks
                .iter()
                .map(|look| json!({"seconds": look.seconds, "bytes": look.resident_bytes}))
                .collect();
            json!({
                "seconds": duration.as_secs_f64(),
                "renders": soaked.good.load(Ordering::Relaxed),
                "streamed": soaked.lines.load(Ordering::Relaxed),
                "bad_requests": soaked.refused.load(Ordering::Relaxed),
                "unexpected": soaked.unexpected.load(Ordering::Relaxed),
                "memory": looks,
            })
        });
        json!({"pinned": self.pinned, "connections": self.connections, "speed": speed, "soak": soak, "peak_bytes": self.peak_bytes})
    }

    /// For people.
    pub fn table(&self) -> String {
        let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
        let mut out = String::new();
        // Writing to a text does not fail.
        if let Some(speed) = &self.speed {
            let ratio = |rate: &Rate| {
                let (clock, cpu) = rate.of(&speed.library);
                let cpu = cpu.map(|cpu| format!(" ({:.0} % by cpu)", cpu * 100.0)).unwrap_or_default();
                format!("{:.0} %{cpu}", clock * 100.0)
            };
            let place = if self.pinned { "a processor of its own" } else { "all processors" };
            _ = writeln!(out, "one thread, on {place}; {} connections that are kept", self.connections);
            _ = writeln!(out, "in process         {}", speed.library.shown());
            _ = writeln!(out, "one input a request {}: {}", speed.service.shown(), ratio(&speed.service));
            _ = writeln!(
                out,
                "  full load        p50 {:.0} us, p99 {:.0} us",
                speed.full_p50, speed.full_p99
            );
            _ = writeln!(
                out,
                "  half load        {:.0} a second: p50 {:.0} us, p99 {:.0} us",
                speed.half_rate, speed.half_p50, speed.half_p99
            );
            _ = writeln!(out, "stream             {}: {}", speed.stream.shown(), ratio(&speed.stream));
            _ = writeln!(out, "failed             {}", speed.failed);
        }
        if let Some((soaked, looks, duration)) = &self.soak {
            let get = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
            let renders = get(&soaked.good) + get(&soaked.lines);
            _ = writeln!(out, "soak               {:.0} s", duration.as_secs_f64());
            _ = writeln!(out, "renders            {renders}, {} of them in streams", get(&soaked.lines));
            _ = writeln!(out, "bad requests       {}", get(&soaked.refused));
            _ = writeln!(out, "unexpected answers {}", get(&soaked.unexpected));
            for what in soaked.first() {
                _ = writeln!(out, "  {what}");
            }
            let memory = |look: Option<&Look>| look.map_or(0.0, |look| mib(look.resident_bytes));
            let largest = looks.iter().max_by_key(|look| look.resident_bytes);
            _ = writeln!(
                out,
                "memory             first {:.1} MiB, last {:.1} MiB, largest {:.1} MiB",
                memory(looks.first()),
                memory(looks.last()),
                memory(largest)
            );
        }
        _ = writeln!(out, "peak memory        {:.1} MiB", mib(self.peak_bytes));
        out
    }
}
