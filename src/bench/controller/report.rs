//! The figures, and how they are shown.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::figures::Requests;

/// What a bare client took to create what the controller stamps for the fleet, and to write the statuses.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bare {
    /// Objects it has created.
    pub objects: usize,
    /// How long that took.
    pub object_seconds: f64,
    /// Statuses of owners it has written.
    pub statuses: usize,
    /// How long that took.
    pub status_seconds: f64,
}

/// The fleet of three resources each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fleet {
    /// How many workloads.
    pub workloads: usize,
    /// How many objects were stamped.
    pub objects: usize,
    /// From the supply chain until all are ready.
    pub seconds: f64,
    /// What the controller asked of the API server until it rested.
    pub requests: Requests,
    /// Its cpu time.
    pub cpu_seconds: Option<f64>,
    /// That of the API server.
    pub server_cpu_seconds: Option<f64>,
}

/// The memory of the controller.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Memory {
    /// At that time.
    pub resident_bytes: Option<u64>,
    /// At most until then; only of a controller that was started here.
    pub peak_bytes: Option<u64>,
}

/// A template that changes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Template {
    /// Owners that were stamped with it.
    pub owners: usize,
    /// Until all of their objects are as the new one says.
    pub seconds: f64,
}

/// From the change of a status to the update of the object that depends on it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Latency {
    /// How many changes.
    pub samples: usize,
    /// Half of them took no longer.
    pub p50: Duration,
    /// All but one of a hundred took no longer.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
}

impl Latency {
    pub(super) fn of(mut times: Vec<Duration>) -> Latency {
        times.sort_unstable();
        // The nearest rank.
        let at = |part: usize| {
            let rank = (times.len() * part).div_ceil(100).max(1);
            times.get(rank - 1).copied().unwrap_or_default()
        };
        Latency { samples: times.len(), p50: at(50), p99: at(99), max: at(100) }
    }
}

/// A controller at rest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rest {
    /// How long it was watched.
    pub seconds: f64,
    /// Its requests.
    pub requests: Requests,
    /// How many of them were neither watches nor for the lease.
    pub others: u64,
}

/// A controller that is started again.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Restart {
    /// Until it had looked at all owners.
    pub seconds: f64,
    /// Its requests until it rested.
    pub requests: Requests,
    /// How many of them wrote something, but for lease and tokens.
    pub writes: u64,
    /// Its memory then.
    pub memory: Memory,
}

/// The reference's own benchmark.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reference {
    /// How many workloads.
    pub workloads: usize,
    /// How many runnables.
    pub runnables: usize,
    /// Until all are ready.
    pub seconds: f64,
}

/// All figures. What was not measured is not there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ControllerReport {
    /// The bare client.
    pub bare: Option<Bare>,
    /// The fleet.
    pub fleet: Option<Fleet>,
    /// The memory when the fleet was ready.
    pub memory: Memory,
    /// The changed template.
    pub template: Option<Template>,
    /// Status to dependant.
    pub latency: Option<Latency>,
    /// At rest.
    pub rest: Option<Rest>,
    /// Started again.
    pub restart: Option<Restart>,
    /// The reference's benchmark.
    pub reference: Option<Reference>,
}

fn rate(count: usize, seconds: f64) -> f64 {
    count as f64 / seconds
}

