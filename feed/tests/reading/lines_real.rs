//! Real data on two lines that lose, repeat and delay datagrams: what comes out is the union of what
//! was left, and what was lost on both is missing. The model reads the same damaged datagrams and
//! knows nothing of sessions.

use std::collections::BTreeSet;

use tickline_feed::counts::{Counts, Fault};
use tickline_feed::framing::Event;
use tickline_feed::framing::capture::{Capture, Layout};
use tickline_feed::framing::damaged::{Damage, Damaged};
use tickline_feed::framing::datagrams::{Datagrams, Source, Transport};
use tickline_feed::framing::iex_tp::IexTp;
use tickline_feed::framing::mdp3::Mdp3;
use tickline_feed::framing::mold_udp64::MoldUdp64;
use tickline_feed::playlist::{self, Playlist};
use tickline_feed::scenario::{FeedConfig, SourceConfig};
use tickline_feed::session::{Gap, LineId, Sessions};
use tickline_feed::source::Input;
use tickline_feed::stream::Stream;
use tickline_feed::venue::Venue;
use tickline_feed::with_stream;

use crate::captures::captures;
use crate::lines::{Sent, capture};
use crate::wire::{binary_file, delete, frame, numbered};

/// What is left of a source: the numbers that came, and how many messages, copies included.
#[derive(Default)]
struct Left {
    numbers: BTreeSet<u64>,
    messages: u64,
    /// The highest number when the second line appeared: before, the first one was alone.
    alone: u64,
}

fn left<T: Transport>(mut source: impl Source) -> Left {
    let (mut left, mut counts) = (Left::default(), Counts::default());
    let mut lines = BTreeSet::new();
    while let Some(arrival) = source.advance(&mut counts).unwrap() {
        let Some((header, _)) = T::open(source.payload()) else { continue };
        left.numbers.extend(header.sequence..header.next());
        left.messages += u64::from(header.messages());
        if lines.insert(arrival.line.unwrap().to_string()) {
            left.alone = left.numbers.last().copied().unwrap_or(0);
        }
    }
    left
}

/// What came out: the number of each message, gaps, counts.
struct Came {
    numbers: Vec<u64>,
    gaps: Vec<Gap>,
    counts: Counts,
}

fn play<T: Transport>(source: impl Source, transport: T) -> Came {
    let mut stream = Stream::new(Datagrams::new(source, transport), Sessions::default());
    let (mut numbers, mut gaps, mut counts) = (Vec::new(), Vec::new(), Counts::default());
    loop {
        match stream.next(&mut counts).unwrap() {
            Event::Message { sequence, .. } => numbers.push(sequence),
            Event::Gap(gap) => gaps.push(gap),
            Event::End => break,
            _ => {}
        }
    }
    counts.lines = stream.sessions().lines();
    Came { numbers, gaps, counts }
}

/// Runs of numbers that are not in the set, between its first and its last.
fn missing(numbers: &BTreeSet<u64>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut next = numbers.first().copied().unwrap_or(0);
    for &number in numbers {
        if number > next {
            gaps.push(Gap { first: next, count: number - next });
        }
        next = number + 1;
    }
    gaps
}

/// Plays what damage leaves of a capture and compares it with the model. `reorders` says that lines
/// bring numbers that they passed: then what both lost at first may come too late.
#[track_caller]
fn check<T: Transport>(file: &[u8], layout: Layout, of: impl Fn() -> T, damage: Damage) -> Came {
    let source = || {
        let input = Input::from_bytes("test", file.to_vec());
        Damaged::new(Capture::new(input, layout).unwrap(), damage)
    };
    let (left, came) = (left::<T>(source()), play(source(), of()));
    let delivered: BTreeSet<u64> = came.numbers.iter().copied().collect();
    assert!(came.numbers.is_sorted(), "{damage}");
    assert_eq!(came.gaps, missing(&delivered), "{damage}");
    let declared: u64 = came.gaps.iter().map(|gap| gap.count).sum();
    assert_eq!(came.counts.gap_messages, declared, "{damage}");
    assert_eq!(came.counts.duplicates, left.messages - came.numbers.len() as u64, "{damage}");
    if damage.reorder == 0.0 {
        let not_delivered: Vec<_> =
            left.numbers.range(left.alone..).filter(|it| !delivered.contains(it)).collect();
        assert_eq!(not_delivered, [&0; 0], "{damage}");
        assert!(delivered.is_subset(&left.numbers), "{damage}");
    } else {
        assert!(delivered.is_subset(&left.numbers), "{damage}");
    }
    came
}

