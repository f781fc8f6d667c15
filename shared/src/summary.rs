//! What is left of a run: `summary.json`, written by `launch` and `replay`, read by every report.
//!
//! The keys are a contract with other people's scripts: they may be added, never renamed, and a
//! key that an older version did not write reads as its default. Counters carry the same names
//! here, in `tickline top` and on the metrics page.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};

use crate::latency::Percentiles;

mod breakdown;
mod line;
mod spike;

pub use breakdown::BreakdownSummary;
pub use line::LineSummary;
pub use spike::{Behind, CoreCounts, Spike, SpikeLimit, ThreadCounts, Waited};

/// A whole run.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Summary {
    /// The scenario's name.
    pub name: String,
    /// Where the run took place.
    pub environment: Environment,
    /// What the feed did.
    pub feed: FeedSummary,
    /// What each strategy saw, in the order of the scenario.
    pub strategies: Vec<StrategySummary>,
}

/// The machine, as far as it decides the figures.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Environment {
    /// tickline's version.
    pub version: String,
    /// The kernel's release, as `uname -r` prints it.
    pub kernel: String,
    /// The processor's model name.
    pub cpu: String,
    /// The cores of the feed and of each strategy, in this order; processes that were not pinned
    /// are missing.
    pub cores: Vec<usize>,
    /// The pages that the ring got: `huge`, `transparent` or `small`.
    pub pages: String,
    /// The clock behind the stages: `tsc` or `monotonic`.
    pub clock: String,
    /// The clock's frequency, in 1e9 cycles per second.
    pub ghz: f64,
    /// What was not as the scenario asked or as low latency needs it, one sentence each.
    pub warnings: Vec<String>,
}

/// What the feed counted.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedSummary {
    /// The venue's name, as in the scenario.
    pub venue: String,
    /// The format of the source: `itch-file`, `pcap`, `generated`, …
    pub format: String,
    /// The speed that was asked for: `max`, `20x`, `rate=1000000`.
    pub speed: String,
    /// Whether messages had a time at which they were due: then `decode` and `total` count from
    /// it. Absent in summaries of versions that did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paced: Option<bool>,
    /// Datagrams that carried the venue's protocol, all lines together.
    pub packets: u64,
    /// Bytes of the venue's messages.
    pub bytes: u64,
    /// Messages delivered, after arbitration and without duplicates.
    pub messages: u64,
    /// `messages` by the venue's own type.
    pub by_type: BTreeMap<String, u64>,
    /// Records written into the ring.
    pub published: u64,
    /// Runs of missing sequence numbers.
    pub gaps: u64,
    /// Sequence numbers that no line brought.
    pub gap_messages: u64,
    /// Messages dropped because they had been seen.
    pub duplicates: u64,
    /// Messages dropped because a check failed, by the name of the check.
    pub malformed: BTreeMap<String, u64>,
    /// Messages of a type that this version does not know, by type.
    pub unknown: BTreeMap<String, u64>,
    /// Sessions seen; a reset counts as a new one.
    pub sessions: u64,
    /// From the first message to the last, by the feed's clock.
    pub seconds: f64,
    /// `messages` over `seconds`, rounded.
    pub messages_per_second: u64,
    /// Heartbeats: packets that carried no message.
    pub heartbeats: u64,
    /// Order events whose order is not in the book: its `Add` came before the capture began, or
    /// was lost.
    pub unknown_orders: u64,
    /// Orders added under an id that a live order had.
    pub duplicate_orders: u64,
    /// Orders that lost more than they had.
    pub over_reduced: u64,
    /// Instruments that the venue, the files and the records named.
    pub instruments: u64,
    /// Messages of instruments for whose names no number was left: 65,535 are numbered.
    pub unnumbered: u64,
    /// Messages with bytes that their type does not explain.
    pub longer: u64,
    /// Whether a file ended inside a message.
    pub truncated: bool,
    /// Times the feed found the ring full and waited for a lossless reader.
    pub ring_full: u64,
    /// Times the feed woke a parked strategy.
    pub wakes: u64,
    /// Heap allocations between the first and the last message; absent where they are not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocations: Option<u64>,
    /// Page faults, minor and major, between the first and the last message.
    pub page_faults: u64,
    /// The order store; absent where the venue needs none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub book: Option<BookSummary>,
    /// How long after its due time each message was released, in a paced replay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub late: Option<StageSummary>,
    /// Messages released more than a microsecond after they were due.
    pub late_releases: u64,
    /// The core that the feed ran on; absent where it was not pinned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<usize>,
    /// The run ended by a signal, before its source did.
    pub interrupted: bool,
    /// Times the launcher started the feed again; all other figures are those of the last one.
    pub restarts: u64,
    /// What each line brought, in the order in which they appeared; absent where the source has no
    /// lines.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<LineSummary>,
    /// Datagrams that were damaged on purpose, by what was done to them: the scenario rehearses
    /// losses. Absent where it does not.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub faults: BTreeMap<String, u64>,
}

