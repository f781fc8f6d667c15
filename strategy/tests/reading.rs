//! The loop over a ring of this process: what a strategy is given, and what is recorded.

use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tickline_shared::clock::{Clock, Monotonic, Scale};
use tickline_shared::latency::Percentiles;
use tickline_shared::memory::{Region, Shared};
use tickline_shared::msg::{Flags, Kind, Msg};
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::{Header, ReaderRegion, SLOTS_OFFSET, ring_bytes};
use tickline_shared::ring::park::Barrier;
use tickline_shared::ring::reader::Reader;
use tickline_shared::ring::writer::{Change, Roster, Writer};
use tickline_shared::scenario::{Pages, ReaderMode, WaitConfig};
use tickline_strategy::breakdown::{Breakdown, By, Split};
use tickline_strategy::idle::Idle;
use tickline_strategy::log::{Anchor, LatencyLog};
use tickline_strategy::recorder::{INTERVAL_NS, Recorded, Recorder};
use tickline_strategy::run::{Ending, Notices, run};
use tickline_strategy::scenario::{BreakdownConfig, SpikesConfig};
use tickline_strategy::spikes::Spikes;
use tickline_strategy::{Signals, Strategy, Tick};
use zerocopy::FromZeros;

const SLOTS: usize = 64;

/// A ring with one reader, both in this thread.
fn ring(mode: ReaderMode) -> (Writer, Reader, Shared<ReaderRegion>) {
    let region = Arc::new(Region::create(ring_bytes(SLOTS), Pages::Small, false).unwrap());
    let own = Region::create(size_of::<ReaderRegion>(), Pages::Small, false).unwrap();
    let own: Shared<ReaderRegion> = Arc::new(own).view(0);
    let header: Shared<Header> = region.view(0);
    let slots = region.view_slice(SLOTS_OFFSET, SLOTS);
    let roster = Arc::new(Roster::default());
    let mut writer = Writer::new(slots.clone(), header.clone(), Arc::clone(&roster));
    let (start, started) = mpsc::sync_channel(1);
    let (barrier, memory) = (Barrier::Fence, own.clone());
    roster.push(Change::Join { index: 0, mode, region: memory, barrier, start });
    writer.service();
    let start = started.recv().unwrap();
    (writer, Reader::new(slots, header, own.clone(), 0, start, barrier), own)
}

fn publish(writer: &mut Writer, ids: std::ops::Range<u64>) {
    for id in ids {
        let msg = Msg { id, ..Msg::new_zeroed() };
        let now = Monotonic::now();
        let record = Record { number: 0, msg, exchange_ts: id, ingress: now, publish: now };
        writer.publish(record).unwrap();
    }
}

/// Keeps what it is given.
#[derive(Default)]
struct Keep(Vec<Tick>);

impl Strategy for Keep {
    fn on_msg(&mut self, tick: &Tick, _out: &mut Signals) {
        self.0.push(*tick);
    }
}

fn read<B: Breakdown>(
    reader: &mut Reader,
    recorder: &mut Recorder<B>,
    notices: &Notices,
) -> (Ending, Vec<Tick>) {
    let mut idle = Idle::<Monotonic>::new(&WaitConfig::default(), Scale::NANOSECONDS);
    let (mut keep, mut signals) = (Keep::default(), Signals::default());
    let ending = run(reader, &mut keep, &mut signals, recorder, &mut idle, notices);
    (ending, keep.0)
}

fn recorder() -> Recorder {
    Recorder::new(Scale::NANOSECONDS, Monotonic::now())
}

