//! The worst records that a strategy kept, and what explains each.

use tickline_shared::summary::{Spike, SpikeLimit, StrategySummary};

use super::Contents;
use crate::page::{Cell, Row, Table};
use crate::table::{grouped, nanos};

/// More rows than this do not help: the summary has all.
const SHOWN: usize = 200;

const HEADINGS: [&str; 11] = [
    "time (UTC)",
    "why",
    "record",
    "symbol",
    "kind",
    "decode",
    "hop",
    "strategy",
    "total",
    "slow records",
    "queue",
];

/// One table for each run whose strategy was asked for spikes.
pub fn tables(contents: &Contents<'_>) -> String {
    let own = |(at, run): (usize, &&crate::latency::run::Run)| {
        let strategies = run.summary.iter().flat_map(|summary| &summary.strategies);
        let name = run.strategy.as_ref();
        let strategy = { strategies }.find(|strategy| Some(&strategy.name) == name)?.clone();
        let limit = strategy.spike_limit.clone()?;
        Some(table(&contents.names[at], &strategy, &limit))
    };
    contents.runs.iter().enumerate().filter_map(own).collect()
}

fn table(name: &str, strategy: &StrategySummary, limit: &SpikeLimit) -> String {
    let (all, over) = (strategy.spikes.len(), nanos(limit.over_ns));
    let more = match all.saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!("; {} more in summary.json", grouped(more as u64)),
    };
    let caption = match all {
        0 => format!("{name}: no record over {over} ({})", limit.by),
        _ => format!("{name}: the worst records over {over} ({}){more}", limit.by),
    };
    if all == 0 {
        return format!("<p>{}</p>\n", crate::page::escaped(&caption));
    }
    let heading = |heading: &str| match heading {
        "time (UTC)" | "symbol" | "kind" | "why" => Cell::words(heading),
        _ => Cell::from(heading),
    };
    Table {
        caption: &caption,
        headings: HEADINGS.map(heading).into(),
        rows: strategy.spikes.iter().take(SHOWN).map(row).collect(),
        sortable: true,
    }
    .print()
}

fn row(spike: &Spike) -> Row {
    let symbol = if spike.symbol.is_empty() { "-" } else { &spike.symbol };
    let time = |ns: u64| Cell::exact(nanos(ns), ns);
    let count = |number: u64| Cell::exact(grouped(number), number);
    let why = Cell { attributes: " data-long".to_owned(), ..Cell::words(&*spike.verdict) };
    [
        Cell::words(&*spike.time),
        why,
        count(spike.record),
        Cell::words(symbol),
        Cell::words(&*spike.kind),
        time(spike.decode_ns),
        time(spike.hop_ns),
        time(spike.strategy_ns),
        time(spike.total_ns),
        count(spike.slow_records),
        count(spike.queue),
    ]
    .into_iter()
    .collect()
}