impl FeedSummary {
    /// Whether messages had a time at which they were due; `None` where nothing says.
    pub fn is_paced(&self) -> Option<bool> {
        // Before `paced` was written, the speed said it.
        let by_speed = (!self.speed.is_empty()).then(|| self.speed != "max");
        self.paced.or(by_speed)
    }
}

/// The order store at the end of the run.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BookSummary {
    /// Orders in the book.
    pub live_orders: u64,
    /// The most orders that were in the book at once.
    pub peak: u64,
    /// Times the store had to grow while messages flowed; each one is a stall.
    pub growths: u64,
    /// Memory that the store holds.
    pub memory_bytes: u64,
}

/// What one strategy counted.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StrategySummary {
    /// The strategy's name in the scenario.
    pub name: String,
    /// Records received.
    pub received: u64,
    /// Records that the feed wrote over before this reader came to them.
    pub lost: u64,
    /// Times the strategy went to sleep because nothing came.
    pub parks: u64,
    /// Latencies beyond what the histograms hold, recorded at the limit.
    pub clamped: u64,
    /// The stages by name: `decode`, `hop`, `strategy`, `total`.
    pub stages: BTreeMap<String, StageSummary>,
    /// Times this reader was lapped; `lost` says by how much.
    pub overruns: u64,
    /// Gaps that the stream announced, of the venue's and of this reader's own losses.
    pub gaps: u64,
    /// Times the strategy was woken from its sleep.
    pub wakeups: u64,
    /// Decisions that the strategy made.
    pub signals: u64,
    /// Heap allocations between the first and the last record; absent where they are not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocations: Option<u64>,
    /// Page faults, minor and major, between the first and the last record.
    pub page_faults: u64,
    /// `received` over the time from the first to the last record, rounded.
    pub messages_per_second: u64,
    /// The core that the strategy ran on; absent where it was not pinned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu: Option<usize>,
    /// Times the launcher started the strategy again; all other figures are those of the last one.
    pub restarts: u64,
    /// Which samples are spikes; absent where the scenario asks for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spike_limit: Option<SpikeLimit>,
    /// The worst samples, the worst first; absent where there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub spikes: Vec<Spike>,
    /// One of the stages in parts; absent where the scenario asks for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breakdown: Option<BreakdownSummary>,
}

/// The unit of a stage's values.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Unit {
    /// Nanoseconds.
    #[default]
    #[serde(rename = "ns")]
    Nanos,
}

/// The percentiles of one stage. A value is the upper end of its histogram bucket, so that a
/// percentile is never reported lower than it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct StageSummary {
    /// How many values; all the others are 0 where this is 0.
    pub count: u64,
    /// The smallest value.
    pub min: u64,
    /// The median.
    pub p50: u64,
    /// 90 % of the values are no larger.
    pub p90: u64,
    /// 99 % of the values are no larger.
    pub p99: u64,
    /// 99.9 % of the values are no larger.
    #[serde(rename = "p99.9")]
    pub p99_9: u64,
    /// 99.99 % of the values are no larger.
    #[serde(rename = "p99.99")]
    pub p99_99: u64,
    /// The largest value.
    pub max: u64,
    /// The unit of all values but the count.
    pub unit: Unit,
}

