use tickline_shared::clock::ClockKind;
use tickline_shared::latency::{LiveLatency, Percentiles};
use tickline_shared::scenario::ReaderMode;

use super::*;

/// A ring of 64 slots at `ms` after boot, alive, with one reader; both counted `count`.
pub(crate) fn sample(ms: u64, count: u64) -> RingSample {
    let at_ns = ms * 1_000_000;
    let counts =
        FeedCounts { messages: count, published: count, bytes: count, ..FeedCounts::default() };
    RingSample {
        at_ns,
        name: "ring".to_owned(),
        slots: 64,
        clock: ClockKind::Tsc,
        pid: 7,
        started_unix_ns: 1,
        gone: false,
        ended: None,
        heartbeat_ns: at_ns,
        source_done: 1,
        source_total: 4,
        counts,
        venue: String::new(),
        malformed: Vec::new(),
        unknown: Vec::new(),
        readers: vec![reader(at_ns, count)],
    }
}

fn reader(at_ns: u64, count: u64) -> ReaderSample {
    let last = Percentiles { count, p50: 50, p99: 99, max: 100, ..Percentiles::default() };
    let mut live = LiveLatency { written_ns: at_ns, ..LiveLatency::default() };
    (live.interval, live.since_start) = ([last; 4], [last; 4]);
    ReaderSample {
        name: "one".to_owned(),
        pid: 8,
        mode: ReaderMode::Lossless,
        attached: true,
        alive: true,
        cursor: count,
        heartbeat_ns: at_ns,
        counts: ReaderCounts { received: count, ..ReaderCounts::default() },
        live: Some(Box::new(live)),
    }
}

#[test]
fn rates_are_over_the_time_in_which_the_counters_grew() {
    let (before, mut now) = (sample(10_000, 100), sample(10_500, 600));
    let seen = ring(&now, Some(&before));
    assert_eq!(seen.feed.messages_per_second, Some(1_000.0));
    assert_eq!(seen.strategies[0].received_per_second, Some(1_000.0));
    assert_eq!((seen.fill, seen.progress), (0.0, Some(0.25)));
    assert_eq!(seen.strategies[0].last_second.total.p99, 99);
    // The reader showed its counters after 400 ms, not after 500.
    now.readers[0].heartbeat_ns -= 100_000_000;
    assert_eq!(ring(&now, Some(&before)).strategies[0].received_per_second, Some(1_250.0));
    // Alone, a look knows no rate.
    assert_eq!(ring(&now, None).feed.messages_per_second, None);
}

#[test]
fn a_feed_that_came_back_has_no_rate_at_first() {
    let before = sample(10_000, 1_000_000);
    let now = RingSample { started_unix_ns: 2, ..sample(10_500, 10) };
    let seen = ring(&now, Some(&before));
    assert_eq!(seen.feed.messages_per_second, None);
    assert_eq!(seen.strategies[0].received_per_second, None);
    // Nor has a strategy that came back.
    let mut now = sample(10_500, 10);
    now.readers[0].pid = 9;
    assert_eq!(ring(&now, Some(&before)).strategies[0].received_per_second, None);
}

#[test]
fn lag_fills_the_ring_of_those_that_live() {
    let mut now = sample(10_000, 100);
    now.readers[0].cursor = 84;
    let seen = ring(&now, None);
    assert_eq!((seen.strategies[0].lag, seen.fill), (16, 0.25));
    now.readers[0].alive = false;
    let seen = ring(&now, None);
    assert_eq!((seen.strategies[0].state, seen.fill), (State::Gone, 0.0));
}

#[test]
fn states() {
    let feed = |change: fn(&mut RingSample)| {
        let mut now = sample(10_000, 100);
        change(&mut now);
        let seen = ring(&now, None);
        (seen.state, seen.strategies[0].state)
    };
    use State::{Ended, Gone, Running, Stalled, Waiting};
    assert_eq!(feed(|_| {}), (Running, Running));
    assert_eq!(feed(|s| s.heartbeat_ns -= 400_000_000), (Running, Running));
    assert_eq!(feed(|s| s.heartbeat_ns -= 600_000_000), (Stalled, Running));
    assert_eq!(feed(|s| s.readers[0].heartbeat_ns -= 600_000_000), (Running, Stalled));
    assert_eq!(feed(|s| s.gone = true), (Gone, Waiting));
    assert_eq!(feed(|s| s.readers[0].attached = false), (Running, Gone));
    assert_eq!(feed(|s| (s.gone, s.ended) = (true, Some(100))), (Ended, Ended));
    assert_eq!(feed(|s| s.ended = Some(200)), (Ended, Running), "it reads what is left");
    assert_eq!(feed(|s| (s.counts.messages, s.counts.published) = (0, 0)), (Waiting, Running));
}

#[test]
fn latencies_of_long_ago_are_not_those_of_the_last_second() {
    let mut now = sample(10_000, 100);
    now.readers[0].live.as_mut().unwrap().written_ns = 6_000_000_000;
    let seen = ring(&now, None);
    assert_eq!(seen.strategies[0].last_second, Stages::default());
    assert_eq!(seen.strategies[0].stages.hop.p50, 50);
}

#[test]
fn nonsense_is_shown_and_panics_nowhere() {
    let wild = |value: u64| {
        let mut now = sample(10_000, value);
        (now.slots, now.heartbeat_ns, now.source_done, now.source_total) =
            (value, value, u64::MAX, value);
        let live = LiveLatency {
            interval: [Percentiles { count: value, p99: value, ..Percentiles::default() }; 4],
            ..LiveLatency::default()
        };
        (now.readers[0].cursor, now.readers[0].heartbeat_ns) = (!value, value);
        now.readers[0].live = Some(Box::new(live));
        now
    };
    for (before, after) in [(0, u64::MAX), (u64::MAX, 0), (u64::MAX, u64::MAX)] {
        let seen = ring(&wild(after), Some(&wild(before)));
        assert!((0.0..=1.0).contains(&seen.fill));
        let json = serde_json::to_string(&seen).unwrap();
        assert!(json.contains("\"messages_per_second\""), "{json}");
    }
    let mut torn = sample(10_000, 1);
    torn.readers[0].live = None;
    assert_eq!(ring(&torn, None).strategies[0].stages, Stages::default());
}

#[test]
fn counters_in_json_are_named_as_in_the_summary() {
    let json = serde_json::to_value(ring(&sample(10_000, 5), None)).unwrap();
    for key in ["messages", "published", "packets", "gaps", "gap_messages", "duplicates", "wakes"] {
        assert!(json["feed"][key].is_u64(), "{key}");
    }
    let strategy = &json["strategies"][0];
    for key in ["received", "lost", "overruns", "parks", "wakeups", "clamped"] {
        assert!(strategy[key].is_u64(), "{key}");
    }
    assert_eq!(strategy["stages"]["total"]["p99.9"], 0);
    assert_eq!(strategy["last_second"]["hop"]["unit"], "ns");
    assert_eq!((&strategy["state"], &strategy["reader"]), (&"running".into(), &"lossless".into()));
}