/// Both lines, or one of them, in several ways and with several seeds.
fn damages(line: LineId) -> Vec<Damage> {
    let mut damages = Vec::new();
    for seed in 1..4 {
        let whole = Damage { seed, ..Damage::default() };
        damages.extend([
            whole,
            Damage { drop: 0.33, ..whole },
            Damage { drop: 0.33, line: Some(line), ..whole },
            Damage { drop: 0.2, duplicate: 0.2, ..whole },
            Damage { drop: 0.05, duplicate: 0.01, reorder: 0.05, ..whole },
            Damage { duplicate: 0.3, reorder: 0.3, line: Some(line), ..whole },
        ]);
    }
    damages
}

/// A capture of two lines made of one: now one of them is some µs behind, now the other, and none at
/// the start. Neither changes its order.
fn two_lines(payloads: &[Vec<u8>]) -> Vec<u8> {
    let mut sent: Vec<Sent> = Vec::new();
    for (n, payload) in (0u64..).zip(payloads) {
        let (turn, skew) = (n / 75, if n < 10 { 0 } else { 37 + (n * 7_919) % 19 });
        let us = 20 * n + 100 * turn;
        let (first, second) = if turn % 2 == 0 { (1, 2) } else { (2, 1) };
        sent.push((us, first, payload.clone()));
        sent.push((us + skew, second, payload.clone()));
    }
    capture(&sent, frame)
}

/// Line A of [`frame`].
fn line_a() -> LineId {
    LineId::new([233, 54, 12, 1].into(), 26_477)
}

/// What every damage has in common, whatever the data: where only one line suffers, nothing is
/// missing.
fn check_all<T: Transport>(file: &[u8], layout: Layout, of: impl Fn() -> T, line: LineId) {
    for damage in damages(line) {
        let came = check(file, layout, &of, damage);
        if damage.line.is_some() {
            assert_eq!(came.gaps, [], "{damage}");
        } else if damage.drop > 0.3 {
            assert!(!came.gaps.is_empty(), "{damage}");
        }
        let faults = came.counts.faults;
        assert_eq!(faults[Fault::Dropped as usize] > 0, damage.drop > 0.0);
        assert_eq!(faults[Fault::Duplicated as usize] > 0, damage.duplicate > 0.0);
        assert_eq!(faults[Fault::Reordered as usize] > 0, damage.reorder > 0.0);
    }
}

#[test]
fn mold_udp64_on_two_lines() {
    let payloads: Vec<_> = (0..500).map(|n| numbered(2 + 3 * n, 3)).collect();
    check_all(&two_lines(&payloads), Layout::Pcap, || MoldUdp64, line_a());
}

#[test]
fn a_morning_of_deep_on_two_lines() {
    let Some(folder) = captures() else { return };
    let file = folder.join("../iex/deep10-20231002.pcap.gz");
    let mut source = Capture::new(Input::open(&file).unwrap(), Layout::Pcap).unwrap();
    let (mut payloads, mut counts) = (Vec::new(), Counts::default());
    while payloads.len() < 2_000 && source.advance(&mut counts).unwrap().is_some() {
        // Number 1, where it comes late, is taken for a reset.
        let later = IexTp::open(source.payload()).is_some_and(|(header, _)| header.sequence > 1);
        payloads.extend(later.then(|| source.payload().to_vec()));
    }
    let of = || IexTp::of(Venue::IexDeep);
    check_all(&two_lines(&payloads), Layout::Pcap, of, line_a());
}

/// What a feed's table makes of a file: its messages and what was counted.
fn play_config(config: &FeedConfig) -> Result<(u64, Counts), playlist::Error> {
    let opened = Playlist::new(config).next().unwrap()?.opened;
    let (mut messages, mut counts) = (0, Counts::default());
    with_stream!(opened.stream, mut stream => loop {
        match stream.next(&mut counts).unwrap() {
            Event::Message { .. } => messages += 1,
            Event::End => return Ok((messages, counts)),
            _ => {}
        }
    })
}

