use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Serializer, V2DeflateSerializer};
use serde_json::Value;
use tickline_shared::summary::{FeedSummary, StrategySummary, Summary};

use super::*;
use crate::table::{self, Timing::Due, Timing::Service};

/// A log by hand: the count 5 at 300 ns, under two tags.
fn log_text() -> String {
    let mut histogram = Histogram::<u64>::new_with_bounds(1, 1_000_000, 3).unwrap();
    histogram.record_n(300, 5).unwrap();
    let mut bytes = Vec::new();
    V2DeflateSerializer::new().serialize(&histogram, &mut bytes).unwrap();
    let encoded = STANDARD.encode(bytes);
    format!("Tag=hop,0.0,1.0,300.0,{encoded}\nTag=total,0.0,1.0,300.0,{encoded}\n")
}

fn run_directory(folder: &Path) {
    for name in ["latency-a.hlog", "latency-b.hlog"] {
        fs::write(folder.join(name), log_text()).unwrap();
    }
    let strategy = |name: &str| StrategySummary { name: name.to_owned(), ..Default::default() };
    let strategies = vec![strategy("b"), strategy("a")];
    let feed = FeedSummary { speed: "1x".to_owned(), ..Default::default() };
    let summary = Summary { name: "day".to_owned(), feed, strategies, ..Default::default() };
    fs::write(folder.join("summary.json"), serde_json::to_vec(&summary).unwrap()).unwrap();
}

fn shown(inputs: &[PathBuf], flags: &[&str]) -> anyhow::Result<String> {
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }
    let inputs = inputs.iter().map(|path| path.to_str().unwrap());
    let words = ["latency"].into_iter().chain(inputs).chain(flags.iter().copied());
    let args = <Line as clap::Parser>::try_parse_from(words)?.args;
    Ok(render(&args, &read(&args.inputs, &args)?)?)
}

#[test]
fn the_directory_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    run_directory(folder.path());
    let text = shown(&[folder.path().to_owned()], &[]).unwrap();
    let table = "
  stage  time     count     min     p50     p90     p99   p99.9  p99.99     max
  hop    service      5  300 ns  300 ns  300 ns  300 ns  300 ns  300 ns  300 ns
  total  due          5  300 ns  300 ns  300 ns  300 ns  300 ns  300 ns  300 ns
";
    let expected = format!(
        "day, b (1 interval){table}\nday, a (1 interval){table}\n{}",
        table::legend([("hop", Some(Service)), ("total", Some(Due))].into_iter())
    );
    assert_eq!(text, expected, "\n{text}");
}

#[test]
fn stages_json_and_spectra() {
    let folder = tempfile::tempdir().unwrap();
    run_directory(folder.path());
    let file = [folder.path().join("latency-a.hlog")];

    let json: Value = serde_json::from_str(&shown(&file, &["--json"]).unwrap()).unwrap();
    assert_eq!(json[0]["strategy"], "a");
    assert_eq!(json[0]["stages"]["hop"]["p99.9"], 300);
    assert_eq!(json[0]["intervals"], 2);

    let hgrm = shown(&file, &["--hgrm", "--stage", "total"]).unwrap();
    let title = format!("# {}: total, in nanoseconds\n", file[0].display());
    assert!(hgrm.starts_with(&title) && hgrm.matches("#[Mean").count() == 1, "{hgrm}");

    let error = shown(&file, &["--stage", "totl"]).unwrap_err().to_string();
    assert!(
        error.ends_with("no stage `totl`; recorded are: hop, total; did you mean `total`?"),
        "{error}"
    );
    assert!(shown(&file, &["--hgrm", "--json"]).is_err());
}

#[test]
fn directories_that_are_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let asked = [folder.path().to_owned()];
    let error = shown(&asked, &[]).unwrap_err().to_string();
    assert!(error.contains("expected the directory of a run"), "{error}");

    // A run that was killed has logs, but no summary.
    fs::write(folder.path().join("latency-a.hlog"), log_text()).unwrap();
    let name = folder.path().file_name().unwrap().to_str().unwrap();
    let text = shown(&asked, &[]).unwrap();
    assert!(text.starts_with(&format!("{name}, a (1 interval)\n")), "{text}");

    fs::write(folder.path().join("summary.json"), "{").unwrap();
    let error = shown(&asked, &[]).unwrap_err().to_string();
    assert!(error.contains("summary.json: expected the summary of a run: EOF"), "{error}");
}

