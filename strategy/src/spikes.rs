//! Why was it slow: the worst samples of a run, and what coincided with each.
//!
//! The recorder compares every sample's total with one threshold; only what is longer comes here,
//! on the loop's own thread, so nothing here allocates or locks. Samples whose ways overlap in time
//! are one spike, and its worst is kept: else one stall would fill the list with all the records
//! that waited for its end. Once the list is full the least of it is the threshold.
//!
//! A look at what coincided costs about a microsecond (two system calls and a few slots of the
//! ring). It comes with a spike's first sample and, while a spike gets worse, at most every
//! `LOOK_EVERY_NS`: a look that made the next record late could go on for ever. What the core
//! counts is read by the log's thread, once an interval.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tickline_shared::clock::Scale;
use tickline_shared::latency::Stage;
use tickline_shared::msg::{Flags, Kind, Msg, Side};
use tickline_shared::ring::Record;
use tickline_shared::ring::reader::Reader;
use tickline_shared::summary::{Behind, Spike, SpikeLimit, Waited};
use tickline_shared::units::{Price, Symbol};

use crate::idle::Before;
use crate::log::Anchor;
use crate::scenario::SpikesConfig;

mod core;
mod thread;
mod verdict;

use self::core::{CoreWatch, CoreWindow};
use thread::{Counted, LoopThread, ThreadWatch, Watched};

/// Between two looks at one spike, in ns: fifty times what a look costs.
const LOOK_EVERY_NS: u64 = 100_000;

/// Records that one message becomes: an event of an order, a trade, two quotes.
const MESSAGE_RECORDS_MAX: u64 = 4;

/// A record's whole way.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    /// The record, with the feed's stamps.
    pub record: Record,
    /// When the strategy had it, in cycles.
    pub poll: u64,
    /// When the strategy had decided, in cycles.
    pub egress: u64,
}

impl Sample {
    /// The stamps of a stage, in cycles.
    fn stamps(&self, stage: Stage) -> (u64, u64) {
        let Record { ingress, publish, .. } = self.record;
        match stage {
            Stage::Decode => (ingress, publish),
            Stage::Hop => (publish, self.poll),
            Stage::Strategy => (self.poll, self.egress),
            Stage::Total => (ingress, self.egress),
        }
    }

    /// The length of a stage, in cycles.
    fn length(&self, stage: Stage) -> u64 {
        let (from, to) = self.stamps(stage);
        to.saturating_sub(from)
    }
}

/// A spike: its worst sample, and what was seen of it. Lengths in cycles.
#[derive(Clone, Copy, Debug)]
struct Kept {
    sample: Sample,
    length: u64,
    slow_records: u64,
    before: Before,
    gap: Option<u64>,
    behind: Option<Busy>,
    queue: u64,
    counted: Option<Counted>,
}

/// A record that the strategy took long for.
#[derive(Clone, Copy, Debug)]
struct Busy {
    number: u64,
    length: u64,
    until: u64,
}

/// The spike that may not have ended yet.
#[derive(Clone, Copy, Debug)]
struct Open {
    index: usize,
    /// A sample whose way began by then belongs to it.
    end: u64,
    looked_at: Option<u64>,
}

/// The worst samples of one strategy.
pub struct Spikes {
    config: SpikesConfig,
    by: Stage,
    /// The threshold of the scenario, in cycles.
    over: u64,
    /// What a sample must exceed to be kept, in cycles: `over`, or the least of a full list.
    threshold: u64,
    look_every: u64,
    kept: Vec<Kept>,
    open: Option<Open>,
    busy: Option<Busy>,
    thread: LoopThread,
    windows: Arc<Mutex<VecDeque<CoreWindow>>>,
    slots: usize,
}

/// What the log's thread looks at: the loop's thread, often, and its core, once an interval.
pub struct Watch {
    thread: ThreadWatch,
    core: Option<CoreWatch>,
    now: fn() -> u64,
}

impl Watch {
    /// Notes what was counted so far; of the core only where an interval has ended.
    pub fn note(&mut self, interval_ended: bool) {
        let now = (self.now)();
        self.thread.note(now);
        if let Some(core) = self.core.as_mut().filter(|_| interval_ended) {
            core.note(now);
        }
    }
}

