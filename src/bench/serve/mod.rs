//! Measuring the rendering service: how much of the speed of the library is left behind HTTP, and how it stands
//! a long time of it.

mod client;
mod echo;
mod load;
mod processors;
mod report;
mod server;
mod soak;

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use self::client::{Client, post, usual_post};
use self::echo::Echo;
use self::load::{full, paced};
use self::processors::{Processors, Side};
pub use self::report::{Rate, ServeReport};
use self::report::{Speed, Times, UnderLoad};
use self::server::Server;
use self::soak::soak;
use super::input::Input;
use super::usage::Usage;
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
    /// The service's answers, heads included, by the length of the request.
    answers: HashMap<usize, Vec<u8>>,
    /// Inputs as lines, enough for a write.
    lines: Vec<u8>,
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
        let processors = Processors::two().filter(|_| self.soak.is_none());
        // What is started from here on, the service included, runs there.
        let run_on = |side| processors.iter().for_each(|processors| processors.put(side));
        let mut report = ServeReport {
            pinned: processors.is_some(),
            connections: self.connections,
            speed: None,
            soak: None,
            peak_bytes: 0,
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| failed(&error))?;
        let server = if let Some(duration) = self.soak {
            // Small stores: a soak must see that they stay small.
            // All its connections come from one address, which has more renders at once than one client may have where a
            // busy machine makes quick ones slow.
            let mut server = Server::start(&[
                "--store-bytes",
                "8Mi",
                "--limit-steps",
                "2000000",
                "--client-renders",
                "1024",
            ])?;
            let soaked = runtime.block_on(async {
                let plan = self.plan(&server).await?;
                soak(&mut server, &plan, duration, progress).await
            });
            let (soaked, looks) = soaked.map_err(|error| failed(&error))?;
            report.soak = Some((soaked, looks, duration));
            server
        } else {
            run_on(Side::Service);
            progress("rendering in this process");
            let library = self.library()?;
            let server = Server::start(&["--workers", "1", "--renders", "1"])?;
            let measured = runtime.block_on(self.plan(&server)).and_then(|plan| {
                let echo = Echo::start(plan.answers.clone())?;
                run_on(Side::Client);
                let ask = |address, usage: &dyn Fn() -> Option<Usage>, half_rate| {
                    self.under_load(&plan, address, usage, half_rate)
                };
                progress("asking for renders");
                let (service, service_failed) = ask(server.address, &|| server.usage(), None)?;
                progress("asking an echo");
                let (echo, echo_failed) = ask(echo.address, &|| echo.usage(), Some(service.half_rate))?;
                progress("streaming");
                let (stream, bad) = runtime.block_on(self.stream(&plan, &server))?;
                Ok(Speed { library, service, echo, stream, failed: service_failed + echo_failed + bad })
            });
            report.speed = Some(measured.map_err(|error| failed(&error))?);
            server
        };
        report.peak_bytes = server.usage().map_or(0, |usage| usage.peak_bytes);
        Ok(report)
    }

    /// How fast the library is, on one thread.
    fn library(&self) -> Result<Rate> {
        let template = Template::compile_with(self.files.clone(), Options::default(), &limits())?;
        // The limits of a service are those of anybody's templates.
        let renderer = Renderer::new().with_max_concurrent(usize::MAX);
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
        let mut answers = HashMap::new();
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
            let request = usual_post(&render, "application/json", text.as_bytes());
            let status = client.ask(&request).await?;
            if status != 200 {
                return Err(io::Error::other(format!("{}: {status}", input.name())));
            }
            answers.insert(request.len(), client.whole().to_vec());
            requests.push(request);
            line.extend_from_slice(value.to_string().as_bytes());
            line.push(b'\n');
        }
        let lines = line.repeat((WRITE / line.len().max(1)).max(1));
        let stream = format!("/v1/templates/{digest}/stream?as=yaml");
        Ok(Plan { connections: self.connections, render, stream, requests, answers, lines })
    }

    /// Puts a server under full load, then under half of it, unless told how many a second; and how many answers were
    /// wrong.
    fn under_load(
        &self,
        plan: &Plan,
        address: SocketAddr,
        usage: &dyn Fn() -> Option<Usage>,
        half_rate: Option<f64>,
    ) -> io::Result<(UnderLoad, u64)> {
        let full = |duration| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(full(address, &plan.requests, plan.connections, duration))
        };
        // It has to get warm.
        full(Duration::from_millis(500).min(self.duration))?;
        let before = usage();
        let full = full(self.duration)?;
        let rate = used(full.per_second, full.times.count(), before, usage());
        let half_rate = half_rate.unwrap_or(full.per_second / 2.0);
        let half = paced(address, &plan.requests, plan.connections, self.duration, half_rate)?;
        let measured = UnderLoad {
            full: rate,
            full_times: Times::of(&full.times),
            half_rate,
            half_times: Times::of(&half.times),
            late: Times::of(&half.late),
        };
        Ok((measured, full.failed + half.failed))
    }

    /// How fast a stream is, and how many of its answers were wrong.
    async fn stream(&self, plan: &Plan, server: &Server) -> io::Result<(Rate, u64)> {
        let client = Client::connect(server.address).await?;
        let before = server.usage();
        let start = Instant::now();
        let end = start + self.duration;
        let (lines, bad) = client.stream(&plan.stream, &plan.lines, || Instant::now() < end).await?;
        let per_second = lines as f64 / start.elapsed().as_secs_f64();
        Ok((used(per_second, lines, before, server.usage()), bad))
    }
}

/// A rate, with what a server has used of a processor in the meantime.
fn used(per_second: f64, count: u64, before: Option<Usage>, after: Option<Usage>) -> Rate {
    let seconds = before.zip(after).map(|(before, after)| after.since(&before).cpu_seconds);
    Rate { per_second, cpu_micros: seconds.map(|seconds| seconds * 1e6 / count.max(1) as f64) }
}
