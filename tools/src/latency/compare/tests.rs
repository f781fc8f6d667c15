use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{fs, time::Duration};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, Tag};
use tickline_shared::summary::{FeedSummary, Summary};

use super::*;
use crate::latency::input;

/// Numbers that look like chance, the same for the same seed.
struct Chance(u64);

impl Chance {
    /// From 0 to 1.
    fn part(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A factor around 1, as much above as below.
    fn factor(&mut self, width: f64) -> f64 {
        let normal: f64 = (0..12).map(|_| self.part()).sum::<f64>() - 6.0;
        (normal * width).exp()
    }
}

/// A second of a strategy: some 100 ns, a tail, and now and then a stall; each second is disturbed
/// in its own way. `slower` ns are added to every value.
fn second(chance: &mut Chance, slower: u64) -> Histogram<u64> {
    let mut histogram = Histogram::new_with_bounds(1, 3_600_000_000_000, 3).unwrap();
    let (level, tail) = (100.0 * chance.factor(0.03), 3000.0 * chance.factor(0.4));
    for _ in 0..5_000 {
        let slow = chance.part() < 0.02;
        let ns = if slow { tail } else { level } * chance.factor(0.15);
        // In steps of a clock.
        histogram.record((ns as u64 + slower) / 10 * 10).unwrap();
    }
    if chance.part() < 0.2 {
        histogram.record_n(4_000_000, 40).unwrap();
    }
    histogram
}

fn write_log(path: &Path, seed: u64, slower: u64, seconds: u64) {
    let (mut bytes, mut serializer) = (Vec::new(), V2DeflateSerializer::new());
    let builder = IntervalLogWriterBuilder::new();
    let mut log = builder.begin_log_with(&mut bytes, &mut serializer).unwrap();
    let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    for at in 0..seconds {
        let (start, length) = (Duration::from_secs(at), Duration::from_secs(1));
        let histogram = second(&mut chance, slower);
        log.write_histogram(&histogram, start, length, Tag::new("strategy")).unwrap();
    }
    fs::write(path, bytes).unwrap();
}

fn read(paths: &[PathBuf]) -> Vec<Run> {
    input::find(paths).unwrap().into_iter().map(|input| Run::read(input).unwrap()).collect()
}

fn percentiles() -> Vec<Percentile> {
    ["50", "90", "99", "99.9"].map(|text| text.parse().unwrap()).to_vec()
}

fn compare(base: &[Run], these: &[Run], rules: &[&str]) -> anyhow::Result<Comparison> {
    let rules: Vec<Rule> = rules.iter().map(|rule| rule.parse().unwrap()).collect();
    let percentiles = percentiles();
    let threshold = Threshold(0.05);
    let terms =
        Terms { percentiles: &percentiles, threshold, rules: &rules, allow_different: false };
    Comparison::new(base, these, &terms)
}

#[test]
fn the_same_is_equal_and_two_microseconds_are_a_regression() {
    let folder = tempfile::tempdir().unwrap();
    let log = |seed: u64, slower: u64| {
        let path = folder.path().join(format!("{seed}-{slower}.hlog"));
        write_log(&path, seed, slower, 6);
        read(&[path])
    };
    let base = log(1, 0);
    let (mut differ, mut missed) = (0, 0);
    for seed in 2..22 {
        let same = compare(&base, &log(seed, 0), &["p99:5%"]).unwrap();
        let equal = |row: &Row| matches!(row.verdict, Verdict::Equal(_) | Verdict::TooFew);
        differ += usize::from(same.is_regression() || !same.rows.iter().all(equal));
        missed +=
            usize::from(!compare(&base, &log(seed, 2_000), &["p50:5%"]).unwrap().is_regression());
    }
    assert!(differ <= 1 && missed == 0, "{differ} differ, {missed} missed");
}

#[test]
fn rules_find_fail_or_cannot_be_judged() {
    let folder = tempfile::tempdir().unwrap();
    let log = |seed: u64, slower: u64, seconds: u64| {
        let path = folder.path().join(format!("{seed}.hlog"));
        write_log(&path, seed, slower, seconds);
        read(&[path])
    };
    let (base, slower, short) = (log(1, 0, 6), log(2, 300, 6), log(3, 0, 2));
    let comparison = compare(&base, &slower, &["strategy:p50", "p50:400%", "p99.99"]).unwrap();
    let slower_in: Vec<_> = comparison.outcomes.iter().map(|it| it.slower.len()).collect();
    assert_eq!(slower_in, [1, 0, 0]);
    assert!(comparison.is_regression());
    let text = text(&comparison, &base, &slower);
    assert!(text.contains("--fail-on strategy:p50: slower in strategy\n"), "{text}");
    assert!(text.contains("--fail-on p50:400%: not slower\n"), "{text}");
    assert!(text.contains("settings unknown, no summary beside the log: "), "{text}");
    let json = json(&comparison);
    let p50 = &json["strategies"][0]["stages"]["strategy"]["p50"];
    assert_eq!((&p50["verdict"], &json["regression"]), (&"slower".into(), &true.into()));
    assert_eq!(json["strategies"][0]["stages"]["strategy"]["clock_step"], 10);
    // The other way round it is an improvement.
    assert!(!compare(&slower, &base, &["p50"]).unwrap().is_regression());

    let comparison = compare(&base, &short, &["p50"]).unwrap();
    assert!(!comparison.is_regression());
    let error = comparison.check().unwrap_err().to_string();
    assert!(error.starts_with("--fail-on p50 cannot be judged: "), "{error}");

    let error = compare(&base, &slower, &["hop:p50"]).err().unwrap().to_string();
    assert_eq!(error, "--fail-on hop:p50: no stage of this name is on both sides");
}

/// A run with one strategy, its scenario, and its summary.
fn run_folder(folder: &Path, name: &str, strategies: &[&str], speed: &str) -> PathBuf {
    let folder = folder.join(name);
    fs::create_dir(&folder).unwrap();
    let mut scenario = format!("name = {name:?}\n[feed]\nsource = {{ speed = {speed:?} }}\n");
    for strategy in strategies {
        let _ = write!(scenario, "[[strategy]]\nname = {strategy:?}\n");
        write_log(&folder.join(format!("latency-{strategy}.hlog")), 1, 0, 3);
    }
    fs::write(folder.join("scenario.toml"), scenario).unwrap();
    let feed = FeedSummary { speed: speed.to_owned(), ..FeedSummary::default() };
    let summary = Summary { feed, ..Summary::default() };
    fs::write(folder.join("summary.json"), serde_json::to_vec(&summary).unwrap()).unwrap();
    folder
}

#[test]
fn runs_of_other_settings_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, speed: &str| run_folder(folder.path(), name, &["bbo"], speed);
    let (a, b, c) = (run("a", "1x"), run("b", "1x"), run("c", "20x"));
    let base = read(&[a]);
    let same = compare(&base, &read(&[b]), &[]).unwrap();
    assert!(same.unknown.is_empty() && same.differences.is_empty());