impl Spikes {
    /// An empty list, and what the log's thread watches for it. `core` is the loop's, where it is
    /// pinned; `now` reads the clock, in cycles.
    pub fn new(config: SpikesConfig, core: Option<usize>, now: fn() -> u64) -> (Spikes, Watch) {
        let (watched, windows) = (Arc::<Watched>::default(), Arc::default());
        let core = core.map(|core| CoreWatch::new(core, now(), Arc::clone(&windows)));
        let watch = Watch { thread: ThreadWatch::new(Arc::clone(&watched)), core, now };
        // Written once, so that no later write faults a page in.
        let mut kept = vec![Kept::EMPTY; config.keep];
        kept.clear();
        let spikes = Spikes {
            config,
            by: config.by(),
            over: u64::MAX,
            threshold: u64::MAX,
            look_every: 0,
            kept,
            open: None,
            busy: None,
            thread: LoopThread::new(watched),
            windows,
            slots: 0,
        };
        (spikes, watch)
    }

    /// The calling thread begins to read a ring, at `now` cycles. The threshold, in cycles.
    pub fn attach(&mut self, scale: Scale, now: u64) -> u64 {
        let over_ns = u64::try_from(self.config.over.as_nanos()).unwrap_or(u64::MAX);
        (self.over, self.look_every) = (scale.cycles(over_ns), scale.cycles(LOOK_EVERY_NS));
        // Numbers of records begin anew.
        (self.open, self.busy) = (None, None);
        self.thread.begin(now);
        self.settle();
        self.threshold
    }

    /// Finds the threshold anew, after a change of the list.
    fn settle(&mut self) {
        let full = self.kept.len() == self.config.keep;
        let least = self.kept.iter().map(|kept| kept.length).min().filter(|_| full);
        self.threshold = least.map_or(self.over, |least| least.max(self.over));
    }

    /// Keeps a sample if it is a spike's worst and bad enough. The threshold from now on.
    pub fn look(
        &mut self,
        sample: &Sample,
        before: &Before,
        reader: &Reader,
        now: fn() -> u64,
    ) -> u64 {
        let length = sample.length(self.by);
        if length <= self.threshold {
            return self.threshold;
        }
        let behind = self.behind(sample);
        let (start, end) = sample.stamps(self.by);
        let same = self.open.filter(|open| start <= open.end);
        let mut open = match same {
            Some(open) => Open { end: end.max(open.end), ..open },
            None => Open { index: self.place(), end, looked_at: None },
        };
        let worst = &mut self.kept[open.index];
        worst.slow_records += 1;
        if length > worst.length {
            (worst.sample, worst.length) = (*sample, length);
            (worst.before, worst.behind) = (*before, behind);
            worst.gap = gap(&sample.record, reader);
            if open.looked_at.is_none_or(|at| end.saturating_sub(at) >= self.look_every) {
                worst.queue = reader.queued(sample.poll);
                worst.counted = self.thread.count(sample.egress, open.looked_at.is_some());
                let done = now();
                // What the look itself delays belongs to this spike, and is no other one.
                (open.looked_at, open.end) = (Some(done), open.end.max(done));
            }
            self.slots = reader.slots();
            self.settle();
        }
        self.open = Some(open);
        self.threshold
    }

    /// The slow record that the strategy was busy with when this one was published.
    fn behind(&mut self, sample: &Sample) -> Option<Busy> {
        let Record { number, publish, .. } = sample.record;
        let behind = self.busy.filter(|busy| busy.number < number && publish < busy.until);
        let length = sample.length(Stage::Strategy);
        if length > self.over {
            self.busy = Some(Busy { number, length, until: sample.egress });
        }
        behind
    }

    /// Makes room for a new spike: behind the others, or where the least of them was.
    fn place(&mut self) -> usize {
        if self.kept.len() < self.config.keep {
            self.kept.push(Kept::EMPTY);
            return self.kept.len() - 1;
        }
        let least = self.kept.iter().enumerate().min_by_key(|(_, kept)| kept.length);
        let index = least.map_or(0, |(index, _)| index);
        self.kept[index] = Kept::EMPTY;
        index
    }

