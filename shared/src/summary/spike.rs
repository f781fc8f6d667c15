//! The worst samples of a strategy, and what coincided with each.

use serde::{Deserialize, Serialize};

/// What a strategy's spikes are: `spikes` in its `[[strategy]]`.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SpikeLimit {
    /// Only what took longer is a spike, in ns.
    pub over_ns: u64,
    /// The stage that decides: `decode`, `hop`, `strategy` or `total`.
    pub by: String,
    /// How many are kept, the worst.
    pub keep: usize,
}

/// The worst record of one spike. Records whose ways overlap in time are one spike: those that a
/// stall kept waiting are `slow_records` of it, and not spikes of their own.
///
/// The stamps tell where the time went, `verdict` says it in words. What the thread and the core
/// counted is known for a while around the spike only, and each says for how long a while: it may
/// have happened at another moment of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Spike {
    /// The number of the record in its ring, from 0.
    pub record: u64,
    /// Its instrument; empty where it concerns the whole venue.
    pub symbol: String,
    /// What it says: `Quote`, `Trade`, `Add`, …
    pub kind: String,
    /// The venue's clock, ns since the epoch that the venue uses.
    pub exchange_ts: u64,
    /// The time of day at ingress, UTC, to the nanosecond: `13:45:01.000000250`.
    pub time: String,
    /// When the feed saw the message, or when it was due; ns since the Unix epoch.
    pub ingress_unix_ns: u64,
    /// When the record lay in the ring; ns since the Unix epoch.
    pub publish_unix_ns: u64,
    /// When the strategy had it; ns since the Unix epoch.
    pub poll_unix_ns: u64,
    /// When the strategy had decided; ns since the Unix epoch.
    pub egress_unix_ns: u64,
    /// Ingress to publish.
    pub decode_ns: u64,
    /// Publish to poll.
    pub hop_ns: u64,
    /// Poll to egress.
    pub strategy_ns: u64,
    /// Ingress to egress.
    pub total_ns: u64,
    /// Records of this spike that were over the limit, this one among them. Once as many spikes
    /// as are kept were found, the limit is the least of them.
    pub slow_records: u64,
    /// From the publish of the last message before; absent where that is no longer in the ring.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap_ns: Option<u64>,
    /// Records polled right before it, without a look at the ring in between that found nothing.
    pub burst: u64,
    /// Records that lay behind it in the ring when it was polled. In a spike that gets worse from
    /// record to record it is up to 100 us old.
    pub queue: u64,
    /// What the loop did before the burst.
    pub waited: Waited,
    /// From the publish to the moment at which the loop ran again, where it had parked or given
    /// its turn away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wake_up_ns: Option<u64>,
    /// The slow record that the strategy was still busy with when this one was published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behind: Option<Behind>,
    /// What the loop's thread counted; absent where the system does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<ThreadCounts>,
    /// What the loop's core counted; absent where the loop is not pinned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub core: Option<CoreCounts>,
    /// What that amounts to, in words.
    pub verdict: String,
}

/// What the loop did while there was no record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Waited {
    /// It looked without pause.
    #[default]
    Spinning,
    /// It had given its turn away.
    Yielding,
    /// It slept.
    Parked,
}

/// A record that the strategy spent long on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Behind {
    /// Its number in the ring.
    pub record: u64,
    /// What the strategy took for it.
    pub strategy_ns: u64,
}

/// What happened to the loop's thread from the look before (at another spike, or one to two
/// tenths of a second earlier, whichever is later) to the end of the spike's worst record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ThreadCounts {
    /// The length of that while.
    pub over_ns: u64,
    /// Page faults, minor and major.
    pub page_faults: u64,
    /// Times the system took the core away from it.
    pub involuntary_switches: u64,
    /// How long it was ready to run and another thread had the core.
    pub waited_for_core_ns: u64,
}

/// What happened on the loop's core in the interval of the log in which the spike lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct CoreCounts {
    /// The length of the interval: about a second.
    pub over_ns: u64,
    /// Interrupts, the timer's among them.
    pub interrupts: u64,
    /// Soft interrupts.
    pub softirqs: u64,
    /// How long the host ran something else in its place, in steps of 10 ms.
    pub stolen_ns: u64,
}