    let error = compare(&base, &read(std::slice::from_ref(&c)), &[]).err().unwrap().to_string();
    let expected = "a/latency-bbo.hlog:\n  CC/latency-bbo.hlog\n    \
                    feed.source.speed = \"20x\", not \"1x\"\n  compare runs of one scenario";
    let error = error.replace(&c.display().to_string(), "CC");
    assert!(error.contains(expected), "{error}");

    // A log by itself, taken out of its run.
    let alone = folder.path().join("alone.hlog");
    fs::copy(c.join("latency-bbo.hlog"), &alone).unwrap();
    let comparison = compare(&base, &read(std::slice::from_ref(&alone)), &[]).unwrap();
    assert_eq!(comparison.unknown, [alone.display().to_string()]);

    let percentiles = percentiles();
    let threshold = Threshold(0.05);
    let terms = Terms { percentiles: &percentiles, threshold, rules: &[], allow_different: true };
    let these = read(std::slice::from_ref(&c));
    let comparison = Comparison::new(&base, &these, &terms).unwrap();
    let text = text(&comparison, &base, &these);
    assert!(text.contains("feed.source.speed = \"20x\", not \"1x\""), "{text}");
    assert_eq!(json(&comparison)["settings_differ"][0]["key"], "feed.source.speed");

    fs::write(c.join("scenario.toml"), "name = ").unwrap();
    let error = compare(&base, &these, &[]).err().unwrap().to_string();
    assert!(error.contains("scenario.toml: expected the scenario of the run"), "{error}");
}

#[test]
fn strategies_are_compared_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, strategies: &[&str]| {
        read(&[run_folder(folder.path(), name, strategies, "max")])
    };
    let (both, one, other) = (run("ab", &["a", "b"]), run("a", &["a"]), run("c", &["c", "d"]));
    let (pairs, alone) = super::pairs(&both, &one).unwrap();
    assert_eq!((pairs.len(), pairs[0].strategy.as_deref()), (1, Some("a")));
    assert_eq!(alone, ["b"]);
    // One on each side belong together, whatever they are called.
    let (pairs, alone) = super::pairs(&one, &other[..1]).unwrap();
    assert_eq!((pairs.len(), alone.len()), (1, 0));
    let error = super::pairs(&both, &other).err().unwrap().to_string();
    assert!(error.contains("the base has a, b, these runs have c, d"), "{error}");
}
