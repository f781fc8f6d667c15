use std::path::PathBuf;

use hdrhistogram::Histogram;
use tickline_shared::summary::{FeedSummary, Spike, SpikeLimit, StrategySummary, Summary};

use super::super::counts::Counts;
use super::super::json;
use super::super::run::{Interval, Stage};
use super::*;
use crate::page::tests::{assert_alone, assert_well_formed};

fn stage(seconds: u64, values: impl Fn(u64) -> Vec<u64>) -> Stage {
    let empty = Histogram::<u64>::new_with_bounds(1, 3_600_000_000_000, 3).unwrap();
    let mut stage = Stage::new(&empty);
    for second in 0..seconds {
        let mut histogram = empty.clone();
        values(second).into_iter().for_each(|value| histogram.record(value).unwrap());
        stage.intervals.push(Interval {
            start_ns: second * 1_000_000_000,
            length_ns: 1_000_000_000,
            counts: Counts::of(&histogram),
        });
    }
    stage
}

/// A run of two stages, without a summary.
fn run(title: &str, seconds: u64) -> Run {
    let hop = stage(seconds, |second| (1..=20).map(|at| 60 + at * 7 + second % 5).collect());
    let total = stage(seconds, |second| {
        let peak = if second == seconds / 3 { 7_654_321 } else { 900 };
        (1..=20).map(|at| 100 + at * 11).chain([peak]).collect()
    });
    Run {
        title: title.to_owned(),
        path: PathBuf::from("latency-a.hlog"),
        name: None,
        strategy: Some("a".to_owned()),
        folder: None,
        summary: None,
        began_unix_ns: Some(1_790_000_000_000_000_000),
        stages: [("hop".to_owned(), hop), ("total".to_owned(), total)].into(),
        window: None,
        damaged: Vec::new(),
    }
}

fn shown(runs: &[Run], slas: &[&str]) -> String {
    let percentiles = ["50", "90", "99", "99.9", "99.99"].map(|text| text.parse().unwrap());
    let slas: Vec<Sla> = slas.iter().map(|text| text.parse().unwrap()).collect();
    let groups: Vec<_> = runs.iter().map(|run| vec![run]).collect();
    let rows = json::rows(&groups, &percentiles, None);
    let runs = runs.iter().collect();
    let report =
        Report { runs, rows: &rows, percentiles: &percentiles, slas: &slas, comparison: None };
    let page = page(&report);
    assert_well_formed(&page);
    assert_alone(&page);
    page
}

/// The text between the first `from` and the `to` behind it.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let rest = text.split_once(from).unwrap_or_else(|| panic!("{from} in {text:.300}")).1;
    rest.split_once(to).unwrap().0
}

#[test]
fn the_table_says_what_the_json_says() {
    let runs = [run("day, a", 12)];
    let page = shown(&runs, &[]);
    let percentiles = ["50", "99.9"].map(|text| text.parse().unwrap());
    let rows = json::rows(&[vec![&runs[0]]], &percentiles, None);
    let section = between(&page, "<section aria-labelledby=\"percentiles\">", "</section>");
    let table = between(section, "<table", "</table>");
    let heads: Vec<_> = table.split("<th scope=\"col\"").skip(1).collect();
    assert_eq!(heads.len(), 10);
    for name in ["hop", "total"] {
        let row = table.split("<tr").find(|row| row.contains(&format!(">{name}</th>"))).unwrap();
        let values: Vec<u64> = row
            .split("data-value=\"")
            .skip(1)
            .map(|cell| cell.split_once('"').unwrap().0.parse().unwrap())
            .collect();
        let stage = &rows[0]["stages"][name];
        let wanted =
            ["count", "min", "p50", "p99.9", "max"].map(|key| stage[key].as_u64().unwrap());
        assert_eq!([values[0], values[1], values[2], values[5], values[7]], wanted, "{name}");
    }
    let data = between(section, "id=\"percentiles-json\">", "</script>");
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data[0]["stages"]["total"]["p99.9"], rows[0]["stages"]["total"]["p99.9"]);
}

#[test]
fn one_run_has_a_line_a_stage_and_names_the_worst_interval() {
    let page = shown(&[run("day, a", 12)], &["p99:50us", "hop:p50:1ns"]);
    let chart = between(&page, "id=\"by-percentile\"", "</figure>");
    let paths: Vec<_> = chart.split("<path class=\"line").skip(1).collect();
    assert_eq!(paths.len(), 4, "two stages on two scales");
    assert!(paths.iter().all(|path| path.matches('L').count() > 20), "{paths:?}");
    assert!(chart.contains("total: p99 at most 50.0 us") && chart.contains("limit-line"));
    assert!(page.contains("missed by ") && page.contains("data-verdict=\"met\""));
    let timeline = between(&page, "id=\"over-time-0-1\"", "</figure>");
    assert!(timeline.contains("from 4.000 to 5.000 s"), "{timeline:.600}");
    assert!(timeline.contains("max 7.66 ms") && timeline.contains("worst: 7.66 ms"));
    assert!(page.contains("id=\"histogram-0\"") && page.contains("Percentiles do not add up"));
}