#[test]
fn every_record_is_given_once_in_order_and_recorded_in_every_stage() {
    let (mut writer, mut reader, region) = ring(ReaderMode::Lossless);
    publish(&mut writer, 0..60);
    writer.end();
    let mut recorder = recorder();
    recorder.attach(Scale::NANOSECONDS, region.clone(), 0);
    let (ending, ticks) = read(&mut reader, &mut recorder, &Notices::default());
    assert_eq!(ending, Ending::Finished);
    assert!(ticks.iter().map(|tick| tick.msg.id).eq(0..60));
    assert!(ticks.iter().all(|tick| tick.number == tick.msg.id));
    recorder.show();
    assert_eq!(region.counters.received.load(Ordering::Relaxed), 60);
    let exchange = recorder.exchange();
    let anchor = Anchor::now(0, Scale::NANOSECONDS);
    let log = LatencyLog::start(None, Arc::clone(&exchange), anchor, None).unwrap();
    log.attach(region.clone());
    let Recorded { last, totals, spikes } = recorder.finish(Monotonic::now());
    assert!(spikes.is_none());
    let sums = log.finish(&exchange, last).unwrap();
    assert!(sums.stages.iter().all(|stage| stage.len() == 60));
    assert_eq!((totals.received, totals.lost, totals.clamped), (60, 0, 0));
    let live = region.live.read().unwrap();
    assert_eq!(live.interval, live.since_start);
    assert_eq!(live.since_start, sums.stages.each_ref().map(Percentiles::of));
    assert!(live.buckets.iter().all(|stage| stage.count() == 60));
    assert!(live.written_ns > 0 && live.interval_ns > 0);
}

#[test]
fn the_live_view_goes_on_in_the_memory_of_the_next_attachment() {
    let (mut writer, mut reader, first) = ring(ReaderMode::Lossless);
    publish(&mut writer, 0..10);
    writer.end();
    let mut recorder = recorder();
    read(&mut reader, &mut recorder, &Notices::default());
    let exchange = recorder.exchange();
    let anchor = Anchor::now(0, Scale::NANOSECONDS);
    let log = LatencyLog::start(None, Arc::clone(&exchange), anchor, None).unwrap();
    log.attach(first.clone());
    // Two intervals later the recorder hands over what it has, as it does once a second.
    recorder.idle(Monotonic::now() + 2 * INTERVAL_NS);
    while first.live.read().is_none_or(|live| live.written_ns == 0) {
        std::thread::yield_now();
    }
    let (_, _, second) = ring(ReaderMode::Lossless);
    log.attach(second.clone());
    assert_eq!(second.live.read(), first.live.read());
    assert_eq!(second.live.read().unwrap().buckets[0].count(), 10);
    let last = recorder.finish(Monotonic::now()).last;
    log.finish(&exchange, last).unwrap();
}

#[test]
fn a_lapped_strategy_is_told_what_it_missed() {
    let (mut writer, mut reader, _) = ring(ReaderMode::Lossy);
    publish(&mut writer, 0..1_000);
    writer.end();
    let mut recorder = recorder();
    let (ending, ticks) = read(&mut reader, &mut recorder, &Notices::default());
    assert_eq!(ending, Ending::Finished);
    let gap = ticks[0].msg;
    assert_eq!((gap.kind, gap.id), (Kind::Gap, 0));
    assert!(gap.flags.contains(Flags::OVERRUN));
    assert_eq!(u64::from(gap.quantity) + ticks.len() as u64 - 1, 1_000);
    assert_eq!(ticks[1].number, u64::from(gap.quantity));
    assert_eq!(recorder.totals().lost, u64::from(gap.quantity));
}

#[test]
fn what_a_dead_feed_committed_is_read_before_the_loop_ends() {
    let (mut writer, mut reader, _) = ring(ReaderMode::Lossless);
    publish(&mut writer, 0..50);
    let notices = Notices::default();
    notices.feed_gone.store(true, Ordering::Release);
    let (ending, ticks) = read(&mut reader, &mut recorder(), &notices);
    assert_eq!((ending, ticks.len()), (Ending::FeedGone, 50));
}

#[test]
fn a_strategy_that_is_told_to_stop_stops() {
    let (mut writer, mut reader, _) = ring(ReaderMode::Lossless);
    publish(&mut writer, 0..10);
    let notices = Notices::default();
    notices.stop.store(true, Ordering::Relaxed);
    assert_eq!(read(&mut reader, &mut recorder(), &notices).0, Ending::Stopped);
}

