//! The lines of a feed for people: one row each, and which brought a number first.

use tickline_shared::summary::LineSummary;

use super::{grid, grouped, nanos};

const HEADINGS: [&str; 7] = ["line", "packets", "first", "ahead by min", "p50", "p99", "max"];

/// A table, where there is more than one line.
pub fn render(lines: &[LineSummary]) -> Option<String> {
    let heading = HEADINGS.map(str::to_owned).to_vec();
    let rows: Vec<_> = [heading].into_iter().chain(lines.iter().map(cells)).collect();
    (lines.len() > 1).then(|| grid(&rows, 1))
}

fn cells(line: &LineSummary) -> Vec<String> {
    let counts = [line.line.clone(), grouped(line.packets), grouped(line.first)];
    let ahead = match &line.ahead {
        Some(ahead) => [ahead.min, ahead.p50, ahead.p99, ahead.max].map(nanos),
        None => [(); 4].map(|()| "-".to_owned()),
    };
    counts.into_iter().chain(ahead).collect()
}
