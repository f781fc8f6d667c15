//! `tickline bench` from outside: it measures every part, reports what was promised, and refuses
//! what cannot be measured. No figure is looked at: a test's machine is busy.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// Two benches at once would spin on the same two cores.
static ALONE: Mutex<()> = Mutex::new(());

fn bench(words: &[&str]) -> Output {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickline"));
    command.arg("bench").args(words).output().unwrap()
}

/// The command ends with this code; its errors contain these words.
#[track_caller]
fn refused(words: &[&str], code: i32, errors: &str) {
    let output = bench(words);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{words:?}\n{stderr}");
    assert!(stderr.contains(errors), "{words:?}: expected {errors:?} in\n{stderr}");
    assert!(output.stdout.is_empty());
}

/// A machine with one core measures nothing, and says so.
fn has_two_cores() -> bool {
    let two = std::thread::available_parallelism().is_ok_and(|cores| cores.get() >= 2);
    if !two {
        refused(&["limit", "--quick"], 3, "two cores are needed");
    }
    two
}

#[track_caller]
fn measured(words: &[&str]) -> Value {
    let output = bench(&[words, &["--quick", "--json"]].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{words:?}\n{stderr}");
    assert!(stderr.is_empty(), "{words:?}\n{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn has_latencies(part: &Value, keys: &[&str]) {
    for key in keys {
        for value in ["p50", "p90", "p99", "p99.9", "max", "count"] {
            assert!(part[key][value].is_u64(), "{key}.{value} in {part:#}");
        }
    }
}

#[track_caller]
fn has_numbers(part: &Value, keys: &[&str]) {
    for key in keys {
        assert!(part[key].as_f64().is_some_and(|number| number > 0.0), "{key} in {part:#}");
    }
}

/// Only these parts are there, and everything that stands beside the parts.
#[track_caller]
fn has_parts(report: &Value, parts: &[&str]) {
    let beside = ["environment", "spread", "rounds", "failures", "rivals"];
    let keys = report.as_object().unwrap().keys().map(String::as_str);
    assert_eq!(keys.filter(|key| !beside.contains(key)).collect::<Vec<_>>(), parts);
    let environment = &report["environment"];
    assert!(["near", "far"].contains(&environment["placement"].as_str().unwrap()));
    assert!(environment["quiet"].is_boolean() && environment["warnings"].is_array());
    assert_eq!(environment["cores"].as_array().unwrap().len(), 2);
    for key in ["version", "kernel", "cpu", "pages", "clock"] {
        assert!(environment[key].as_str().is_some_and(|text| !text.is_empty()), "{key}");
    }
    has_numbers(environment, &["ghz"]);
    let rounds = &report["rounds"];
    let all = ["near", "far", "moved"].map(|key| rounds[key].as_u64().unwrap());
    assert!(all.iter().sum::<u64>() >= 1);
    assert_eq!(report["failures"], Value::Array(Vec::new()));
    for (key, spread) in report["spread"].as_object().unwrap() {
        assert!(spread[0].as_f64() <= spread[1].as_f64(), "{key}");
    }
}

#[test]
fn limit_and_ring() {
    if !has_two_cores() {
        return;
    }
    let report = measured(&["limit", "ring"]);
    has_parts(&report, &["limit", "ring"]);
    has_latencies(&report["limit"], &["line_hop_1m", "line_rtt", "futex_wake"]);
    has_numbers(&report["limit"], &["stream_lines_per_second", "clock_ns"]);
    has_latencies(&report["ring"], &["hop_1m", "hop_100k", "rtt", "wake"]);
    has_numbers(&report["ring"], &["stream_per_second", "stream_batch_per_second"]);
    assert!(report["spread"]["ring.hop_1m"].is_array());
}

#[test]
fn decode_and_book_also_of_a_capture() {
    if !has_two_cores() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.day.gz");
    let file = file.to_str().unwrap();
    let mut generate = Command::new(env!("CARGO_BIN_EXE_tickline"));
    let made = generate.args(["generate", "--messages", "5k", "-o", file]).output().unwrap();
    assert!(made.status.success());
    let report = measured(&["decode", "book", "--capture", file]);
    has_parts(&report, &["decode", "book"]);
    let keys = ["messages_per_second", "gigabytes_per_second", "decoded_ns_per_message"];
    has_numbers(&report["decode"], &keys);
    has_numbers(&report["decode"]["captures"]["a.day.gz"], &keys);
    has_numbers(&report["book"]["ns_per_message"], &["20000", "2000000"]);
    has_numbers(&report["book"]["captures"]["a.day.gz"], &["ns_per_message"]);
}

#[test]
fn pipeline() {
    let beside = Path::new(env!("CARGO_BIN_EXE_tickline")).parent().unwrap();
    for program in ["tickline-feed", "tickline-strategy"] {
        let path = beside.join(program);
        assert!(path.exists(), "{} is missing: cargo build --workspace", path.display());
    }
    if !has_two_cores() {
        return;
    }
    let report = measured(&["pipeline"]);
    has_parts(&report, &["pipeline"]);
    has_numbers(&report["pipeline"], &["messages_per_second"]);
    has_latencies(&report["pipeline"], &["paced_total", "paced_hop"]);
    has_latencies(&report["pipeline"]["stages"], &["decode", "hop", "strategy", "total"]);
}

#[test]
fn a_report_for_people_and_one_for_browsers() {
    if !has_two_cores() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    let words = ["decode", "--quick", "--html", page.to_str().unwrap()];
    let output = bench(&words);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("placement") && text.contains("gigabytes_per_second"), "{text}");
    let html = fs::read_to_string(&page).unwrap();
    assert!(html.starts_with("<!doctype html>") && html.contains("gigabytes_per_second"));
    refused(&words, 2, "--force writes over it");
    assert_eq!(fs::read_to_string(&page).unwrap(), html);
    assert_eq!(bench(&[&words[..], &["--force"]].concat()).status.code(), Some(0));
}

#[test]
fn what_cannot_be_measured_is_refused() {
    refused(&["rings"], 2, "invalid value 'rings'");
    refused(&["--cores", "a,b"], 2, "invalid value 'a'");
    refused(&["--quick", "--full"], 2, "cannot be used with");
    refused(&["--cores", "1"], 2, "two different cores");
    refused(&["--cores", "0,0"], 2, "two different cores");
    refused(&["--cores", "0,1000"], 3, "core 1000 is not usable");
    if !has_two_cores() {
        return;
    }
    refused(&["decode", "--capture", "/no/file"], 2, "/no/file");
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text");
    fs::write(&text, "no capture").unwrap();
    refused(&["decode", "--capture", text.to_str().unwrap()], 2, "text");
    let peers = Path::new(env!("CARGO_BIN_EXE_tickline")).with_file_name("tickline-peers");
    if !peers.exists() {
        refused(&["peers"], 2, "--manifest-path tools/peers/Cargo.toml");
    }
}
