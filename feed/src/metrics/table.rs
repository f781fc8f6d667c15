//! Every metric: its name, type, unit, labels and meaning, and where its value lies. The page is
//! made from this table, and so is the list that people read.
//!
//! Counters are named as in `summary.json`.

use std::fmt;

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};
use tickline_shared::attach::{ReaderSample, RingSample};
use tickline_shared::ring::counters::{FeedCounts, ReaderCounts};

use crate::counts::{Malformed, type_name};
use crate::venue::Venue;

/// A metric as it is served and listed.
#[derive(Clone, Copy)]
pub struct Metric {
    /// Without the `_total` of a counter.
    pub family: &'static str,
    /// What the value counts or measures, in the plural; `None` for what is only 0 or 1.
    pub unit: Option<&'static str>,
    /// What it says, in one line.
    pub help: &'static str,
    /// Where the value lies.
    pub reading: Reading,
}

/// Where the value of a metric lies; this decides its type and its labels.
#[derive(Clone, Copy)]
pub enum Reading {
    /// 1, with what never changes as labels.
    Build,
    /// A counter of the feed.
    Counter(fn(&FeedCounts) -> u64),
    /// Counters of the feed by a label: its name, and the values that occurred.
    Counters(&'static [&'static str; 1], fn(&RingSample) -> Vec<(String, u64)>),
    /// A state of the feed; `None` where there is nothing to say.
    Gauge(fn(&RingSample) -> Option<f64>),
    /// A counter of each strategy.
    StrategyCounter(fn(&ReaderCounts) -> u64),
    /// A state of each strategy; `None` where there is nothing to say.
    StrategyGauge(fn(&RingSample, &ReaderSample) -> Option<f64>),
    /// Whether each strategy is there: also of those that the scenario names and that never came.
    StrategyUp,
    /// The latencies of each strategy, stage by stage.
    Stages,
}

/// The type of a metric.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Grows; its name ends in `_total`.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts values by size; its series end in `_bucket`, `_sum` and `_count`.
    Histogram,
}

/// As in `# TYPE` lines.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        })
    }
}

impl Metric {
    /// The name in queries; a histogram's series have further endings.
    pub fn name(&self) -> String {
        match self.kind() {
            Kind::Counter => format!("{}_total", self.family),
            Kind::Gauge | Kind::Histogram => self.family.to_owned(),
        }
    }

    /// The type.
    pub fn kind(&self) -> Kind {
        match self.reading {
            Reading::Counter(_) | Reading::Counters(..) | Reading::StrategyCounter(_) => {
                Kind::Counter
            }
            Reading::Build
            | Reading::Gauge(_)
            | Reading::StrategyGauge(_)
            | Reading::StrategyUp => Kind::Gauge,
            Reading::Stages => Kind::Histogram,
        }
    }

    /// The labels of its series, besides the `le` of a histogram.
    pub fn labels(&self) -> &'static [&'static str] {
        match self.reading {
            Reading::Build => &["version", "ring", "venue", "clock", "pages"],
            Reading::Counter(_) | Reading::Gauge(_) => &[],
            Reading::Counters(label, _) => label,
            Reading::StrategyCounter(_) | Reading::StrategyGauge(_) | Reading::StrategyUp => {
                &["strategy"]
            }
            Reading::Stages => &["strategy", "stage"],
        }
    }
}

/// As `metrics --list --json` shows it.
impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Metric", 5)?;
        object.serialize_field("name", &self.name())?;
        object.serialize_field("type", &self.kind())?;
        object.serialize_field("unit", &self.unit)?;
        object.serialize_field("labels", self.labels())?;
        object.serialize_field("help", self.help)?;
        object.end()
    }
}

const fn metric(
    family: &'static str,
    unit: &'static str,
    help: &'static str,
    reading: Reading,
) -> Metric {
    Metric { family, unit: Some(unit), help, reading }
}

