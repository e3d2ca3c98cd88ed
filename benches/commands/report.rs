//! Tables and JSON of what was measured.

use std::time::Duration;

use serde_json::{Value, json};

use crate::inputs::Workload;
use crate::measure::Cost;

/// The costs of one size: ours, and the reference's if there is one.
pub(crate) struct Row {
    pub(crate) size: usize,
    pub(crate) ours: Cost,
    pub(crate) theirs: Option<Cost>,
}

/// Prints the head of a workload's table.
pub(crate) fn head(workload: &Workload, compared: bool) {
    println!("\n{}: {}", workload.name, workload.about);
    let columns = |of: &str| format!("{of:>11} {:>11} {:>9}", "", "");
    let names = |_| format!("{:>11} {:>11} {:>9}", "wall ms", "cpu ms", "MiB");
    match compared {
        true => {
            println!(
                "{:16}{}   {}   {:>23}",
                "",
                columns("stampmill"),
                columns("reference"),
                "reference / stampmill"
            );
            println!("{:16}{}   {}   {:>7}{:>8}{:>8}", "", names(0), names(1), "wall", "cpu", "memory");
        }
        false => println!("{:16}{}", "", names(0)),
    }
}

/// Prints one size.
pub(crate) fn row(workload: &Workload, row: &Row) {
    let cost = |cost: &Cost| {
        format!("{:11.1} {:11.1} {:9.1}", millis(cost.wall), millis(cost.cpu), mebibytes(cost.memory))
    };
    let size = format!("{} {}", row.size, workload.unit);
    match &row.theirs {
        Some(theirs) => {
            let [wall, cpu, memory] = ratios(&row.ours, theirs);
            println!("{size:16}{}   {}   {wall:7.1}{cpu:8.1}{memory:8.1}", cost(&row.ours), cost(theirs));
        }
        None => println!("{size:16}{}", cost(&row.ours)),
    }
}

/// Prints how the time grew from the smallest to the whole input.
pub(crate) fn growth(rows: &[Row]) {
    let [first, .., last] = rows else { return };
    let times = |first: &Cost, last: &Cost| last.cpu.as_secs_f64() / first.cpu.as_secs_f64();
    let size = last.size as f64 / first.size as f64;
    print!("{size:.0} times the input takes {:.1} times the cpu", times(&first.ours, &last.ours));
    match (&first.theirs, &last.theirs) {
        (Some(first), Some(last)) => println!(", the reference {:.1} times", times(first, last)),
        _ => println!(),
    }
}

/// The whole of a workload as JSON: times in milliseconds, memory in bytes.
pub(crate) fn as_json(workload: &Workload, rows: &[Row]) -> Value {
    let cost =
        |cost: &Cost| json!({"wall": millis(cost.wall), "cpu": millis(cost.cpu), "memory": cost.memory});
    let sizes: Vec<Value> = rows
        .iter()
        .map(|row| {
            let mut value = json!({"size": row.size, "stampmill": cost(&row.ours)});
            if let Some(theirs) = &row.theirs {
                let [wall, cpu, memory] = ratios(&row.ours, theirs);
                value["reference"] = cost(theirs);
                value["ratio"] = json!({"wall": wall, "cpu": cpu, "memory": memory});
            }
            value
        })
        .collect();
    json!({"name": workload.name, "about": workload.about, "unit": workload.unit, "sizes": sizes})
}

/// How many times more the reference took: wall, cpu, memory.
fn ratios(ours: &Cost, theirs: &Cost) -> [f64; 3] {
    [
        theirs.wall.as_secs_f64() / ours.wall.as_secs_f64(),
        theirs.cpu.as_secs_f64() / ours.cpu.as_secs_f64(),
        theirs.memory as f64 / ours.memory as f64,
    ]
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
