use std::collections::{BTreeMap, BTreeSet};

use tickline_shared::latency::LiveLatency;
use tickline_shared::ring::counters::{FeedCounts, ReaderCounts};
use tickline_shared::scenario::ReaderMode;

use super::*;
use crate::counts::Malformed;

/// A ring 2 s after boot, whose last sign of life was 0.5 s ago.
fn snapshot(readers: Vec<ReaderSample>) -> Snapshot {
    let counts = FeedCounts { messages: 7, published: 9, gap_messages: 3, ..FeedCounts::default() };
    let ring = RingSample {
        at_ns: 2_000_000_000,
        name: "day".to_owned(),
        slots: 64,
        clock: ClockKind::Tsc,
        pid: 7,
        started_unix_ns: 1_700_000_000_500_000_000,
        gone: false,
        ended: None,
        heartbeat_ns: 1_500_000_000,
        source_done: 10,
        source_total: 0,
        counts,
        venue: "nasdaq-itch50".to_owned(),
        malformed: vec![(Malformed::ShortMessage as u8, 2), (15, 9)],
        unknown: vec![(b'z', 4), (0, 1)],
        readers,
    };
    let [version, pages] = ["0.1.0", "huge"].map(str::to_owned);
    Snapshot { build: Some(Build { version, pages }), ring, expected: vec!["bbo".to_owned()] }
}

fn reader(name: &str, attached: bool) -> ReaderSample {
    let mut live = LiveLatency { written_ns: 1, ..LiveLatency::default() };
    live.buckets[Stage::Hop as usize].add(15, 2);
    live.buckets[Stage::Hop as usize].add(20_000_000_000, 1);
    ReaderSample {
        name: name.to_owned(),
        pid: 8,
        mode: ReaderMode::Lossy,
        attached,
        alive: attached,
        cursor: 4,
        heartbeat_ns: 1_750_000_000,
        counts: ReaderCounts { received: 4, lost: 1, ..ReaderCounts::default() },
        live: Some(Box::new(live)),
    }
}

/// A page read as strictly as the formats are written: its types and its series.
#[derive(Default)]
struct Read {
    kinds: BTreeMap<String, String>,
    series: BTreeMap<String, f64>,
}

#[track_caller]
fn read(page: &str, format: Format) -> Read {
    let (mut read, mut described, mut family) = (Read::default(), BTreeSet::new(), "");
    assert!(page.ends_with('\n'));
    let body = match format {
        Format::OpenMetrics => page.strip_suffix("# EOF\n").expect("an end"),
        Format::Text => page,
    };
    for line in body.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let [what, name, rest] = comment.splitn(3, ' ').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            assert!(described.insert((what, name)), "twice: {line}");
            match what {
                "HELP" => family = name,
                "TYPE" => _ = read.kinds.insert(name.to_owned(), rest.to_owned()),
                "UNIT" if format == Format::OpenMetrics => {
                    assert!(name.ends_with(&format!("_{rest}")), "{line}");
                }
                _ => panic!("{line}"),
            }
            assert_eq!(name, family, "{line}");
            continue;
        }
        let (series, value) = line.rsplit_once(' ').unwrap();
        let name = series.split('{').next().unwrap();
        let ending = name.strip_prefix(family).unwrap_or_else(|| panic!("{line} under {family}"));
        let endings: &[&str] = match (read.kinds[family].as_str(), format) {
            ("counter", Format::OpenMetrics) => &["_total"],
            ("histogram", _) => &["_bucket", "_sum", "_count"],
            _ => &[""],
        };
        assert!(endings.contains(&ending), "{line}");
        let value: f64 = value.parse().unwrap();
        assert!(value.is_finite(), "{line}");
        assert!(read.series.insert(series.to_owned(), value).is_none(), "twice: {line}");
    }
    read
}

impl Read {
    #[track_caller]
    fn check(&self, series: &str, expected: f64) {
        assert_eq!(self.series.get(series), Some(&expected), "{series}: {:#?}", self.series);
    }

    fn has(&self, part: &str) -> bool {
        self.series.keys().any(|series| series.contains(part))
    }
}

