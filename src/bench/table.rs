//! A report for people.

use std::fmt::Write;

use super::{Profile, Report, Times};

/// How many lines of a profile are shown.
const SHOWN_LINES: usize = 20;

/// How long the text of a line may be.
const SHOWN_CHARS: usize = 72;

/// The report as text.
pub(super) fn of(report: &Report) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}, {}: {} in, {} out",
        plural(report.files, "file"),
        plural(report.inputs, "input"),
        bytes(report.input_bytes),
        bytes(report.output_bytes)
    );
    if let Some(failed) = &report.failed {
        let _ = writeln!(out, "{} left out: see the error", plural(failed.count, "input"));
    }
    let mut rows = vec![["", "renders/s", "mean", "p50", "p99", ""].map(str::to_owned)];
    let base = report.threads.first().map_or(0.0, |times| times.per_second);
    for (index, times) in report.threads.iter().enumerate() {
        let note = match index {
            0 => String::new(),
            _ => format!("{:.2}x as many", times.per_second / base.max(1e-9)),
        };
        rows.push(row(plural(times.threads, "thread"), times, note));
    }
    if let Some(limit) = report.scaling_limit {
        let note = format!("{:.2}x as many as one: the limit of the machine", limit.speedup);
        let name = format!("{} processes", limit.processes);
        rows.push([name, grouped(limit.per_second), String::new(), String::new(), String::new(), note]);
    }
    let note = format!("{}x the time of a render", ratio(report.uncached.ratio));
    rows.push(row("compiled for each render".to_owned(), &report.uncached.times, note));
    if let Some(floor) = &report.floor {
        let note = format!("a render takes {}x as long", ratio(floor.ratio));
        rows.push(row("serde_json in and out".to_owned(), &floor.times, note));
    }
    if let Some(against) = &report.against {
        let comparison = &against.comparison;
        let note = format!("{}x the time of a render", ratio(comparison.ratio));
        rows.push(row(against.command.clone(), &comparison.times, note));
    }
    out.push('\n');
    align(&rows, &mut out);
    let _ = writeln!(out, "\ncompiling takes {}", time(report.compile_us));
    if let Some(memory) = report.memory {
        let (count, size) = (grouped(memory.allocations), bytes(memory.bytes));
        let _ = writeln!(out, "a render makes {count} allocations of {size} in all");
    }
    if let Some(against) = &report.against {
        let checked = plural(against.checked, "input");
        let _ = match &against.difference {
            None => writeln!(out, "{} gives the same output for {checked}", against.command),
            Some(found) => {
                writeln!(out, "{} differs for {}: {}", against.command, found.input, found.what)
            }
        };
    }
    if let Some(profile) = &report.profile {
        out.push('\n');
        profiled(profile, &mut out);
    }
    out
}

fn row(name: String, times: &Times, note: String) -> [String; 6] {
    [name, grouped(times.per_second), time(times.mean_us), time(times.p50_us), time(times.p99_us), note]
}

/// Columns of equal width: the first and last to the left, numbers to the right.
fn align(rows: &[[String; 6]], out: &mut String) {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    for row in rows {
        let mut line = String::new();
        for (column, cell) in row.iter().enumerate() {
            let _ = match column {
                0 => write!(line, "{cell:<0$}", width(column)),
                5 => write!(line, "  {cell}"),
                _ => write!(line, "  {cell:>0$}", width(column)),
            };
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

fn profiled(profile: &Profile, out: &mut String) {
    let percent = |share: f64| format!("{:.1}%", share * 100.0);
    let _ = writeln!(
        out,
        "where the time of {} goes ({} each while watched):",
        plural(profile.renders as usize, "render"),
        time(profile.mean_us)
    );
    for (share, what) in [
        (profile.lines_share, "lines of templates"),
        (profile.rest_share, "data values, overlays and all else"),
        (profile.print_share, "writing YAML"),
    ] {
        let _ = writeln!(out, "{:>7}  {what}", percent(share));
    }
    out.push('\n');
    let shown = profile.lines.get(..SHOWN_LINES).unwrap_or(&profile.lines);
    let places: Vec<String> = shown.iter().map(|line| format!("{}:{}", line.file, line.line)).collect();
    let width = places.iter().map(|place| place.chars().count()).max().unwrap_or(0);
    for (line, place) in shown.iter().zip(&places) {
        let mut source: String = line.source.chars().take(SHOWN_CHARS).collect();
        if source.len() < line.source.len() {
            source.push('…');
        }
        let visits = format!("{}x", grouped(line.visits));
        let _ = writeln!(
            out,
            "{:>7}  {:>9}  {visits:>7}  {place:<width$} | {source}",
            percent(line.share),
            time(line.us)
        );
    }
    let more = profile.lines.len() - shown.len();
    if more > 0 {
        let _ = writeln!(out, "         and {}", plural(more, "line"));
    }
}

/// `1 file`, `2 files`.
pub(super) fn plural(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

/// Microseconds in a unit that suits them.
fn time(micros: f64) -> String {
    match micros {
        micros if micros < 999.5 => format!("{} us", digits(micros)),
        micros if micros < 999_500.0 => format!("{} ms", digits(micros / 1e3)),
        micros => format!("{} s", digits(micros / 1e6)),
    }
}

/// Bytes in a unit that suits them.
fn bytes(count: f64) -> String {
    match count {
        count if count < 1024.0 => format!("{count:.0} B"),
        count if count < 1024.0 * 1024.0 => format!("{} KiB", digits(count / 1024.0)),
        count => format!("{} MiB", digits(count / 1024.0 / 1024.0)),
    }
}

/// A ratio: few digits, for nobody needs more.
fn ratio(ratio: f64) -> String {
    digits(ratio)
}

/// Three digits, more only in front of the point.
fn digits(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// A number with a comma between thousands; fractions only of small ones.
fn grouped(value: f64) -> String {
    if value < 9.95 && value.fract() != 0.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_one_reads() {
        for (value, expected) in
            [(0.0, "0"), (1.0, "1"), (0.25, "0.2"), (999.0, "999"), (1234567.8, "1,234,568")]
        {
            assert_eq!(grouped(value), expected);
        }
        for (micros, expected) in [(0.5, "0.50 us"), (12.34, "12.3 us"), (1500.0, "1.50 ms"), (2e6, "2.00 s")]
        {
            assert_eq!(time(micros), expected);
        }
        for (count, expected) in [(12.0, "12 B"), (2048.0, "2.00 KiB"), (52_428_800.0, "50.0 MiB")] {
            assert_eq!(bytes(count), expected);
        }
    }
}
