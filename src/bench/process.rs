//! What a process has used, where the system says so.

/// Time of the processor and memory.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Usage {
    /// Of this process, without others that it started.
    pub(super) cpu_seconds: f64,
    /// Of others that it started and that have ended.
    pub(super) children_seconds: f64,
    /// The resident set now.
    pub(super) resident_bytes: u64,
    /// The largest resident set.
    pub(super) peak_bytes: u64,
}

/// How many ticks Linux counts a second for programs, on all architectures of today.
const TICKS: f64 = 100.0;

impl Usage {
    /// So far; none where there is no `/proc`.
    pub(super) fn of_process() -> Option<Usage> {
        Usage::of("self")
    }

    /// Of a process by its number.
    pub(super) fn of(process: &str) -> Option<Usage> {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
        read(&stat, &status)
    }

    /// The times since then; the peak is that of the whole process.
    pub(super) fn since(&self, before: &Usage) -> Usage {
        Usage {
            cpu_seconds: self.cpu_seconds - before.cpu_seconds,
            children_seconds: self.children_seconds - before.children_seconds,
            resident_bytes: self.resident_bytes,
            peak_bytes: self.peak_bytes,
        }
    }
}

/// From `/proc/self/stat` and `/proc/self/status`, see proc(5).
fn read(stat: &str, status: &str) -> Option<Usage> {
    // The name of the program may hold spaces and parentheses.
    let (_, fields) = stat.rsplit_once(") ")?;
    // The third field is the first behind the name; the 14th to 17th are times.
    let times: Vec<f64> =
        fields.split(' ').skip(11).take(4).map(|field| field.parse().ok()).collect::<Option<_>>()?;
    let [user, system, children_user, children_system] = times.as_slice() else { return None };
    let bytes = |name: &str| {
        let size = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = size.trim().strip_suffix(" kB")?.trim().parse().ok()?;
        Some(kib << 10)
    };
    Some(Usage {
        cpu_seconds: (user + system) / TICKS,
        children_seconds: (children_user + children_system) / TICKS,
        resident_bytes: bytes("VmRSS:")?,
        peak_bytes: bytes("VmHWM:")?,
    })
}

#[cfg(test)]
mod tests {
    use super::{Usage, read};

    #[test]
    fn fields_are_those_of_proc() {
        let stat = "4321 (a ) b) S 1 4321 1 0 -1 4194560 9 8 7 6 150 50 20 10 20 0 4 0 100 200 300\n";
        let status = "Name:\ta\nVmPeak:\t  99 kB\nVmHWM:\t  2048 kB\nVmRSS:\t  1024 kB\n";
        let expected =
            Usage { cpu_seconds: 2.0, children_seconds: 0.3, resident_bytes: 1 << 20, peak_bytes: 2 << 20 };
        assert_eq!(read(stat, status), Some(expected));
        assert_eq!(read("", status), None);
    }
}
