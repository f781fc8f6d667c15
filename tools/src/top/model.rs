//! From two samples of a ring to what a person wants to know: rates, ages, states. Pure.

use serde::Serialize;
use tickline_shared::attach::{ReaderSample, RingSample};
use tickline_shared::clock::ClockKind;
use tickline_shared::latency::{Buckets, LiveLatency, Percentiles, Stage};
use tickline_shared::ring::counters::{FeedCounts, ReaderCounts};
use tickline_shared::summary::StageSummary;

/// A process that gave no sign of life for so long, in ns, is stalled: both sides give one every
/// 100 ms at least, whatever they do.
const STALLED_NS: u64 = 500_000_000;

/// Latencies of an interval that ended so long ago, in ns, are not those of the last second.
const STALE_NS: u64 = 3_000_000_000;

/// How a process does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It gives signs of life.
    Running,
    /// A feed waits for its strategies, a strategy for its feed.
    Waiting,
    /// Its work is done.
    Ended,
    /// It lives and gives no sign of it: stopped, starved, or stuck.
    Stalled,
    /// It died.
    Gone,
}

impl State {
    /// The word on the screen and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Waiting => "waiting",
            State::Ended => "ended",
            State::Stalled => "stalled",
            State::Gone => "gone",
        }
    }
}

/// A ring.
#[derive(Clone, Debug, Serialize)]
pub struct Ring {
    /// Its name.
    pub name: String,
    /// How its feed does.
    pub state: State,
    /// The feed's process.
    pub pid: i32,
    /// Slots of the ring.
    pub slots: u64,
    /// What its stamps count.
    pub clock: ClockKind,
    /// The part of them that waits for the slowest reader, 0 to 1.
    pub fill: f64,
    /// Since the feed's last sign of life.
    pub heartbeat_age_ms: u64,
    /// The part of the source that was played; `None` where it has no end.
    pub progress: Option<f64>,
    /// What the feed counted.
    pub feed: Feed,
    /// Its readers.
    pub strategies: Vec<Strategy>,
}

/// What a feed counted, and how fast that grows.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Feed {
    /// Named as in `summary.json`.
    #[serde(flatten)]
    pub counts: FeedCounts,
    /// Messages delivered.
    pub messages_per_second: Option<f64>,
    /// Records written into the ring.
    pub published_per_second: Option<f64>,
    /// Bytes of messages.
    pub bytes_per_second: Option<f64>,
}

/// A reader of a ring.
#[derive(Clone, Debug, Serialize)]
pub struct Strategy {
    /// Its name.
    pub name: String,
    /// Its ring's name.
    pub ring: String,
    /// How it does.
    pub state: State,
    /// Its process.
    pub pid: i32,
    /// `lossless` or `lossy`.
    pub reader: String,
    /// Records published that it has not released.
    pub lag: u64,
    /// Since its last sign of life.
    pub heartbeat_age_ms: u64,
    /// Named as in `summary.json`.
    #[serde(flatten)]
    pub counts: ReaderCounts,
    /// Records received.
    pub received_per_second: Option<f64>,
    /// Times it slept.
    pub parks_per_second: Option<f64>,
    /// Latencies of the last second.
    pub last_second: Stages,
    /// Latencies since its start.
    pub stages: Stages,
    /// The same as histograms, in the order of [`Stage::ALL`].
    #[serde(skip)]
    pub buckets: [Buckets; Stage::ALL.len()],
    /// p99 of each second, in the order of [`Stage::ALL`], the newest last.
    #[serde(skip)]
    pub history: Vec<[u64; Stage::ALL.len()]>,
}

/// The latencies of every stage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Stages {
    /// Ingress to publish.
    pub decode: StageSummary,
    /// Publish to poll.
    pub hop: StageSummary,
    /// Poll to egress.
    pub strategy: StageSummary,
    /// Ingress to egress.
    pub total: StageSummary,
}

impl Stages {
    fn of(percentiles: &[Percentiles; Stage::ALL.len()]) -> Stages {
        let [decode, hop, strategy, total] = percentiles.map(StageSummary::from);
        Stages { decode, hop, strategy, total }
    }

    /// One of them.
    pub fn stage(&self, stage: Stage) -> &StageSummary {
        match stage {
            Stage::Decode => &self.decode,
            Stage::Hop => &self.hop,
            Stage::Strategy => &self.strategy,
            Stage::Total => &self.total,
        }
    }
}

