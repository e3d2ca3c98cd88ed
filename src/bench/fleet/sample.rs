//! A fleet to measure: one platform, any number of workloads, the same for everybody.

use std::fmt::Write as _;
use std::io::{self, Read};

/// A supply chain of five resources and its templates.
pub const PLATFORM: &str = include_str!("platform.yaml");

/// What other controllers would say.
pub const OBSERVED: &str = include_str!("observed.yaml");

/// How many resources the chain has.
pub const RESOURCES: u64 = 5;

/// How many of them are templated with ytt.
pub const YTT_RESOURCES: u64 = 3;

/// Appends a workload as a line of JSON. Workloads differ in how many variables and settings they have.
pub fn write_workload(out: &mut String, number: u64) {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let team = mixed % 40;
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "{{\"apiVersion\":\"carto.run/v1alpha1\",\"kind\":\"Workload\",\"metadata\":{{\"name\":\"service-{number:06}\",\
         \"namespace\":\"team-{team:02}\",\"labels\":{{\"example.com/type\":\"service\",\"example.com/team\":\
         \"team-{team:02}\"}}}},\"spec\":{{\"source\":{{\"git\":{{\"url\":\
         \"https://git.example.com/team-{team:02}/service-{number:06}.git\",\"ref\":{{\"branch\":\"main\"}}}}}},\
         \"build\":{{\"env\":[{{\"name\":\"BP_JVM_VERSION\",\"value\":\"{}\"}}]}},\"env\":[",
        17 + 4 * (mixed % 2)
    );
    for variable in 0..1 + mixed / 7 % 4 {
        let comma = if variable == 0 { "" } else { "," };
        let _ =
            write!(out, "{comma}{{\"name\":\"SETTING_{variable}\",\"value\":\"value {}\"}}", mixed % 1000);
    }
    let _ = write!(
        out,
        "],\"params\":[{{\"name\":\"replicas\",\"value\":{}}},{{\"name\":\"port\",\"value\":{}}},\
         {{\"name\":\"settings\",\"value\":{{",
        1 + mixed % 5,
        8000 + mixed % 100
    );
    for setting in 0..mixed / 11 % 5 {
        let comma = if setting == 0 { "" } else { "," };
        let _ = write!(out, "{comma}\"level{setting}\":{}", mixed / 13 % 100);
    }
    let _ = write!(
        out,
        "}}}}],\"resources\":{{\"requests\":{{\"cpu\":\"{}m\",\"memory\":\"{}Mi\"}}",
        100 * (1 + mixed % 8),
        128 << (mixed % 4)
    );
    if mixed.is_multiple_of(3) {
        out.push_str(",\"limits\":{\"cpu\":\"2\",\"memory\":\"4Gi\"}");
    }
    out.push_str("}}}\n");
}

/// The workloads as a stream, made while they are read.
#[derive(Debug)]
pub struct Workloads {
    next: u64,
    end: u64,
    line: String,
    given: usize,
}

impl Workloads {
    /// This many.
    pub fn new(count: u64) -> Workloads {
        Workloads { next: 0, end: count, line: String::new(), given: 0 }
    }
}

impl Read for Workloads {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.line.len() {
            self.line.clear();
            self.given = 0;
            // A few at a time: reading is not what is measured.
            while self.next < self.end && self.line.len() < 1 << 15 {
                write_workload(&mut self.line, self.next);
                self.next += 1;
            }
        }
        let mut rest = self.line.as_bytes().get(self.given..).unwrap_or_default();
        let read = rest.read(buffer)?;
        self.given += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // Tests may fail loudly.

    use std::io::Read;

    use super::{Workloads, write_workload};

    #[test]
    fn the_stream_is_the_workloads_line_by_line() {
        let mut text = String::new();
        Workloads::new(300).read_to_string(&mut text).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 300);
        for line in &lines {
            crate::yaml::json::read(line.as_bytes()).unwrap();
        }
        let mut last = String::new();
        write_workload(&mut last, 299);
        assert_eq!(last.trim_end(), lines[299]);
    }
}
