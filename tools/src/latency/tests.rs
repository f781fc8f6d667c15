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
        "day, b (2 intervals){table}\nday, a (2 intervals){table}\n{}",
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
    assert!(text.starts_with(&format!("{name}, a (2 intervals)\n")), "{text}");

    fs::write(folder.path().join("summary.json"), "{").unwrap();
    let error = shown(&asked, &[]).unwrap_err().to_string();
    assert!(error.contains("summary.json: expected the summary of a run: EOF"), "{error}");
}