    /// Which samples are spikes.
    pub fn limit(&self) -> SpikeLimit {
        SpikeLimit {
            over_ns: u64::try_from(self.config.over.as_nanos()).unwrap_or(u64::MAX),
            by: self.by.name().to_owned(),
            keep: self.config.keep,
        }
    }

    /// The spikes for the summary, the worst first; to be called when the log has ended.
    pub fn summary(mut self, anchor: &Anchor) -> Vec<Spike> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let windows = windows.make_contiguous();
        self.kept.sort_by_key(|kept| std::cmp::Reverse(kept.length));
        let slots = self.slots as u64;
        let spikes = self.kept.iter().map(|kept| {
            let mut spike = kept.spike(anchor);
            spike.core = core::at(windows, kept.sample.egress, anchor.scale);
            spike.verdict = verdict::verdict(&spike, slots);
            spike
        });
        spikes.collect()
    }
}

/// From the last record of the message before to this one, in cycles; `None` where that is no
/// longer in the ring.
fn gap(record: &Record, reader: &Reader) -> Option<u64> {
    let before = (1..=MESSAGE_RECORDS_MAX)
        .map_while(|back| record.number.checked_sub(back).and_then(|number| reader.again(number)));
    // Records of one message have its ingress.
    let mut others = before.skip_while(|other| other.ingress == record.ingress);
    others.next().map(|last| record.publish.saturating_sub(last.publish))
}

impl Kept {
    /// A place in the list.
    const EMPTY: Kept = {
        let (id, price, symbol) = (0, Price::NONE, Symbol::NONE);
        let (kind, side, flags) = (Kind::Heartbeat, Side::None, Flags(0));
        let msg = Msg { id, price, quantity: 0, kind, side, flags, venue: 0, symbol };
        let record = Record { number: 0, msg, exchange_ts: 0, ingress: 0, publish: 0 };
        Kept {
            sample: Sample { record, poll: 0, egress: 0 },
            length: 0,
            slow_records: 0,
            before: Before { burst: 0, waited: Waited::Spinning, back: 0 },
            gap: None,
            behind: None,
            queue: 0,
            counted: None,
        }
    };

    fn spike(&self, anchor: &Anchor) -> Spike {
        let Kept { sample, before, .. } = self;
        let Record { number, msg, exchange_ts, ingress, publish } = sample.record;
        let ns = |stage| anchor.scale.nanos(sample.length(stage));
        let ingress_unix_ns = anchor.unix_ns_at(ingress);
        let back = before.back.saturating_sub(publish);
        let behind = |busy: Busy| Behind {
            record: busy.number,
            strategy_ns: anchor.scale.nanos(busy.length),
        };
        Spike {
            record: number,
            symbol: msg.symbol.name(),
            kind: format!("{:?}", msg.kind),
            exchange_ts,
            time: time_of_day(ingress_unix_ns),
            ingress_unix_ns,
            publish_unix_ns: anchor.unix_ns_at(publish),
            poll_unix_ns: anchor.unix_ns_at(sample.poll),
            egress_unix_ns: anchor.unix_ns_at(sample.egress),
            decode_ns: ns(Stage::Decode),
            hop_ns: ns(Stage::Hop),
            strategy_ns: ns(Stage::Strategy),
            total_ns: ns(Stage::Total),
            slow_records: self.slow_records,
            gap_ns: self.gap.map(|gap| anchor.scale.nanos(gap)),
            burst: before.burst,
            queue: self.queue,
            waited: before.waited,
            wake_up_ns: (before.back > 0).then(|| anchor.scale.nanos(back)),
            behind: self.behind.map(behind),
            thread: self.counted.map(|counted| counted.summary(anchor.scale)),
            core: None,
            verdict: String::new(),
        }
    }
}

/// `13:45:01.000000250`, UTC.
fn time_of_day(unix_ns: u64) -> String {
    let (seconds, ns) = (unix_ns / 1_000_000_000 % 86_400, unix_ns % 1_000_000_000);
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}.{ns:09}", seconds % 60)
}

#[cfg(test)]
mod tests;