#[test]
fn several_runs_have_a_colour_each() {
    let mut other = run("day, a", 9);
    other.stages.remove("hop");
    let page = shown(&[run("day, a", 12), other], &[]);
    let total = between(&page, "id=\"by-percentile-1\"", "</figure>");
    assert!(total.contains("class=\"line c0 d0\"") && total.contains("class=\"line c1 d1\""));
    assert!(total.contains("1: day, a") && total.contains("2: day, a"));
    let hop = between(&page, "id=\"by-percentile-0\"", "</figure>");
    assert!(!hop.contains("class=\"line c1 d1\""));
    assert!(page.contains("data-toggle=\"run-1\"") && page.contains("data-toggle=\"stage-0\""));
}

/// Paced runs count `total` from due time, others from service time.
#[test]
fn times_of_different_kinds_are_told_apart() {
    let with = |paced| {
        let feed = FeedSummary { paced: Some(paced), ..FeedSummary::default() };
        let summary = Some(Summary { feed, ..Summary::default() });
        Run { summary, ..run("day, a", 3) }
    };
    let one = shown(&[with(true)], &[]);
    assert!(one.contains("total (due time)") && one.contains("hop (service time)"));
    assert!(!one.contains("do not compare"));
    let both = shown(&[with(true), with(false)], &[]);
    assert!(both.contains("total (service and due time)"));
    assert!(both.contains("do not compare them with each other"));
}

#[test]
fn what_others_named_is_text() {
    const HOSTILE: &str = "</script><script>alert(1)</script>\"'><b onload=x>{{content}}&amp;";
    let mut hostile = run(HOSTILE, 3);
    hostile.path = PathBuf::from(HOSTILE);
    hostile.strategy = Some(HOSTILE.to_owned());
    let hop = hostile.stages.remove("hop").unwrap();
    hostile.stages.insert(HOSTILE.to_owned(), hop);
    let text = || HOSTILE.to_owned();
    let spike = Spike { symbol: text(), kind: text(), verdict: text(), ..Spike::default() };
    let strategy = StrategySummary {
        name: text(),
        spike_limit: Some(SpikeLimit { over_ns: 5, by: text(), keep: 1 }),
        spikes: vec![spike],
        ..StrategySummary::default()
    };
    let mut summary = Summary { name: text(), strategies: vec![strategy], ..Summary::default() };
    summary.environment.cpu = text();
    summary.environment.warnings = vec![text()];
    summary.feed = FeedSummary { venue: text(), speed: text(), ..FeedSummary::default() };
    hostile.summary = Some(summary);
    let page = shown(&[hostile.clone(), hostile], &["p99:50us"]);
    assert_eq!(page.matches("<script").count(), 2, "ours and the block of data");
    assert!(!page.contains("<b onload") && page.contains("&lt;/script&gt;&lt;script&gt;"));
}

#[test]
fn a_long_run_is_thinned_out_and_keeps_its_peaks() {
    let mut hour = run("day, a", 3_600);
    // A run has four stages.
    for (name, like) in [("decode", "total"), ("strategy", "hop")] {
        hour.stages.insert(name.to_owned(), hour.stages[like].clone());
    }
    let page = shown(&[hour], &[]);
    assert!(page.contains("Each point is the worst of 15 intervals"));
    let timeline = between(&page, "id=\"over-time-0-3\"", "</figure>");
    let table = between(timeline, "<tbody>", "</tbody>");
    assert_eq!(table.matches("<tr").count(), 240);
    assert!(table.contains(">7.66 ms<") && page.len() < 500_000, "{} bytes", page.len());
}

#[test]
fn little_and_nothing() {
    let one = shown(&[run("day, a", 1)], &[]);
    assert!(one.contains("<circle"), "a single interval is a dot");

    let mut empty = run("day, a", 2);
    empty.stages.insert("decode".to_owned(), stage(2, |_| Vec::new()));
    let page = shown(&[empty.clone()], &["decode:p99:1us"]);
    assert!(page.contains("not judged: nothing was recorded"));
    let chart = between(&page, "id=\"over-time-0-0\"", "</figure>");
    assert!(chart.contains("Nothing was recorded.") && !chart.contains("<path"));
    empty.stages.retain(|name, _| name == "decode");
    assert!(!shown(&[empty], &[]).contains("<path"));

    let zeros =
        Run { stages: [("hop".to_owned(), stage(1, |_| vec![0, 0]))].into(), ..run("day, a", 1) };
    let huge = Run {
        stages: [("hop".to_owned(), stage(1, |_| vec![0, 3_599_000_000_000]))].into(),
        began_unix_ns: None,
        ..run("day, a", 1)
    };
    for page in [shown(&[zeros], &[]), shown(&[huge], &["hop:p100:3600s"])] {
        assert!(!page.contains("NaN") && !page.contains("inf"), "{page}");
    }
}

#[test]
fn a_limit_names_a_stage_that_is_there() {
    let run = run("day, a", 2);
    let error = check(&["hopp:p99:1us".parse().unwrap()], &[&run]).unwrap_err().to_string();
    assert_eq!(
        error,
        "--sla hopp:p99:1.00 us: no stage of this name was recorded; recorded are: hop, total"
    );
    check(&["p99:1us".parse().unwrap()], &[&run]).unwrap();
}