/// What two looks at a ring say; without an earlier one there are no rates.
pub fn ring(now: &RingSample, before: Option<&RingSample>) -> Ring {
    // Another feed began to count at zero again.
    let before = before.filter(|before| before.started_unix_ns == now.started_unix_ns);
    let age_ns = now.at_ns.saturating_sub(now.heartbeat_ns);
    let counts = &now.counts;
    let rate = |of: fn(&FeedCounts) -> u64| {
        let before = before.map(|before| (of(&before.counts), before.heartbeat_ns));
        rate((of(counts), now.heartbeat_ns), before, age_ns)
    };
    let feed = Feed {
        counts: *counts,
        messages_per_second: rate(|counts| counts.messages),
        published_per_second: rate(|counts| counts.published),
        bytes_per_second: rate(|counts| counts.bytes),
    };
    let strategies: Vec<Strategy> = now
        .readers
        .iter()
        .map(|reader| {
            let before = before.and_then(|before| {
                before.readers.iter().find(|b| (&b.name, b.pid) == (&reader.name, reader.pid))
            });
            strategy(now, reader, before)
        })
        .collect();
    let behind = strategies.iter().filter(|s| !matches!(s.state, State::Gone | State::Ended));
    let slowest = behind.map(|strategy| strategy.lag).max().unwrap_or(0);
    Ring {
        name: now.name.clone(),
        state: feed_state(now, age_ns),
        pid: now.pid,
        slots: now.slots,
        clock: now.clock,
        fill: (slowest as f64 / now.slots.max(1) as f64).min(1.0),
        heartbeat_age_ms: age_ns / 1_000_000,
        progress: (now.source_total > 0)
            .then(|| (now.source_done as f64 / now.source_total as f64).min(1.0)),
        feed,
        strategies,
    }
}

fn feed_state(now: &RingSample, age_ns: u64) -> State {
    match () {
        () if now.ended.is_some() => State::Ended,
        () if now.gone => State::Gone,
        () if age_ns > STALLED_NS => State::Stalled,
        () if now.counts.messages == 0 && now.counts.published == 0 => State::Waiting,
        () => State::Running,
    }
}

fn strategy(ring: &RingSample, now: &ReaderSample, before: Option<&ReaderSample>) -> Strategy {
    let age_ns = ring.at_ns.saturating_sub(now.heartbeat_ns);
    let rate = |of: fn(&ReaderCounts) -> u64| {
        let before = before.map(|before| (of(&before.counts), before.heartbeat_ns));
        rate((of(&now.counts), now.heartbeat_ns), before, age_ns)
    };
    let live = now.live.as_deref().copied().unwrap_or_default();
    let LiveLatency { written_ns, interval, since_start, buckets, .. } = live;
    let fresh = ring.at_ns.saturating_sub(written_ns) < STALE_NS;
    Strategy {
        name: now.name.clone(),
        ring: ring.name.clone(),
        state: reader_state(ring, now, age_ns),
        pid: now.pid,
        reader: now.mode.to_string(),
        lag: ring.counts.published.saturating_sub(now.cursor),
        heartbeat_age_ms: age_ns / 1_000_000,
        counts: now.counts,
        received_per_second: rate(|counts| counts.received),
        parks_per_second: rate(|counts| counts.parks),
        last_second: if fresh { Stages::of(&interval) } else { Stages::default() },
        stages: Stages::of(&since_start),
        buckets,
        history: Vec::new(),
    }
}

fn reader_state(ring: &RingSample, now: &ReaderSample, age_ns: u64) -> State {
    let done = ring.ended.is_some_and(|records| now.cursor >= records);
    match () {
        () if done => State::Ended,
        () if !now.alive => State::Gone,
        () if ring.gone => State::Waiting,
        () if !now.attached => State::Gone,
        () if age_ns > STALLED_NS => State::Stalled,
        () => State::Running,
    }
}

/// How fast a counter grows, a second. Counters are shown together with a sign of life, so the
/// time between two of those is the time in which the counter grew.
fn rate(now: (u64, u64), before: Option<(u64, u64)>, age_ns: u64) -> Option<f64> {
    let (then, then_ns) = before?;
    let grown = now.0.checked_sub(then)?;
    match now.1.checked_sub(then_ns)? {
        // Who gives no sign of life counts nothing; after a short while nobody can tell yet.
        0 => (age_ns > STALLED_NS).then_some(0.0),
        ns => Some(grown as f64 * 1e9 / ns as f64),
    }
}

#[cfg(test)]
pub(super) mod tests;