const fn flag(family: &'static str, help: &'static str, reading: Reading) -> Metric {
    Metric { family, unit: None, help, reading }
}

/// All of them, in the order of the page.
pub const METRICS: &[Metric] = &[
    flag("tickline_build_info", "1; its labels say what runs.", Reading::Build),
    flag(
        "tickline_up",
        "1 while the feed runs, 0 once its run has ended.",
        Reading::Gauge(|ring| Some(f64::from(!ring.gone && ring.ended.is_none()))),
    ),
    metric(
        "process_start_time_seconds",
        "seconds",
        "When the feed started, since the Unix epoch.",
        Reading::Gauge(|ring| Some(seconds(ring.started_unix_ns))),
    ),
    metric(
        "tickline_feed_heartbeat_age_seconds",
        "seconds",
        "Since the last sign of life of the feed's loop, which gives one every 0.1 s at least.",
        Reading::Gauge(|ring| Some(seconds(ring.at_ns.saturating_sub(ring.heartbeat_ns)))),
    ),
    metric(
        "tickline_source_read_bytes",
        "bytes",
        "How much of the current file of the source was read; begins anew with each file.",
        Reading::Gauge(|ring| Some(ring.source_done as f64)),
    ),
    metric(
        "tickline_source_size_bytes",
        "bytes",
        "How large the current file of the source is; absent where it has no end.",
        Reading::Gauge(|ring| (ring.source_total > 0).then_some(ring.source_total as f64)),
    ),
    metric(
        "tickline_ring_slots",
        "slots",
        "Records that the ring holds.",
        Reading::Gauge(|ring| Some(ring.slots as f64)),
    ),
    metric(
        "tickline_messages",
        "messages",
        "Venue messages delivered, after arbitration and without duplicates.",
        Reading::Counter(|counts| counts.messages),
    ),
    metric(
        "tickline_packets",
        "packets",
        "Datagrams that carried the venue's protocol, all lines together.",
        Reading::Counter(|counts| counts.packets),
    ),
    metric(
        "tickline_bytes",
        "bytes",
        "Bytes of the venue's messages.",
        Reading::Counter(|counts| counts.bytes),
    ),
    metric(
        "tickline_published",
        "records",
        "Records written into the ring.",
        Reading::Counter(|counts| counts.published),
    ),
    metric(
        "tickline_gaps",
        "gaps",
        "Runs of missing sequence numbers.",
        Reading::Counter(|counts| counts.gaps),
    ),
    metric(
        "tickline_gap_messages",
        "messages",
        "Sequence numbers that no line brought.",
        Reading::Counter(|counts| counts.gap_messages),
    ),
    metric(
        "tickline_duplicates",
        "messages",
        "Messages dropped because they had been seen.",
        Reading::Counter(|counts| counts.duplicates),
    ),
    metric(
        "tickline_malformed",
        "messages",
        "Messages dropped because a check failed, by what was wrong.",
        Reading::Counters(&["reason"], malformed),
    ),
    metric(
        "tickline_unknown",
        "messages",
        "Messages of a type that this version does not know, by the type.",
        Reading::Counters(&["type"], unknown),
    ),
    metric(
        "tickline_sessions",
        "sessions",
        "Sessions seen; a reset counts as a new one.",
        Reading::Counter(|counts| counts.sessions),
    ),
    metric(
        "tickline_heartbeats",
        "packets",
        "Packets that carried no message.",
        Reading::Counter(|counts| counts.heartbeats),
    ),
    metric(
        "tickline_ring_full",
        "waits",
        "Times the feed found the ring full and waited for a lossless reader.",
        Reading::Counter(|counts| counts.ring_full),
    ),
    metric(
        "tickline_wakes",
        "wakes",
        "Times the feed woke a parked strategy.",
        Reading::Counter(|counts| counts.wakes),
    ),
    flag(
        "tickline_strategy_up",
        "1 while the strategy is attached; 0 before it came and once it has left.",
        Reading::StrategyUp,
    ),
    metric(
        "tickline_strategy_heartbeat_age_seconds",
        "seconds",
        "Since the last sign of life of an attached strategy's loop: one every 0.1 s at least.",
        Reading::StrategyGauge(|ring, reader| {
            let age = ring.at_ns.saturating_sub(reader.heartbeat_ns);
            (reader.attached && reader.heartbeat_ns > 0).then(|| seconds(age))
        }),
    ),
    metric(
        "tickline_lag_records",
        "records",
        "Records published that an attached strategy has not released.",
        Reading::StrategyGauge(|ring, reader| {
            let lag = ring.counts.published.saturating_sub(reader.cursor);
            reader.attached.then_some(lag as f64)
        }),
    ),
    metric(
        "tickline_received",
        "records",
        "Records that the strategy received.",
        Reading::StrategyCounter(|counts| counts.received),
    ),
    metric(
        "tickline_lost",
        "records",
        "Records that the feed wrote over before the strategy came to them.",
        Reading::StrategyCounter(|counts| counts.lost),
    ),
    metric(
        "tickline_overruns",
        "overruns",
        "Times the strategy was lapped and lost records.",
        Reading::StrategyCounter(|counts| counts.overruns),
    ),
    metric(
        "tickline_parks",
        "parks",
        "Times the strategy went to sleep because nothing came.",
        Reading::StrategyCounter(|counts| counts.parks),
    ),
    metric(
        "tickline_wakeups",
        "wakeups",
        "Times the strategy was woken from its sleep.",
        Reading::StrategyCounter(|counts| counts.wakeups),
    ),
    metric(
        "tickline_clamped",
        "samples",
        "Latencies of more than an hour, recorded as an hour.",
        Reading::StrategyCounter(|counts| counts.clamped),
    ),
    metric(
        "tickline_latency_seconds",
        "seconds",
        "Latencies by stage: decode, hop, strategy, total; renewed once a second.",
        Reading::Stages,
    ),
];