#[test]
fn absurd_stamps_are_clamped_and_counted() {
    let (mut writer, mut reader, _) = ring(ReaderMode::Lossless);
    for (ingress, publish) in [(0, 0), (0, u64::MAX), (u64::MAX, 0), (u64::MAX, u64::MAX)] {
        let msg = Msg::new_zeroed();
        writer.publish(Record { number: 0, msg, exchange_ts: 0, ingress, publish }).unwrap();
    }
    writer.end();
    let mut recorder = recorder();
    let (_, ticks) = read(&mut reader, &mut recorder, &Notices::default());
    assert_eq!(ticks.len(), 4);
    // Only 0 to MAX is longer than an hour for sure; the machine may have been up for less.
    assert!(recorder.totals().clamped >= 1);
    let last = recorder.finish(0).last;
    assert!(last.stages.iter().all(|stage| stage.len() == 4));
}

/// Takes 40 ms for one record.
struct Stall(u64);

impl Strategy for Stall {
    fn on_msg(&mut self, tick: &Tick, _out: &mut Signals) {
        if tick.number == self.0 {
            std::thread::sleep(Duration::from_millis(40));
        }
    }
}

#[test]
fn a_stall_is_one_spike_and_names_its_record() {
    let (mut writer, mut reader, region) = ring(ReaderMode::Lossless);
    let mut recorder = recorder();
    let config = SpikesConfig::new(Duration::from_millis(20));
    let (spikes, mut watch) = Spikes::new(config, None, Monotonic::now);
    recorder.keep(spikes);
    recorder.attach(Scale::NANOSECONDS, region, Monotonic::now());
    let mut idle = Idle::<Monotonic>::new(&WaitConfig::default(), Scale::NANOSECONDS);
    let (mut stall, mut signals) = (Stall(20), Signals::default());
    let notices = Notices::default();
    publish(&mut writer, 0..60);
    writer.end();
    run(&mut reader, &mut stall, &mut signals, &mut recorder, &mut idle, &notices);
    watch.note(true);
    let spikes = recorder.finish(Monotonic::now()).spikes.unwrap();
    let limit = spikes.limit();
    assert_eq!((limit.over_ns, limit.by.as_str(), limit.keep), (20_000_000, "total", 32));
    let spikes = spikes.summary(&Anchor::now(Monotonic::now(), Scale::NANOSECONDS));
    // All were published before the stall: those behind it waited as long, and a little longer.
    assert_eq!(spikes.len(), 1, "{spikes:#?}");
    assert!(spikes[0].slow_records >= 40, "{spikes:#?}");
    let behind = spikes[0].behind.map(|behind| behind.record);
    assert!(spikes[0].record == 20 || behind == Some(20), "{spikes:#?}");
}

#[test]
fn a_stage_is_split_and_adds_up() {
    let (mut writer, mut reader, _) = ring(ReaderMode::Lossless);
    for number in 0..60 {
        let kind = if number % 3 == 0 { Kind::Trade } else { Kind::Quote };
        let (msg, now) = (Msg { kind, ..Msg::new_zeroed() }, Monotonic::now());
        let record = Record { number: 0, msg, exchange_ts: 0, ingress: now, publish: now };
        writer.publish(record).unwrap();
    }
    writer.end();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.hlog");
    let split = Split::new(&BreakdownConfig::new(By::Kind));
    let mut recorder = Recorder::with(split, Scale::NANOSECONDS, Monotonic::now());
    let (exchange, anchor) = (recorder.exchange(), Anchor::now(0, Scale::NANOSECONDS));
    let log = LatencyLog::start(Some(&path), Arc::clone(&exchange), anchor, None).unwrap();
    read(&mut reader, &mut recorder, &Notices::default());
    let sums = log.finish(&exchange, recorder.finish(Monotonic::now()).last).unwrap();
    let parts = sums.rows.summary().unwrap();
    let counts: Vec<_> = parts.rows.iter().map(|(row, part)| (row.as_str(), part.count)).collect();
    assert_eq!(counts, [("Quote", 40), ("Trade", 20)]);
    assert_eq!(sums.stages()[&parts.stage].count, 60);
    let text = std::fs::read_to_string(&path).unwrap();
    let tags = text.lines().filter_map(|line| line.strip_prefix("Tag=")?.split(',').next());
    let expected = ["decode", "hop", "strategy", "total", "total:kind=Quote", "total:kind=Trade"];
    assert_eq!(tags.collect::<Vec<_>>(), expected);
}
