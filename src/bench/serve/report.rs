//! What was measured, for programs and for people.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::soak::{Look, Soaked};
use crate::bench::histogram::Histogram;

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
    pub(super) pinned: bool,
    pub(super) connections: usize,
    pub(super) speed: Option<Speed>,
    pub(super) soak: Option<(Soaked, Vec<Look>, Duration)>,
    pub(super) peak_bytes: u64,
}

/// How fast all of it is.
#[derive(Debug)]
pub(super) struct Speed {
    pub(super) library: Rate,
    pub(super) service: UnderLoad,
    /// A server that does nothing, under the same load.
    pub(super) echo: UnderLoad,
    pub(super) stream: Rate,
    pub(super) failed: u64,
}

/// How a server is under load.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct UnderLoad {
    pub(super) full: Rate,
    pub(super) full_times: Times,
    /// How many a second were asked for at half load.
    pub(super) half_rate: f64,
    pub(super) half_times: Times,
    /// How late the client was at half load: a part of these times that no server can help.
    pub(super) late: Times,
}

/// Microseconds that half of the times, and 99 in 100, do not exceed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Times {
    p50: f64,
    p99: f64,
}

impl Times {
    pub(super) fn of(times: &Histogram) -> Times {
        Times { p50: times.quantile(0.5), p99: times.quantile(0.99) }
    }

    fn json(&self) -> Value {
        json!({"p50": self.p50, "p99": self.p99})
    }

    fn shown(&self) -> String {
        format!("p50 {:.0} us, p99 {:.0} us", self.p50, self.p99)
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

impl UnderLoad {
    fn half_json(&self) -> Value {
        let (times, late) = (self.half_times, self.late);
        json!({
            "per_second": self.half_rate,
            "p50_us": times.p50,
            "p99_us": times.p99,
            "late_us": late.json(),
        })
    }

    fn write(&self, out: &mut String) {
        // Writing to a text does not fail.
        _ = writeln!(out, "  full load        {}", self.full_times.shown());
        _ = writeln!(
            out,
            "  half load        {:.0} a second: {}; sent late by p50 {:.0} us, p99 {:.0} us",
            self.half_rate,
            self.half_times.shown(),
            self.late.p50,
            self.late.p99
        );
    }
}

impl ServeReport {
    /// Whether anything went wrong.
    pub fn failed(&self) -> bool {
        let unexpected = self.soak.as_ref().map_or(0, |(soaked, ..)| get(&soaked.unexpected));
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
                "service": speed.service.full.json(),
                "service_ratio": ratio(&speed.service.full),
                "full_load_us": speed.service.full_times.json(),
                "half_load": speed.service.half_json(),
                "echo": speed.echo.full.json(),
                "echo_full_load_us": speed.echo.full_times.json(),
                "echo_half_load": speed.echo.half_json(),
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
                "renders": get(&soaked.good),
                "streamed": get(&soaked.lines),
                "bad_requests": get(&soaked.refused),
                "unexpected": get(&soaked.unexpected),
                "memory": looks,
            })
        });
        json!({"pinned": self.pinned, "connections": self.connections, "speed": speed, "soak": soak, "peak_bytes": self.peak_bytes})
    }

    /// For people.
    pub fn table(&self) -> String {
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
            let service = &speed.service.full;
            _ = writeln!(out, "one input a request {}: {}", service.shown(), ratio(service));
            speed.service.write(&mut out);
            _ = writeln!(out, "an echo            {}", speed.echo.full.shown());
            speed.echo.write(&mut out);
            _ = writeln!(out, "stream             {}: {}", speed.stream.shown(), ratio(&speed.stream));
            _ = writeln!(out, "failed             {}", speed.failed);
        }
        if let Some((soaked, looks, duration)) = &self.soak {
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

fn get(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
