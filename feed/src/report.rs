//! The feed's part of the summary.

use std::collections::BTreeMap;

use tickline_shared::clock::{Clock, ClockKind, Scale};
use tickline_shared::scenario::Pages;
use tickline_shared::summary::{BookSummary, Environment, FeedSummary, StageSummary};

use crate::counts::{Fault, Malformed};
use crate::pipeline::Pipeline;
use crate::play::Cost;
use crate::publish::Publisher;
use crate::scenario::{FeedConfig, Speed};
use crate::venue::Venue;
use crate::venue::market::Keeps;

/// The machine that this process runs on.
pub fn environment(clock: ClockKind, scale: Scale, pages: Pages) -> Environment {
    let uname = rustix::system::uname();
    Environment {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        kernel: uname.release().to_string_lossy().into_owned(),
        cpu: cpu_model(&std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default()),
        cores: Vec::new(),
        pages: pages.to_string(),
        clock: match clock {
            ClockKind::Tsc => "tsc".to_owned(),
            ClockKind::Monotonic => "monotonic".to_owned(),
        },
        ghz: (scale.ghz() * 1e6).round() / 1e6,
        warnings: Vec::new(),
    }
}

fn cpu_model(cpuinfo: &str) -> String {
    let line = cpuinfo.lines().find(|line| line.starts_with("model name"));
    let model = line.and_then(|line| line.split_once(':'));
    model.map_or("unknown", |(_, model)| model.trim()).to_owned()
}

/// What was played and published.
pub fn summary<C: Clock>(
    pipeline: &Pipeline<C>,
    cost: &Cost,
    venue: Venue,
    format: &str,
    config: &FeedConfig,
) -> FeedSummary {
    let (counts, publisher) = (&pipeline.counts, &pipeline.publisher);
    let (first, last) = pipeline.span.unwrap_or_default();
    let seconds = pipeline.pacer.scale().nanos(last.wrapping_sub(first)) as f64 / 1e9;
    let rate = if seconds > 0.0 { counts.messages as f64 / seconds } else { 0.0 };
    let malformed = Malformed::ALL.iter().map(|reason| reason.name().to_owned());
    let malformed: BTreeMap<_, _> =
        malformed.zip(counts.malformed).filter(|(_, count)| *count > 0).collect();
    let done = Fault::ALL.iter().map(|fault| fault.name().to_owned()).zip(counts.faults);
    let damage: BTreeMap<_, _> = done.filter(|(_, count)| *count > 0).collect();
    let faults = publisher.faults();
    let paced = config.speed != Speed::Max;
    FeedSummary {
        venue: venue.name().to_owned(),
        format: format.to_owned(),
        speed: config.speed.to_string(),
        paced: Some(paced),
        packets: counts.packets,
        bytes: counts.bytes,
        messages: counts.messages,
        by_type: counts.named(&counts.by_type).collect(),
        published: publisher.sink_ref().published(),
        gaps: counts.gaps,
        gap_messages: counts.gap_messages,
        duplicates: counts.duplicates,
        malformed,
        unknown: counts.named(&counts.unknown).collect(),
        sessions: counts.sessions,
        seconds,
        messages_per_second: rate.round() as u64,
        heartbeats: counts.heartbeats,
        unknown_orders: faults.unknown_orders,
        duplicate_orders: faults.duplicate_orders,
        over_reduced: faults.over_reduced,
        longer: counts.longer,
        truncated: counts.truncated,
        ring_full: publisher.sink_ref().ring_full(),
        wakes: publisher.sink_ref().wakes(),
        allocations: cost.allocations,
        page_faults: cost.page_faults,
        instruments: publisher.instruments().registry().len() as u64,
        unnumbered: faults.unnumbered,
        book: book(publisher, venue),
        late: paced.then(|| StageSummary::from_histogram(pipeline.pacer.late())),
        late_releases: pipeline.pacer.late_releases(),
        cpu: config.core,
        restarts: 0,
        interrupted: false,
        lines: counts.lines.clone(),
        faults: damage,
    }
}

/// What was kept; nothing of a venue that sends the top of its books itself.
fn book<C: Clock>(publisher: &Publisher<C>, venue: Venue) -> Option<BookSummary> {
    let (book, levels) = (publisher.book(), publisher.levels());
    let (level_growths, level_bytes) =
        levels.map_or((0, 0), |levels| (levels.growths(), levels.memory_bytes()));
    matches!(venue.keeps(), Keeps::Orders | Keeps::Levels).then(|| BookSummary {
        live_orders: book.live_orders() as u64,
        peak: publisher.peak_orders() as u64,
        growths: book.growths() + level_growths,
        memory_bytes: (book.memory_bytes() + level_bytes) as u64,
    })
}
