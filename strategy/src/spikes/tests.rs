use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use tickline_shared::memory::Region;
use tickline_shared::ring::layout::{Header, ReaderRegion, SLOTS_OFFSET, ring_bytes};
use tickline_shared::ring::park::Barrier;
use tickline_shared::ring::reader::Poll;
use tickline_shared::ring::writer::{Change, Roster, Writer};
use tickline_shared::scenario::{Pages, ReaderMode};
use zerocopy::FromZeros;

use super::*;

const SLOTS: usize = 64;

/// A reader of records 0 to 59, published at 1,000 cycles and every 10 cycles from there on.
fn reader() -> Reader {
    let ring = Arc::new(Region::create(ring_bytes(SLOTS), Pages::Small, false).unwrap());
    let own = Region::create(size_of::<ReaderRegion>(), Pages::Small, false).unwrap();
    let (header, slots) = (ring.view::<Header>(0), ring.view_slice(SLOTS_OFFSET, SLOTS));
    let (own, roster) = (Arc::new(own).view::<ReaderRegion>(0), Arc::new(Roster::default()));
    let mut writer = Writer::new(slots.clone(), header.clone(), Arc::clone(&roster));
    let (start, _started) = mpsc::sync_channel(1);
    let (barrier, mode) = (Barrier::Fence, ReaderMode::Lossless);
    roster.push(Change::Join { index: 0, mode, region: own.clone(), barrier, start });
    writer.service();
    for number in 0..60 {
        writer.publish(record(number, 1_000 + number * 10)).unwrap();
    }
    Reader::new(slots, header, own, 0, 0, barrier)
}

fn record(number: u64, publish: u64) -> Record {
    let symbol = "AAPL".parse::<Symbol>().unwrap();
    let msg = Msg { symbol, kind: Kind::Trade, ..Msg::new_zeroed() };
    Record { number, msg, exchange_ts: 7, ingress: publish - 5, publish }
}

/// A sample that was due at `ingress` and took `total` cycles, most of them in the strategy.
fn sample(number: u64, ingress: u64, total: u64) -> Sample {
    let record = Record { ingress, ..record(number, ingress + 5) };
    Sample { record, poll: ingress + 10, egress: ingress + total }
}

#[test]
fn the_ring_says_what_was_queued_and_what_was_read() {
    let mut reader = reader();
    let queued = |reader: &Reader, until: &[u64]| -> Vec<u64> {
        until.iter().map(|until| reader.queued(*until)).collect()
    };
    let until = [0, 999, 1_000, 1_009, 1_010, 1_025, 1_589, 1_590, u64::MAX];
    assert_eq!(queued(&reader, &until), [0, 0, 1, 1, 2, 3, 59, 60, 60]);
    for _ in 0..20 {
        assert!(matches!(reader.poll(), Poll::Record(_)));
    }
    assert_eq!(queued(&reader, &[1_199, 1_200, 1_305, u64::MAX]), [0, 1, 11, 40]);
    let again = |number| reader.again(number).map(|record| record.publish);
    assert_eq!((again(0), again(19)), (Some(1_000), Some(1_190)));
    assert_eq!((again(20), again(u64::MAX)), (None, None));
}

const BEFORE: Before = Before { burst: 0, waited: Waited::Spinning, back: 0 };

/// Records of every worst sample, and how many slow ones came with it, after these samples.
#[track_caller]
fn check(keep: usize, samples: &[Sample], expected: &[(u64, u64)]) {
    let config = SpikesConfig { keep, ..SpikesConfig::new(Duration::from_nanos(100)) };
    let (mut spikes, _) = Spikes::new(config, None, || 0);
    let reader = reader();
    let mut threshold = spikes.attach(Scale::NANOSECONDS, 0);
    for sample in samples.iter() {
        // As the loop does.
        if sample.length(Stage::Total) > threshold {
            threshold = spikes.look(sample, &BEFORE, &reader, || 0);
        }
    }
    let anchor = Anchor { cycles: 0, unix_ns: 0, scale: Scale::NANOSECONDS };
    let kept = spikes.summary(&anchor);
    let kept: Vec<_> = kept.iter().map(|spike| (spike.record, spike.slow_records)).collect();
    assert_eq!(kept, expected);
}

#[test]
fn the_worst_are_kept_in_their_order() {
    let apart = |lengths: &[u64]| -> Vec<Sample> {
        let numbered = lengths.iter().zip(1u64..);
        numbered.map(|(total, number)| sample(number, number * 1_000_000, *total)).collect()
    };
    check(3, &[], &[]);
    check(3, &apart(&[100, 99, 0]), &[]);
    check(3, &apart(&[101, 300, 200]), &[(2, 1), (3, 1), (1, 1)]);
    check(3, &apart(&[500, 300, 200, 150, 400, 600, 300]), &[(6, 1), (1, 1), (5, 1)]);
    check(1, &apart(&[101, 102, 102, 101]), &[(2, 1)]);
}