#[test]
fn a_page_says_what_was_seen() {
    for format in [Format::Text, Format::OpenMetrics] {
        let page = snapshot(vec![reader("bbo", true)]).page(format);
        let page = read(&page, format);
        page.check(
            "tickline_build_info{version=\"0.1.0\",ring=\"day\",venue=\"nasdaq-itch50\",\
             clock=\"tsc\",pages=\"huge\"}",
            1.0,
        );
        page.check("tickline_up", 1.0);
        page.check("process_start_time_seconds", 1_700_000_000.5);
        page.check("tickline_feed_heartbeat_age_seconds", 0.5);
        page.check("tickline_messages_total", 7.0);
        page.check("tickline_gap_messages_total", 3.0);
        page.check("tickline_malformed_total{reason=\"short_message\"}", 2.0);
        page.check("tickline_malformed_total{reason=\"line\"}", 0.0);
        page.check("tickline_unknown_total{type=\"z\"}", 4.0);
        page.check("tickline_unknown_total{type=\"0x00\"}", 1.0);
        page.check("tickline_lag_records{strategy=\"bbo\"}", 5.0);
        page.check("tickline_strategy_heartbeat_age_seconds{strategy=\"bbo\"}", 0.25);
        page.check("tickline_received_total{strategy=\"bbo\"}", 4.0);
        page.check("tickline_lost_total{strategy=\"bbo\"}", 1.0);
        let hop = "strategy=\"bbo\",stage=\"hop\"}";
        page.check(&format!("tickline_latency_seconds_count{{{hop}"), 3.0);
        page.check(&format!("tickline_latency_seconds_sum{{{hop}"), 20.000_000_03);
        for (bound, count) in [("1e-8", 0.0), ("2e-8", 2.0), ("10.0", 2.0), ("+Inf", 3.0)] {
            let series = format!("tickline_latency_seconds_bucket{{le=\"{bound}\",{hop}");
            page.check(&series, count);
        }
        assert!(!page.has("source_size"), "a source without an end has no size");
    }
}

#[test]
fn the_types_are_those_of_the_list() {
    let (text, open_metrics) = (Format::Text, Format::OpenMetrics);
    let seen = snapshot(vec![reader("bbo", true)]);
    let kinds = read(&seen.clone().page(text), text).kinds;
    let listed = METRICS.iter().map(|metric| (metric.name(), metric.kind().to_string()));
    assert_eq!(kinds, listed.collect());
    let kinds = read(&seen.page(open_metrics), open_metrics).kinds;
    let families = METRICS.iter().map(|m| (m.family.to_owned(), m.kind().to_string()));
    assert_eq!(kinds, families.collect());
}

#[test]
fn who_left_keeps_counters_and_histograms_and_nothing_else() {
    let page = snapshot(vec![reader("gone", false)]).page(Format::Text);
    let page = read(&page, Format::Text);
    page.check("tickline_strategy_up{strategy=\"gone\"}", 0.0);
    page.check("tickline_strategy_up{strategy=\"bbo\"}", 0.0);
    page.check("tickline_received_total{strategy=\"gone\"}", 4.0);
    assert!(page.has("tickline_latency_seconds_bucket{le=\"+Inf\",strategy=\"gone\""));
    assert!(!page.has("lag_records") && !page.has("strategy_heartbeat"));
}

#[test]
fn who_has_shown_nothing_so_far_has_no_counters() {
    let mut new = reader("bbo", true);
    (new.heartbeat_ns, new.live) = (0, Some(Box::default()));
    let page = read(&snapshot(vec![new]).page(Format::Text), Format::Text);
    page.check("tickline_strategy_up{strategy=\"bbo\"}", 1.0);
    assert!(!page.has("_total{strategy") && !page.has("latency") && !page.has("age_seconds{"));
}

/// What lies in a reader's memory is the reader's word for it.
#[test]
fn nonsense_gives_a_page_that_can_be_read() {
    let mut odd = reader("a\"b\\c", true);
    odd.counts = ReaderCounts { received: u64::MAX, ..odd.counts };
    (odd.cursor, odd.heartbeat_ns) = (u64::MAX, u64::MAX);
    let live = odd.live.as_mut().unwrap();
    live.buckets.iter_mut().for_each(|b| b.counts = [u64::MAX; _]);
    let page = read(&snapshot(vec![odd]).page(Format::OpenMetrics), Format::OpenMetrics);
    page.check("tickline_lag_records{strategy=\"a\\\"b\\\\c\"}", 0.0);
    page.check("tickline_received_total{strategy=\"a\\\"b\\\\c\"}", u64::MAX as f64);
}

#[test]
fn from_outside_there_is_less_to_say() {
    let seen = Snapshot { build: None, expected: Vec::new(), ..snapshot(Vec::new()) };
    let page = read(&seen.page(Format::Text), Format::Text);
    page.check("tickline_build_info{ring=\"day\",venue=\"nasdaq-itch50\",clock=\"tsc\"}", 1.0);
    assert!(!page.has("strategy"));
}
