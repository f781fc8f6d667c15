use tickline::measure::Percentiles;

use super::*;
use crate::bench::figure::Figure;
use crate::bench::rounds::{Counts, Placement};

fn measured(part: &'static str, key: &str, figure: Figure) -> Measured {
    let level = figure.level();
    Measured { key: (part, key.to_owned()), figure, spread: (level * 0.9, level * 1.1) }
}

fn latency(p50: u64) -> Figure {
    let (p90, p99, p99_9, max) = (p50 + 10, p50 + 20, p50 * 30, p50 * 40);
    Figure::Latency(Percentiles { p50, p90, p99, p99_9, max, count: 1_000 })
}

/// A report with something of everything.
pub fn report() -> Report {
    let number = Figure::Number;
    let figures = vec![
        measured("limit", "line_hop_1m", latency(70)),
        measured("limit", "line_hop_1m_pause", latency(60)),
        measured("limit", "line_rtt", latency(80)),
        measured("limit", "stream_lines_per_second", number(5e8)),
        measured("ring", "hop_1m", latency(75)),
        measured("ring", "hop_100k", latency(90)),
        measured("ring", "rtt", latency(100)),
        measured("ring", "stream_per_second", number(4e8)),
        measured("ring", "wake", latency(5_000)),
        measured("peers", "rtrb/hop_1m", latency(150)),
        measured("peers", "rtrb/rtt", latency(130)),
        measured("peers", "pipe/hop_100k", latency(900)),
        measured("peers", "pipe/stream_per_second", number(1.5e6)),
        measured("peers", "itchy/ns_per_message", number(20.0)),
        measured("decode", "ns_per_message", number(5.0)),
        measured("decode", "gigabytes_per_second", number(6.2)),
        measured("decode", "decoded_ns_per_message", number(6.0)),
        measured("decode", "captures/a.b.gz/ns_per_message", number(4.5)),
        measured("book", "ns_per_message/200000", number(86.0)),
        measured("book", "published_ns_per_message/200000", number(99.0)),
        measured("pipeline", "messages_per_second", number(8_234_567.0)),
        measured("pipeline", "ns_per_message", number(121.4)),
        measured("pipeline", "stages/hop", latency(130)),
        measured("pipeline", "recording/times_as_fast", number(3.25)),
    ];
    let selected = Selected {
        placement: Placement::Near,
        line_rtt_ns: 81,
        counts: Counts { near: 4, far: 1, moved: 2 },
        in_pieces: false,
        figures,
    };
    let mut rounds = Rounds::default();
    rounds.failures.push(Failure {
        part: "peers",
        what: "tokio".to_owned(),
        reason: "it lost 5 messages".to_owned(),
        times: 2,
    });
    let seen = Seen { others: 0.2, ..Seen::default() };
    let rival = r#"{"name": "rtrb", "title": "rtrb 0.3", "processes": 1, "works": ["hop"],
                    "sizes": [32], "available": true, "needs": ""}"#;
    let rivals = vec![serde_json::from_str(rival).unwrap()];
    let report = Report::new(Environment::default(), &seen, &rounds, rivals);
    Report { selected, ..report }
}

#[test]
fn the_json_has_the_shape_of_the_contract() {
    let json = report().json();
    let keys: Vec<_> = json.as_object().unwrap().keys().collect();
    let expected = ["environment", "limit", "ring", "peers", "decode", "book", "pipeline"];
    assert_eq!(keys[..7], expected);
    assert_eq!(keys[7..], ["spread", "rounds", "failures", "rivals"]);
    assert_eq!(json["environment"]["quiet"], false);
    assert_eq!(json["environment"]["placement"], "near");
    assert!(json["environment"]["warnings"][0].as_str().unwrap().contains("20.0 %"));
    let hop = json!({"p50": 75, "p90": 85, "p99": 95, "p99.9": 2250, "max": 3000, "count": 1000});
    assert_eq!(json["ring"]["hop_1m"], hop);
    assert_eq!(json["ring"]["stream_per_second"], 400_000_000);
    assert_eq!(json["book"]["ns_per_message"]["200000"], 86);
    assert_eq!(json["peers"]["rtrb"]["hop_1m"]["p50"], 150);
    assert_eq!(json["decode"]["captures"]["a.b.gz"]["ns_per_message"], 4.5);
    assert_eq!(json["spread"]["ring.rtt"], json!([90, 110]));
    assert_eq!(json["spread"]["book.ns_per_message.200000"], json!([77.4, 94.6]));
    assert_eq!(json["rounds"], json!({"near": 4, "far": 1, "moved": 2}));
    assert_eq!(json["failures"][0]["reason"], "it lost 5 messages");
}

#[test]
fn a_part_that_was_not_asked_for_is_absent() {
    let mut report = report();
    report.selected.figures.retain(|measured| measured.key.0 == "ring");
    let json = report.json();
    assert!(json.get("limit").is_none() && json.get("peers").is_none());
    assert!(json.get("ring").is_some());
}

#[test]
fn a_failed_rival_fails_nothing() {
    let mut report = report();
    assert!(!report.has_failed());
    report.failures[0].part = "ring";
    assert!(report.has_failed());
}

#[test]
fn the_comparison_is_a_pipe_table_of_one_line_each() {
    let found = report().comparison().text();
    let squeezed = |line: usize| {
        let words = found.lines().nth(line).unwrap().split_whitespace();
        words.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(squeezed(0).split(" | ").nth(1), Some("hop at 1 M/s, p50"));
    let hop = |line| squeezed(line).split(" | ").nth(1).unwrap().to_owned();
    // The better one of the two limits; and a rival that does not carry the column's pace.
    assert_eq!((hop(2), hop(3)), ("60 ns (0.80 x)".to_owned(), "75 ns".to_owned()));
    assert_eq!(squeezed(4).split(" | ").next(), Some("| rtrb"));
    assert_eq!(
        (hop(4), hop(5)),
        ("150 ns (2.00 x)".to_owned(), "900 ns at 100 k/s (10.0 x)".to_owned())
    );
    assert_eq!(hop(6), "-");
    let widths: Vec<_> = found.lines().map(|line| line.chars().count()).collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "{found}");
    assert!(found.contains("| 1.50 M/s (0.0037 x)"), "{found}");
    assert!(found.contains("| 20.0 ns (4.00 x)"), "{found}");
    // There was no limit to compare it with.
    assert!(!found.contains("wake-up"), "{found}");
}

#[test]
fn the_report_for_people_says_everything() {
    let text = report().text();
    for words in [
        "placement  near: a bare cache line takes 81 ns",
        "rounds     4 near, 1 far, 2 moved",
        "quiet      no, see the warnings",
        "captures, a.b.gz, ns_per_message",
        "6.20 GB/s",
        "8.23 M/s",
        "3.25 x",
        "80.0 ns  the books, with 200,000 live orders",
        "comparison (cores near)",
        "peers, tokio: it lost 5 messages",
    ] {
        assert!(text.contains(words), "{words:?} in\n{text}");
    }
    assert!(text.lines().last().unwrap().starts_with("warning: other processes took"), "{text}");
}