/// Every reason, so that a first one is an increase.
fn malformed(ring: &RingSample) -> Vec<(String, u64)> {
    let count = |reason: &Malformed| {
        ring.malformed.iter().find(|(number, _)| *number == *reason as u8).map_or(0, |it| it.1)
    };
    Malformed::ALL.iter().map(|reason| (reason.name().to_owned(), count(reason))).collect()
}

fn unknown(ring: &RingSample) -> Vec<(String, u64)> {
    let venue: Option<Venue> = ring.venue.parse().ok();
    ring.unknown.iter().map(|&(kind, count)| (type_name(venue, kind), count)).collect()
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_of_their_own_and_help_needs_no_escaping() {
        let mut names = BTreeSet::new();
        for metric in METRICS {
            let Metric { family, help, unit, .. } = metric;
            assert!(names.insert(family), "{family} is there twice");
            assert!(!family.ends_with("_total"), "{family}");
            let plain = |c: char| c.is_ascii_lowercase() || c == '_';
            assert!(family.chars().all(plain), "{family}");
            assert!(help.ends_with('.') && !help.contains(['\\', '\n', '"']), "{help}");
            assert!(unit.is_some() || metric.kind() == Kind::Gauge, "{family}");
        }
    }

    /// The counters of shared memory are all there, under their names.
    #[test]
    fn every_counter_is_served() {
        let check = |counts: serde_json::Value| {
            for name in counts.as_object().unwrap().keys() {
                let family = format!("tickline_{name}");
                let found = METRICS.iter().find(|metric| metric.family == family);
                assert_eq!(found.map(Metric::kind), Some(Kind::Counter), "{name}");
            }
        };
        check(serde_json::to_value(FeedCounts::default()).unwrap());
        check(serde_json::to_value(ReaderCounts::default()).unwrap());
    }
}
