//! The stages side by side on one axis: where p50, p90, p99 and the largest value of each lie.

use std::fmt::Write;

use super::Contents;
use super::chart::{Hides, classes, short};
use super::scale::{Scale, Unit};
use crate::page::escaped;
use crate::table::nanos;

/// Height of one row, and where in it the words and the line stand, in pixels.
const ROW: f64 = 50.0;
const WORDS: f64 = 16.0;
const LINE: f64 = 32.0;

/// Percentiles do not add up, and the page says so.
const NOTE: &str = "Percentiles do not add up: the message that was slowest in one stage was \
    seldom the slowest in the next, so p99 of total is not the sum of the others' p99. Circle: \
    p50, bar: p90, diamond: p99, triangle: largest value. Logarithmic scale; the figures stand in \
    the table of percentiles.";

/// The figure.
pub fn figure(contents: &Contents<'_>) -> String {
    let mut recorded: Vec<_> = contents.sums().filter(|(_, _, sum)| !sum.is_empty()).collect();
    if recorded.is_empty() {
        return "<p>Nothing was recorded.</p>\n".to_owned();
    }
    recorded.sort_by_key(|(run, stage, _)| (*stage, *run));
    let ends = recorded
        .iter()
        .flat_map(|(_, _, sum)| [sum.value_at_quantile(0.5) as f64, sum.max() as f64]);
    let scale = Scale::log(ends);
    let height = ROW * recorded.len() as f64;
    let mut svg = format!(
        "<figure id=\"stages-chart\">\n<figcaption id=\"stages-title\">Stages side by side\
         </figcaption>\n<p class=\"note\">{NOTE}</p>\n<div class=\"plot bare\">\n\
         <svg class=\"field\" role=\"img\" aria-labelledby=\"stages-title\" width=\"100%\" \
         height=\"{height}\">\n{}",
        grid(&scale, height)
    );
    for (at, (run, stage, sum)) in recorded.iter().enumerate() {
        let name = match contents.runs.len() {
            1 => contents.stages[*stage].clone(),
            _ => format!("{}, {}", contents.stages[*stage], contents.names[*run]),
        };
        let quantile = |quantile: f64| sum.value_at_quantile(quantile);
        let values = [quantile(0.5), quantile(0.9), quantile(0.99), sum.max()];
        let hides = Hides { stage: Some(*stage), run: Some(*run) };
        svg += &row(
            &Strip {
                name: &name,
                top: ROW * at as f64,
                values,
                look: contents.look(*run, *stage),
                hides,
            },
            &scale,
        );
    }
    svg + "</svg>\n</div>\n</figure>\n"
}

struct Strip<'a> {
    name: &'a str,
    top: f64,
    values: [u64; 4],
    look: (usize, usize),
    hides: Hides,
}

// Writing into a String cannot fail.
fn grid(scale: &Scale, height: f64) -> String {
    let ticks = scale.ticks();
    let crowded = ticks.len() > 5;
    let mut svg = String::from("<g class=\"grid\">\n");
    for (at, value) in ticks.iter().enumerate() {
        let x = scale.place(*value);
        let anchor = match x {
            _ if x < 0.02 => "start",
            _ if x > 0.98 => "end",
            _ => "middle",
        };
        let class = if crowded && at % 2 == 1 { " class=\"minor\"" } else { "" };
        let (x, name) = (short(x * 100.0), Unit::Nanos.name(*value));
        let _ = writeln!(
            svg,
            "<line x1=\"{x}%\" x2=\"{x}%\" y1=\"0\" y2=\"{height}\"/>\
             <text{class} x=\"{x}%\" y=\"{}\" text-anchor=\"{anchor}\">{name}</text>",
            height + 18.0
        );
    }
    svg + "</g>\n"
}

fn row(strip: &Strip<'_>, scale: &Scale) -> String {
    let [p50, p90, p99, max] = strip.values;
    let x = |ns: u64| short(scale.place(ns as f64) * 100.0);
    let at = |ns: u64, shape: &str| {
        format!(
            "<svg x=\"{}%\" y=\"{}\" overflow=\"visible\"><path class=\"shape\" d=\"{shape}\"/></svg>",
            x(ns),
            strip.top + LINE
        )
    };
    format!(
        "<g class=\"strip {}\"{}>\n<text class=\"halo\" x=\"0\" y=\"{}\">\
         <tspan class=\"name\">{}</tspan> p50 {}, p99 {}, max {}</text>\n\
         <line x1=\"{}%\" x2=\"{}%\" y1=\"{y}\" y2=\"{y}\"/>\
         <line class=\"thick\" x1=\"{}%\" x2=\"{}%\" y1=\"{y}\" y2=\"{y}\"/>\
         <circle cx=\"{}%\" cy=\"{y}\" r=\"5\"/>{}{}{}\n</g>\n",
        classes(strip.look),
        strip.hides.attributes(),
        strip.top + WORDS,
        escaped(strip.name),
        nanos(p50),
        nanos(p99),
        nanos(max),
        x(p99),
        x(max),
        x(p50),
        x(p99),
        x(p50),
        at(p90, "M0-6V6"),
        at(p99, "M-6 0L0-6 6 0 0 6Z"),
        at(max, "M-5-5L5 0-5 5Z"),
        y = strip.top + LINE,
    )
}