fn memory_json(memory: &Memory) -> Value {
    json!({"resident_bytes": memory.resident_bytes, "peak_bytes": memory.peak_bytes})
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

impl ControllerReport {
    /// The rate at which the fleet was stamped, against that of the bare client for the same writes: all
    /// objects, and the status of each owner once.
    pub fn ratio(&self) -> Option<f64> {
        let (fleet, bare) = self.fleet.as_ref().zip(self.bare)?;
        let each_object = bare.object_seconds / bare.objects as f64;
        let each_status = bare.status_seconds / bare.statuses as f64;
        let least = fleet.objects as f64 * each_object + fleet.workloads as f64 * each_status;
        Some(least / fleet.seconds)
    }

    /// The same without the statuses, which the bare client then need not write.
    pub fn ratio_of_objects(&self) -> Option<f64> {
        let (fleet, bare) = self.fleet.as_ref().zip(self.bare)?;
        Some(rate(fleet.objects, fleet.seconds) / rate(bare.objects, bare.object_seconds))
    }

    /// The figures as JSON. `docs/bench.md` describes them.
    pub fn json(&self) -> Value {
        json!({
            "fleet": self.fleet.as_ref().map(|fleet| json!({
                "workloads": fleet.workloads,
                "objects": fleet.objects,
                "seconds": fleet.seconds,
                "objects_per_second": rate(fleet.objects, fleet.seconds),
                "requests": fleet.requests,
                "cpu_seconds": fleet.cpu_seconds,
                "api_server_cpu_seconds": fleet.server_cpu_seconds,
                "ratio": self.ratio(),
                "objects_ratio": self.ratio_of_objects(),
            })),
            "bare": self.bare.map(|bare| json!({
                "objects": bare.objects,
                "object_seconds": bare.object_seconds,
                "objects_per_second": rate(bare.objects, bare.object_seconds),
                "statuses": bare.statuses,
                "status_seconds": bare.status_seconds,
                "statuses_per_second": rate(bare.statuses, bare.status_seconds),
            })),
            "memory": memory_json(&self.memory),
            "template": self.template.map(|template| json!({"owners": template.owners, "seconds": template.seconds})),
            "latency": self.latency.map(|latency| json!({
                "samples": latency.samples,
                "p50_ms": milliseconds(latency.p50),
                "p99_ms": milliseconds(latency.p99),
                "max_ms": milliseconds(latency.max),
            })),
            "rest": self.rest.as_ref().map(|rest| json!({
                "seconds": rest.seconds,
                "requests": rest.requests,
                "other_requests": rest.others,
            })),
            "restart": self.restart.as_ref().map(|restart| json!({
                "seconds": restart.seconds,
                "requests": restart.requests,
                "writes": restart.writes,
                "memory": memory_json(&restart.memory),
            })),
            "reference": self.reference.map(|reference| json!({
                "workloads": reference.workloads,
                "runnables": reference.runnables,
                "seconds": reference.seconds,
            })),
            "stampmill": crate::version::STAMPMILL,
        })
    }

    /// The figures for people.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let mut line = |name: &str, value: String| _ = writeln!(out, "{name:<34}{value}");
        if let Some(reference) = &self.reference {
            line(
                &format!("{} workloads, {} runnables", reference.workloads, reference.runnables),
                format!("{:.1} s", reference.seconds),
            );
        }
        if let Some(fleet) = &self.fleet {
            line(
                &format!("{} workloads x 3 resources", fleet.workloads),
                format!("{:.1} s, {:.0} objects a second", fleet.seconds, rate(fleet.objects, fleet.seconds)),
            );
            line("  requests", requests(&fleet.requests));
            if let Some(cpu) = fleet.cpu_seconds {
                let server = fleet.server_cpu_seconds;
                let server = server.map_or(String::new(), |server| format!(", API server {server:.1} s"));
                line("  cpu", format!("controller {cpu:.1} s{server}"));
            }
        }
        if let Some(bare) = &self.bare {
            line(
                "  bare client",
                format!(
                    "{:.0} objects a second, {:.0} statuses a second",
                    rate(bare.objects, bare.object_seconds),
                    rate(bare.statuses, bare.status_seconds)
                ),
            );
        }
        if let (Some(ratio), Some(objects)) = (self.ratio(), self.ratio_of_objects()) {
            line(
                "  against the bare client",
                format!(
                    "{:.0} % (objects and a status each), {:.0} % (objects alone)",
                    ratio * 100.0,
                    objects * 100.0
                ),
            );
        }
        if self.fleet.is_some() {
            line("  memory of the controller", memory(&self.memory));
        }
        if let Some(template) = &self.template {
            line(
                &format!("changed template, {} owners", template.owners),
                format!("{:.2} s", template.seconds),
            );
        }
        if let Some(latency) = &self.latency {
            let [p50, p99, max] = [latency.p50, latency.p99, latency.max].map(milliseconds);
            line(
                &format!("status to dependant, {} times", latency.samples),
                format!("p50 {p50:.1} ms, p99 {p99:.1} ms, at most {max:.1} ms"),
            );
        }
        if let Some(rest) = &self.rest {
            let others = match rest.others {
                0 => "only watches and the lease".to_owned(),
                others => format!("{others} others than watches and the lease"),
            };
            line(&format!("requests at rest in {:.0} s", rest.seconds), others);
            line("  which", requests(&rest.requests));
        }
        if let Some(restart) = &self.restart {
            line("restart", format!("{:.1} s, {} writes", restart.seconds, restart.writes));
            line("  requests", requests(&restart.requests));
            line("  memory of the controller", memory(&restart.memory));
        }
        out
    }
}

/// Those that are made most, first.
fn requests(requests: &Requests) -> String {
    let mut sorted: Vec<(&String, &u64)> = requests.iter().collect();
    sorted.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), *name));
    let shown: Vec<String> = sorted.iter().take(8).map(|(name, count)| format!("{count} {name}")).collect();
    match sorted.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{}, {more} other kinds", shown.join(", ")),
    }
}

fn memory(memory: &Memory) -> String {
    let mib = |bytes: u64| (bytes as f64 / f64::from(1 << 20)).round();
    match (memory.resident_bytes, memory.peak_bytes) {
        (Some(now), Some(peak)) => format!("{} MiB, at most {} MiB", mib(now), mib(peak)),
        (Some(now), None) => format!("{} MiB", mib(now)),
        _ => "not known".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Bare, ControllerReport, Fleet, Latency};

    #[test]
    fn the_ratio_compares_the_same_writes() {
        let bare = Bare { objects: 300, object_seconds: 3.0, statuses: 50, status_seconds: 1.0 };
        let fleet = Fleet { workloads: 100, objects: 300, seconds: 10.0, ..Fleet::default() };
        let report = ControllerReport { bare: Some(bare), fleet: Some(fleet), ..ControllerReport::default() };
        // 3 s for the objects and 2 s for the statuses; 3 s for the objects.
        assert_eq!(report.ratio(), Some(0.5));
        assert_eq!(report.ratio_of_objects(), Some(0.3));
    }

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let times = (1..=200).rev().map(Duration::from_millis).collect();
        let latency = Latency::of(times);
        assert_eq!([latency.p50, latency.p99, latency.max].map(|time| time.as_millis()), [100, 198, 200]);
        assert_eq!(Latency::of(Vec::new()), Latency::default());
    }
}