#[test]
fn samples_that_overlap_are_one_spike() {
    // A stall of 1,000 from 10,000 on, and what came meanwhile; then two that have nothing to do
    // with it.
    let stall = [
        sample(1, 10_000, 1_000),
        sample(2, 10_100, 910),
        sample(3, 10_700, 320),
        sample(4, 10_990, 40),
        sample(5, 11_021, 150),
        sample(6, 20_000, 120),
    ];
    check(8, &stall, &[(1, 3), (5, 1), (6, 1)]);
    // One that gets worse and worse: its last.
    check(8, &[1, 2, 3, 4].map(|n| sample(n, 10_000 + n, 100 + n * 200)), &[(4, 4)]);
    // In a full list, what is no worse than its least is not looked at.
    check(1, &stall, &[(1, 1)]);
}

#[test]
fn a_spike_says_what_coincided() {
    static NOW: AtomicU64 = AtomicU64::new(0);
    let config = SpikesConfig::new(Duration::from_nanos(100));
    let (mut spikes, mut watch) = Spikes::new(config, Some(0), || NOW.load(Ordering::Relaxed));
    spikes.attach(Scale::NANOSECONDS, 500);
    let mut reader = reader();
    let busy = loop {
        match reader.poll() {
            Poll::Record(record) if record.number == 20 => break record,
            Poll::Record(_) => {}
            other => panic!("{other:?}"),
        }
    };
    // Record 20 was published at 1,200; at 1,305 ten more were there.
    let slow = Sample { record: busy, poll: 1_305, egress: 9_000 };
    let before = Before { burst: 20, waited: Waited::Spinning, back: 0 };
    let now = || NOW.load(Ordering::Relaxed);
    spikes.look(&slow, &before, &reader, now);
    NOW.store(20_000, Ordering::Relaxed);
    watch.note(true);
    let anchor = Anchor { cycles: 0, unix_ns: 49_500_000_000_000, scale: Scale::NANOSECONDS };
    let spike = spikes.summary(&anchor).remove(0);
    assert_eq!((spike.record, spike.queue, spike.gap_ns), (20, 10, Some(10)));
    assert_eq!((spike.symbol.as_str(), spike.kind.as_str()), ("AAPL", "Trade"));
    assert_eq!(spike.time, "13:45:00.000001195");
    assert_eq!((spike.exchange_ts, spike.publish_unix_ns), (7, 49_500_000_001_200));
    let stages = [spike.decode_ns, spike.hop_ns, spike.strategy_ns, spike.total_ns];
    assert_eq!(stages, [5, 105, 7_695, 7_805]);
    assert_eq!((spike.burst, spike.waited, spike.wake_up_ns), (20, Waited::Spinning, None));
    assert_eq!(spike.thread.unwrap().over_ns, 8_500);
    assert_eq!(spike.core.unwrap().over_ns, 20_000);
    assert!(spike.verdict.contains("7.70 us"), "{}", spike.verdict);
}

#[test]
fn records_of_one_message_have_no_gap_between_them() {
    let mut reader = reader();
    for _ in 0..10 {
        assert!(matches!(reader.poll(), Poll::Record(_)));
    }
    assert_eq!(gap(&record(9, 1_090), &reader), Some(10));
    // As if record 8 had come of the same message: 7 is the last of the one before.
    let quote = Record { ingress: record(8, 1_080).ingress, ..record(9, 1_090) };
    assert_eq!(gap(&quote, &reader), Some(20));
    assert_eq!(gap(&record(0, 1_000), &reader), None);
}

#[test]
fn a_record_behind_a_slow_one_says_so() {
    let (mut spikes, _) = Spikes::new(SpikesConfig::new(Duration::from_nanos(100)), None, || 0);
    spikes.attach(Scale::NANOSECONDS, 0);
    let reader = reader();
    spikes.look(&sample(1, 10_000, 1_000), &BEFORE, &reader, || 0);
    // Seen long before, held up by the feed, published while record 1 was worked on.
    let late = Record { ingress: 9_000, ..record(2, 10_500) };
    let late = Sample { record: late, poll: 11_000, egress: 11_001 };
    spikes.look(&late, &BEFORE, &reader, || 0);
    let anchor = Anchor { cycles: 0, unix_ns: 0, scale: Scale::NANOSECONDS };
    let spikes = spikes.summary(&anchor);
    assert_eq!((spikes.len(), spikes[0].record), (1, 2));
    assert_eq!(spikes[0].behind, Some(Behind { record: 1, strategy_ns: 990 }));
}
