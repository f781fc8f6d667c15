use super::*;

const US: u64 = 1_000;
const MS: u64 = 1_000_000;

fn spike(decode_ns: u64, hop_ns: u64, strategy_ns: u64) -> Spike {
    let total_ns = decode_ns + hop_ns + strategy_ns;
    Spike { decode_ns, hop_ns, strategy_ns, total_ns, ..Spike::default() }
}

fn switches(involuntary_switches: u64, waited_for_core_ns: u64) -> Option<ThreadCounts> {
    let over_ns = 1_400 * MS;
    Some(ThreadCounts { over_ns, involuntary_switches, waited_for_core_ns, page_faults: 0 })
}

fn host(interrupts: u64, stolen_ns: u64) -> Option<CoreCounts> {
    Some(CoreCounts { over_ns: 1_000 * MS, interrupts, softirqs: 9, stolen_ns })
}

#[track_caller]
fn check(spike: &Spike, expected: &str) {
    assert_eq!(verdict(spike, 1_024), expected, "{spike:#?}");
}

#[test]
fn the_feed() {
    let late = spike(4 * MS, 100, 40);
    check(&late, "the feed was late with it");
    check(
        &Spike { gap_ns: Some(3_900 * US), ..late.clone() },
        "the feed was late with it: it published nothing for 3.90 ms",
    );
    check(
        &Spike { gap_ns: Some(80), ..late.clone() },
        "the feed was late with it, and with those before it",
    );
    check(
        &Spike { burst: 1_000, ..late },
        "the ring was full: the feed waited for its slowest reader",
    );
}

#[test]
fn the_way_through_the_ring() {
    let hop = spike(200, 4 * MS, 40);
    let behind = Some(Behind { record: 7, strategy_ns: 5 * MS });
    check(
        &Spike { behind, burst: 3, ..hop.clone() },
        "the strategy was busy with record 7 before it, for 5.00 ms",
    );
    check(&Spike { burst: 9_000, ..hop.clone() }, "queued behind a burst of 9,000");
    // Three records do not take that long.
    let short = Spike { burst: 3, thread: switches(1, 3_900 * US), ..hop.clone() };
    check(&short, "the core was taken away for 3.90 ms: 1 involuntary switch");
    let unseen = Spike { thread: None, ..short };
    check(&unseen, "unknown: nothing that was counted explains it");
    // But records that take the strategy as long may.
    check(&Spike { strategy_ns: MS, ..unseen }, "queued behind a burst of 3");
    let woken = Spike { burst: 1, waited: Waited::Parked, wake_up_ns: Some(3 * MS), ..hop };
    check(&woken, "woken from park 3.00 ms after the publish");
}

#[test]
fn a_loop_that_waited() {
    let hop = Spike { waited: Waited::Spinning, ..spike(200, 48 * US, 40) };
    check(&hop, "unknown: nothing that was counted explains it");
    check(
        &Spike { thread: switches(2, 8 * MS), core: host(1_012, 0), ..hop.clone() },
        "unknown: nothing that was counted explains it; 2 involuntary switches in that 1.40 s; \
         1,012 interrupts in that 1.00 s",
    );
    check(
        &Spike { thread: switches(3, 90 * US), core: host(1_012, 0), ..hop.clone() },
        "the core was likely taken away: 3 involuntary switches and 90.0 us without it in that \
         1.40 s",
    );
    let parked = Spike { waited: Waited::Parked, wake_up_ns: Some(47 * US), ..hop.clone() };
    check(&parked, "woken from park 47.0 us after the publish");
    let early = Spike { wake_up_ns: Some(0), ..parked };
    check(&early, "unknown: nothing that was counted explains it");
    check(
        &Spike { waited: Waited::Yielding, wake_up_ns: Some(30 * US), ..hop },
        "the loop had given its turn away, and ran 30.0 us after the publish",
    );
}

#[test]
fn the_strategy() {
    let slow = spike(200, 100, 2 * MS);
    check(&slow, "the strategy took 2.00 ms over it");
    // A core that was away for longer than the record took was away at another time; one that
    // was away often for a moment does not explain it.
    for (number, waited_ns) in [(2, 40 * MS), (80, 34 * MS)] {
        let spike = Spike { thread: switches(number, waited_ns), ..slow.clone() };
        let words = verdict(&spike, 1_024);
        assert!(words.starts_with("the strategy took 2.00 ms over it"), "{words}");
    }
    check(
        &Spike { thread: switches(80, 34 * MS), ..slow.clone() },
        "the strategy took 2.00 ms over it, 80 involuntary switches in that 1.40 s",
    );
    check(
        &Spike { thread: switches(1, 1_900 * US), ..slow.clone() },
        "the core was taken away for 1.90 ms: 1 involuntary switch, while the strategy had it",
    );
    check(
        &Spike { core: host(900, 10 * MS), ..slow.clone() },
        "the host likely took the core away: 10.0 ms stolen in that 1.00 s, while the strategy \
         had it",
    );
    let faults = ThreadCounts { over_ns: 1_400 * MS, page_faults: 3, ..ThreadCounts::default() };
    check(
        &Spike { thread: Some(faults), ..slow },
        "the strategy took 2.00 ms over it, 3 page faults in that 1.40 s",
    );
    check(
        &Spike { core: host(900, 10 * MS), ..spike(10, 10, 20 * US) },
        "the strategy took 20.0 us over it",
    );
}

#[test]
fn any_figures_make_a_sentence() {
    for spike in [Spike::default(), spike(u64::MAX / 4, 0, 0), spike(0, u64::MAX, 0)] {
        for slots in [0, 64, u64::MAX] {
            assert!(!verdict(&spike, slots).is_empty());
        }
    }
    let all = ThreadCounts {
        over_ns: 0,
        page_faults: 1,
        involuntary_switches: 0,
        waited_for_core_ns: u64::MAX,
    };
    assert!(!verdict(&Spike { thread: Some(all), ..spike(0, 0, 9) }, 64).is_empty());
}