impl StageSummary {
    /// Of a histogram whose values are nanoseconds.
    pub fn from_histogram(histogram: &Histogram<u64>) -> StageSummary {
        Percentiles::of(histogram).into()
    }
}

impl From<Percentiles> for StageSummary {
    fn from(percentiles: Percentiles) -> StageSummary {
        let Percentiles { count, min, p50, p90, p99, p99_9, p99_99, max } = percentiles;
        StageSummary { count, min, p50, p90, p99, p99_9, p99_99, max, unit: Unit::Nanos }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_known_values() {
        let mut histogram = Histogram::new_with_bounds(1, 3_600_000_000_000, 3).unwrap();
        let empty = StageSummary::from_histogram(&histogram);
        assert_eq!(empty, StageSummary::default());

        (1..=1000).for_each(|value| histogram.record(value).unwrap());
        let stage = StageSummary::from_histogram(&histogram);
        let json = serde_json::to_string(&stage).unwrap();
        let expected = r#"{"count":1000,"min":1,"p50":500,"p90":900,"p99":990,"p99.9":999,"#;
        assert_eq!(json, format!(r#"{expected}"p99.99":1000,"max":1000,"unit":"ns"}}"#));
        assert_eq!(serde_json::from_str::<StageSummary>(&json).unwrap(), stage);
    }

    #[test]
    fn the_contract_reads_and_comes_back_in_its_order() {
        let contract = r#"{ "name": "day",
          "environment": {"version": "0.1.0", "kernel": "6.18", "cpu": "EPYC", "cores": [0, 1],
            "pages": "huge", "clock": "tsc", "ghz": 2.6},
          "feed": {"venue": "iex-tops", "packets": 13022, "messages": 57674,
            "by_type": {"Q": 27217}, "published": 54434, "gaps": 0, "gap_messages": 0,
            "duplicates": 0, "malformed": {}, "unknown": {}, "sessions": 1, "seconds": 0.1,
            "messages_per_second": 576740},
          "strategies": [ {"name": "bbo", "received": 54434, "lost": 0, "parks": 3, "clamped": 0,
            "stages": {"total": {"count": 54434, "min": 0, "p50": 0, "p90": 0, "p99": 0,
              "p99.9": 0, "p99.99": 0, "max": 7, "unit": "ns"}}} ] }"#;
        let summary: Summary = serde_json::from_str(contract).unwrap();
        assert_eq!(summary.strategies[0].stages["total"].max, 7);

        let written = serde_json::to_value(&summary).unwrap();
        let wanted: serde_json::Value = serde_json::from_str(contract).unwrap();
        assert_contains(&written, &wanted, "");
        let keys: Vec<_> = written.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["name", "environment", "feed", "strategies"]);
    }

    #[test]
    fn paced_or_not() {
        let check = |json: &str, paced| {
            let feed: FeedSummary = serde_json::from_str(json).unwrap();
            assert_eq!(feed.is_paced(), paced, "{json}");
        };
        check(r#"{"speed": "rate=1000000", "paced": true}"#, Some(true));
        check(r#"{"speed": "20x"}"#, Some(true));
        check(r#"{"speed": "max"}"#, Some(false));
        check("{}", None);
    }

    /// Every key of `wanted` stands in `written`, with the same value; others may stand there too.
    fn assert_contains(written: &serde_json::Value, wanted: &serde_json::Value, path: &str) {
        use serde_json::Value::{Array, Object};
        match (written, wanted) {
            (Object(written), Object(wanted)) => wanted.iter().for_each(|(key, wanted)| {
                let found = written.get(key).unwrap_or_else(|| panic!("{path}.{key} is missing"));
                assert_contains(found, wanted, &format!("{path}.{key}"));
            }),
            (Array(written), Array(wanted)) => {
                assert_eq!(written.len(), wanted.len(), "{path}");
                let pairs = written.iter().zip(wanted);
                pairs.for_each(|(written, wanted)| assert_contains(written, wanted, path));
            }
            _ => assert_eq!(written, wanted, "{path}"),
        }
    }
}