#[test]
fn a_scenario_damages_captures_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        FeedConfig::new(SourceConfig::Capture { files: vec![path] })
    };
    let payloads: Vec<_> = (0..500).map(|n| numbered(2 + 3 * n, 3)).collect();
    let capture = file("lines.pcap", &two_lines(&payloads));
    assert_eq!(play_config(&capture).unwrap().0, 1_500);

    let damage = Damage { drop: 0.5, seed: 3, ..Damage::default() };
    let damaged = FeedConfig { faults: Some(damage), ..capture.clone() };
    let (messages, counts) = play_config(&damaged).unwrap();
    let dropped = counts.faults[Fault::Dropped as usize];
    assert_eq!(counts.packets, 1_000 - dropped);
    assert_eq!(messages + counts.gap_messages, 1_500);
    assert!(dropped > 400 && counts.gaps > 50 && counts.duplicates > 300, "{counts:?}");
    assert_eq!(play_config(&damaged).unwrap(), (messages, counts));

    let messages = file("day.itch", &binary_file(&[delete(1), delete(2)]));
    let refused = |config: FeedConfig| play_config(&config).unwrap_err().to_string();
    let refusal = refused(FeedConfig { faults: Some(damage), ..messages.clone() });
    assert!(refusal.contains("day.itch holds no datagrams"), "{refusal}");
    let lines = vec![vec![line_a(), LineId::new([10, 0, 0, 1].into(), 1)]];
    for config in [messages, capture] {
        let refusal = refused(FeedConfig { lines: lines.clone(), ..config });
        assert!(refusal.contains("nothing goes by addresses"), "{refusal}");
    }
}

#[test]
fn lines_a_and_b_of_cme() {
    let Some(folder) = captures() else { return };
    let unpacked = {
        let mut input = Input::open(folder.join("../cme/mdp3-v1.6-ab.pcap.gz")).unwrap();
        while input.refill().unwrap() {}
        input.window().to_vec()
    };
    let a = LineId::new([224, 0, 31, 64].into(), 14_340);
    let whole = Damage::default();
    let came = check(&unpacked, Layout::Pcapng, || Mdp3, whole);
    let counts = &came.counts;
    assert_eq!((counts.packets, came.numbers.len(), counts.duplicates), (10_000, 10_273, 10_273));
    assert_eq!((came.numbers[0], came.numbers[10_272], counts.gaps), (5_615, 10_614, 0));

    // Counted with another program: B - A from -15,400 to +6,087 ns.
    let [b, a_line] = &counts.lines[..] else { panic!("{:?}", counts.lines) };
    assert_eq!(a_line.line, "224.0.31.64:14340");
    assert_eq!((a_line.packets, a_line.first), (5_000, 193));
    assert_eq!((b.line.as_str(), b.packets, b.first), ("224.0.32.64:15340", 5_000, 4_807));
    let (by_a, by_b) = (a_line.ahead.unwrap(), b.ahead.unwrap());
    assert_eq!((by_a.count, by_a.min, by_a.max), (193, 119, 6_087));
    assert_eq!((by_b.count, by_b.min, by_b.max), (4_807, 111, 15_400));
    let near = |value: u64, expected: u64| value.abs_diff(expected) * 100 <= expected;
    assert!(near(by_a.p50, 961) && near(by_a.p99, 4_351), "{by_a:?}");
    assert!(near(by_b.p50, 275) && near(by_b.p99, 4_708), "{by_b:?}");

    // A third of line A lost: B brings it, and nothing is missing.
    for seed in 1..4 {
        let damage = Damage { drop: 0.33, line: Some(a), seed, ..whole };
        let came = check(&unpacked, Layout::Pcapng, || Mdp3, damage);
        assert_eq!((came.numbers.len(), came.gaps.len()), (10_273, 0));
        // A third of both: what is missing is missing on both.
        let damage = Damage { drop: 0.33, seed, ..whole };
        let came = check(&unpacked, Layout::Pcapng, || Mdp3, damage);
        assert!(came.counts.gap_messages > 400, "{:?}", came.counts);
        check(&unpacked, Layout::Pcapng, || Mdp3, Damage { reorder: 0.02, ..damage });
    }
}
