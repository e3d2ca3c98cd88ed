//! Which lines of the templates renders spend their time on.

use std::time::{Duration, Instant};

use super::threads::warm_up;
use super::{Input, nth, render};
use crate::error::Result;
use crate::template::profile::Profiler;
use crate::workspace::{File, Options};
use crate::{Limits, Renderer, Template};

/// Where the time of renders goes.
#[derive(Clone, Debug)]
pub struct Profile {
    /// How many renders were watched.
    pub renders: u64,
    /// How long one took on average, in microseconds; watching costs time itself.
    pub mean_us: f64,
    /// The share of the lines.
    pub lines_share: f64,
    /// The share of what serves no line: reading data values and putting them in place, overlays,
    /// checks.
    pub rest_share: f64,
    /// The share of writing the result.
    pub print_share: f64,
    /// The lines, those that take most first.
    pub lines: Vec<ProfiledLine>,
}

/// A line of a template.
#[derive(Clone, PartialEq, Debug)]
pub struct ProfiledLine {
    /// The path of the file, as messages show it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// Its text.
    pub source: String,
    /// The share of the render's time, functions called by the line left out.
    pub share: f64,
    /// The same in microseconds for each render.
    pub us: f64,
    /// How often a render comes to it on average.
    pub visits: f64,
}

/// Renders the inputs in turn for a while, and watches.
///
/// # Errors
/// Those of the renders.
pub(super) fn profile(
    files: &[File],
    limits: &Limits,
    inputs: &[&Input],
    duration: Duration,
) -> Result<Profile> {
    // Code is watched that was compiled while somebody watches.
    let profiler = Profiler::start();
    let renderer = Renderer::new().with_limits(limits.clone());
    let template = Template::compile_with(files.to_vec(), Options::default(), limits)?;
    let mut out = String::new();
    warm_up(duration, &mut |turn| match nth(inputs, turn) {
        Some(input) => render(&renderer, &template, input, &mut out),
        None => Ok(()),
    })?;
    profiler.restart();
    let (mut renders, mut printing) = (0_u64, Duration::ZERO);
    let start = Instant::now();
    for input in inputs.iter().cycle() {
        let output = renderer.render(&template, &input.values())?;
        let printed = Instant::now();
        out.clear();
        output.write_yaml(&mut out)?;
        drop(output);
        printing += printed.elapsed();
        renders += 1;
        if start.elapsed() >= duration {
            break;
        }
    }
    let total = start.elapsed();
    let share = |time: Duration| time.as_secs_f64() / total.as_secs_f64().max(1e-9);
    let each = |time: Duration| time.as_secs_f64() * 1e6 / renders.max(1) as f64;
    let seen = profiler.lines();
    let in_lines: Duration = seen.iter().map(|(_, visits)| visits.time).sum();
    let table = template.file_table();
    let mut lines: Vec<ProfiledLine> = seen
        .into_iter()
        .filter_map(|(pos, visits)| {
            let file = table.get(pos.file)?;
            let source = file.text().lines().nth((pos.line as usize).checked_sub(1)?).unwrap_or_default();
            Some(ProfiledLine {
                file: file.name.to_string(),
                line: pos.line,
                source: source.to_owned(),
                share: share(visits.time),
                us: each(visits.time),
                visits: visits.count as f64 / renders.max(1) as f64,
            })
        })
        .collect();
    lines.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| (&a.file, a.line).cmp(&(&b.file, b.line))));
    Ok(Profile {
        renders,
        mean_us: each(total),
        lines_share: share(in_lines),
        rest_share: share(total.saturating_sub(in_lines + printing)),
        print_share: share(printing),
        lines,
    })
}