#[test]
fn runs_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, values: &[u64]| {
        let path = folder.path().join(name);
        fs::write(&path, log::tests::written(&[values])).unwrap();
        path
    };
    let paths = [write("a.hlog", &[100, 200]), write("b.hlog", &[150, 150]), write("c.hlog", &[])];
    let text = shown(&paths, &["--stage", "hop", "--percentiles", "50,p99"]).unwrap();
    let text = text.replace(folder.path().to_str().unwrap(), "DIR");
    let expected = "\
1: DIR/a.hlog (1 interval)
2: DIR/b.hlog (1 interval)
3: DIR/c.hlog (1 interval)

hop, service
              1                2  3
  count       2                2  0
  min    100 ns  150 ns (1.50 x)  -
  p50    100 ns  150 ns (1.50 x)  -
  p99    200 ns  150 ns (0.75 x)  -
  max    200 ns  150 ns (0.75 x)  -

";
    assert!(text.starts_with(expected), "\n{text}");
    let json: Value = serde_json::from_str(&shown(&paths, &["--json"]).unwrap()).unwrap();
    assert_eq!(json[1]["ratios_to_first"]["total"]["p50"], 1.5);
    assert_eq!(json[1]["stages"]["total"]["time"], "unknown");
    assert!(json[0].get("ratios_to_first").is_none());

    // A run with two strategies beside another one: one table a strategy.
    let runs = ["x", "y"].map(|name| folder.path().join(name));
    for run in &runs {
        fs::create_dir(run).unwrap();
        run_directory(run);
    }
    let text = shown(&runs, &["--stage", "hop"]).unwrap();
    assert_eq!(text.matches("hop, service").count(), 2, "{text}");
}

#[test]
fn a_window_says_what_it_took() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.hlog");
    let head = "#[StartTime: 1600000000.000 (seconds since epoch)]\n";
    let log = [head.as_bytes(), &log::tests::written(&[&[1], &[2], &[3], &[4]])].concat();
    fs::write(&path, log).unwrap();
    let text = shown(std::slice::from_ref(&path), &["--from", "1s", "--to", "3s"]).unwrap();
    let title = "a.hlog (2 intervals, numbers 2 to 3 of 4: from 1.000 s (2020-09-13T12:26:41Z) to \
                 3.000 s after the start)\n";
    assert!(text.contains(title), "{text}");
    assert!(text.contains("  hop    service      2  2 ns  2 ns  3 ns "), "{text}");
    let json = shown(&[path], &["--from", "3", "--json"]).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json[0]["window"]["first"], &json[0]["window"]["of"]), (&4.into(), &4.into()));
    assert_eq!(json[0]["stages"]["hop"]["min"], 4);
}

/// Zero, an hour, what lies beyond, and the largest number that there is.
#[test]
fn values_at_the_ends_of_the_range() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.hlog");
    let mut histogram = Histogram::<u64>::new_with_bounds(1, u64::MAX, 3).unwrap();
    let hour = 3_600_000_000_000;
    for value in [0, 0, hour, hour + hour / 2, u64::MAX] {
        histogram.record(value).unwrap();
    }
    let mut bytes = Vec::new();
    V2DeflateSerializer::new().serialize(&histogram, &mut bytes).unwrap();
    let line = format!("Tag=total,0.0,1.0,1.0,{}\n", STANDARD.encode(bytes));
    fs::write(&path, line.repeat(2)).unwrap();
    let file = [path];
    let text = shown(&file, &["--percentiles", "0,40,60,100"]).unwrap();
    assert!(
        text.contains("10  0 ns  0 ns  0 ns  3601 s  18446744074 s  18446744074 s\n"),
        "{text}"
    );
    assert!(text.contains("total: 6 of an hour or more: a run's histograms end there\n"), "{text}");
    let json: Value = serde_json::from_str(&shown(&file, &["--json"]).unwrap()).unwrap();
    assert_eq!(json[0]["stages"]["total"]["hour_or_more"], 6);
    assert_eq!(json[0]["stages"]["total"]["min"], 0);
    assert!(shown(&file, &["--hgrm"]).unwrap().contains("Total count    =           10]"));
}

/// A log of two intervals: three quotes and an add, then a quote of a longer time.
fn split_log() -> Vec<u8> {
    let intervals: [&[(&str, &[u64])]; 2] = [
        &[
            ("hop", &[1]),
            ("total", &[10, 20, 30, 500]),
            ("total:kind=Quote", &[10, 20, 30]),
            ("total:kind=Add", &[500]),
        ],
        &[("total", &[40]), ("total:kind=Quote", &[40])],
    ];
    log::tests::tagged(&intervals)
}

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_stage_by_kind() {
    let folder = tempfile::tempdir().unwrap();
    run_directory(folder.path());
    let run = [folder.path().to_owned()];
    fs::write(folder.path().join("latency-b.hlog"), split_log()).unwrap();

    // Strategy `a` recorded no parts, and nobody asks for those of `b`.
    let text = shown(&run, &[]).unwrap();
    assert!(!text.contains("kind") && text.contains("day, b") && text.contains("day, a"), "{text}");
    let text = shown(&run, &["--by", "kind"]).unwrap();
    let expected = "\
day, b (2 intervals), total by kind, due
  kind          count     min     p50     p90     p99   p99.9  p99.99     max
  Quote             4   10 ns   20 ns   40 ns   40 ns   40 ns   40 ns   40 ns
  Add               1  500 ns  500 ns  500 ns  500 ns  500 ns  500 ns  500 ns
  all of total      5   10 ns   30 ns  500 ns  500 ns  500 ns  500 ns  500 ns

";
    assert!(text.starts_with(expected), "\n{text}");
    let slowest = shown(&run, &["--by", "kind", "--sort", "p99"]).unwrap();
    assert!(slowest.find("Add").unwrap() < slowest.find("Quote").unwrap(), "{slowest}");
    let late = shown(&run, &["--by", "kind", "--from", "1s"]).unwrap();
    assert!(late.contains("Quote") && !late.contains("Add"), "{late}");

    let json: Value =
        serde_json::from_str(&shown(&run, &["--by", "kind", "--json"]).unwrap()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1);
    let stages = keys(&json[0]["stages"]);
    let parts = &json[0]["breakdown"];
    let rows = keys(&parts["rows"]);
    assert_eq!((stages, rows), (vec!["total"], vec!["Quote", "Add"]));
    assert_eq!((&parts["by"], &parts["stage"]), (&"kind".into(), &"total".into()));
    assert_eq!(
        (&parts["rows"]["Add"]["p50"], &parts["rows"]["Add"]["time"]),
        (&500.into(), &"due".into())
    );

    let one =
        shown(&[folder.path().join("latency-b.hlog")], &["--stage", "total:kind=Add"]).unwrap();
    assert!(one.contains("total:kind=Add  due"), "{one}");
}

#[test]
fn parts_of_two_runs() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["a.hlog", "b.hlog"].map(|name| folder.path().join(name));
    paths.iter().for_each(|path| fs::write(path, split_log()).unwrap());
    let text = shown(&paths, &["--by", "kind"]).unwrap();
    let places =
        ["\ntotal:kind=Quote", "\ntotal:kind=Add", "\ntotal,"].map(|it| text.find(it).unwrap());
    assert!(places.is_sorted() && !text.contains("hop"), "{text}");
    let json = shown(&paths, &["--by", "kind", "--json"]).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[1]["breakdown"]["ratios_to_first"]["Add"]["p50"], 1.0);
    assert_eq!(json[1]["ratios_to_first"]["total"]["p50"], 1.0);
}

#[test]
fn parts_that_were_not_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.hlog");
    let file = [path];
    fs::write(&file[0], split_log()).unwrap();
    let error = |flags: &[&str]| {
        let error = shown(&file, flags).unwrap_err().to_string();
        error.replace(folder.path().to_str().unwrap(), "DIR")
    };
    assert_eq!(
        error(&["--by", "symbol"]),
        "DIR/a.hlog: no latency by symbol was recorded, but by kind; put `breakdown = \"symbol\"` \
         into a [[strategy]] of the scenario, or run `tickline replay --breakdown symbol`"
    );
    assert!(error(&["--by", "venue"]).contains("expected `kind` or `symbol`"));
    assert!(error(&["--by", "kind", "--sort", "name"]).contains("`name` is no order of rows"));
    assert!(error(&["--sort", "p99"]).contains("--by"));
    assert!(error(&["--stage", "total:kind=Ad"]).contains("did you mean `total:kind=Add`?"));
    fs::write(&file[0], log_text()).unwrap();
    assert!(error(&["--by", "kind"]).contains("no latency by kind was recorded; put `breakdown"));
}
