//! Whole runs: two processes, one ring, from the command line to the summary; and every way in
//! which a run can be cut short.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use tickline_shared::idle_states::DEVICE;

mod breakdown;
mod dump;
mod metrics;
mod place;
mod record;
mod recorded_rows;
mod restarts;
mod service;
mod watching;

use place::{Place, alive, program_path, signal};

#[test]
fn a_run_delivers_every_record_to_every_strategy() {
    let place = Place::new();
    place.scenario(20_000, "max");
    let output = place.tickline(&["launch", "test.toml", "--json", "--out", "out"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary, place.summary());
    let feed = &summary["feed"];
    assert_eq!(feed["messages"], 20_000);
    assert_eq!(feed["unknown_orders"], 0);
    let published = feed["published"].as_u64().unwrap();
    assert!(published > 20_000);
    for strategy in summary["strategies"].as_array().unwrap() {
        assert_eq!(strategy["received"], published, "{errors}");
        assert_eq!(strategy["lost"], 0);
        for stage in ["decode", "hop", "strategy", "total"] {
            assert_eq!(strategy["stages"][stage]["count"], published);
        }
        let name = strategy["name"].as_str().unwrap();
        assert!(place.path().join(format!("out/latency-{name}.hlog")).exists());
        let log = place.tickline(&["latency", &format!("out/latency-{name}.hlog"), "--json"]);
        let log: Value = serde_json::from_slice(&log.stdout).unwrap();
        assert!(log.to_string().contains(&published.to_string()), "{log}");
    }
    assert!(place.path().join("out/scenario.toml").exists());
    assert!(!place.path().join("out/feed.json").exists(), "parts are put together");
    place.assert_nothing_left();
}

#[test]
fn a_strategy_of_ones_own_runs_and_its_signals_are_kept() {
    let place = Place::new();
    let program = program_path("examples").join("spread");
    assert!(program.exists(), "cargo build --workspace --examples");
    place.scenario(20_000, "max");
    let text = fs::read_to_string(place.path().join("test.toml")).unwrap();
    let text = text.replace("\"null\"", &format!("{program:?}"));
    fs::write(place.path().join("test.toml"), text).unwrap();
    let output = place.tickline(&["launch", "test.toml", "--out", "out"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let signals = place.summary()["strategies"][0]["signals"].as_u64().unwrap();
    let csv = fs::read_to_string(place.path().join("out/signals-floor.csv")).unwrap();
    assert_eq!(csv.lines().count() as u64, signals + 1);
}

/// It looks up what it trades: the directory of the generated day says the round lot.
#[test]
fn a_strategy_knows_its_instruments() {
    let place = Place::new();
    let program = program_path("examples").join("round_lot");
    assert!(program.exists(), "cargo build --workspace --examples");
    place.scenario(20_000, "max");
    let text = fs::read_to_string(place.path().join("test.toml")).unwrap();
    let text = text.replace("\"null\"", &format!("{program:?}"));
    fs::write(place.path().join("test.toml"), text).unwrap();
    let output = place.tickline(&["launch", "test.toml", "--out", "out"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary = place.summary();
    assert_eq!(summary["feed"]["instruments"], 20);
    let strategy = &summary["strategies"][0];
    assert!(strategy["signals"].as_u64().unwrap() > 0, "{strategy}");
    let csv = fs::read_to_string(place.path().join("out/signals-floor.csv")).unwrap();
    assert!(csv.lines().skip(1).all(|line| line.ends_with(",100")), "{csv}");
}

/// A strategy that takes 2 ms for its record 5,000, with and without `spikes`.
#[test]
fn a_stall_is_found_and_named() {
    let place = Place::new();
    let program = program_path("examples").join("stall");
    assert!(program.exists(), "cargo build --workspace --examples");
    place.scenario(20_000, "rate=20k");
    let spikes = r#"spikes = { over = "1500us", by = "strategy" }"#;
    let text = fs::read_to_string(place.path().join("test.toml")).unwrap();
    let text = text.replace("\"null\"", &format!("{program:?}\n{spikes}"));
    fs::write(place.path().join("test.toml"), text).unwrap();
    let output = place.tickline(&["launch", "test.toml", "--out", "out"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary = place.summary();
    let (stalled, plain) = (&summary["strategies"][0], &summary["strategies"][1]);
    assert!(plain.get("spikes").is_none() && plain.get("spike_limit").is_none(), "{plain}");
    let limit = serde_json::json!({"over_ns": 1_500_000, "by": "strategy", "keep": 32});
    assert_eq!(stalled["spike_limit"], limit);
    let spikes = stalled["spikes"].as_array().unwrap();
    // A machine that is busy may add others, and worse ones.
    let found = spikes.iter().find(|spike| spike["record"] == 5_000);
    let spike = found.unwrap_or_else(|| panic!("{stalled:#}"));
    assert!(spike["strategy_ns"].as_u64().unwrap() >= 2_000_000, "{spike:#}");
    assert!(!spike["symbol"].as_str().unwrap().is_empty(), "{spike:#}");
    let stamps = ["ingress_unix_ns", "publish_unix_ns", "poll_unix_ns", "egress_unix_ns"];
    assert!(stamps.map(|stamp| spike[stamp].as_u64().unwrap()).is_sorted(), "{spike:#}");
    assert!(spike["thread"]["over_ns"].as_u64().unwrap() >= 2_000_000, "{spike:#}");
    assert!(!spike["verdict"].as_str().unwrap().is_empty());
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains("over 1.50 ms (strategy)") && out.contains("5,000"), "{out}");

    let shown = place.tickline(&["latency", "out"]).stdout;
    let shown = String::from_utf8(shown).unwrap();
    assert!(shown.contains("over 1.50 ms (strategy)") && shown.contains("5,000"), "{shown}");
    let json = |args: &[&str]| -> Value {
        let output = place.tickline(&[&["latency", "--json"], args].concat());
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let rows = json(&["out"]);
    assert_eq!((&rows[0]["spikes"], &rows[0]["spike_limit"]), (&stalled["spikes"], &limit));
    assert_eq!(rows[1]["spikes"], Value::Null);
}

#[test]
fn ctrl_c_ends_a_run_with_complete_files_and_its_table() {
    let place = Place::new();
    let run = place.endless();
    signal(run.launcher.id().into(), Signal::INT);
    let (code, out, errors) = run.end();
    assert_eq!(code, 0, "{errors}");
    assert!(out.contains("interrupted") && out.contains("p99.9"), "{out}");
    let summary = place.summary();
    assert_eq!(summary["feed"]["interrupted"], true);
    let published = &summary["feed"]["published"];
    assert_eq!(&summary["strategies"][0]["received"], published);
    assert_eq!(&summary["strategies"][1]["received"], published);
    place.assert_nothing_left();
}

/// Shallow idle states are held by the strategy that asked, or it says once that it cannot.
#[test]
fn shallow_idle_states_are_held_while_the_loop_runs() {
    let place = Place::new();
    let run = place.endless_with(&["--set", "strategy.top.idle=shallow"]);
    let holds = |pid: &u64| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
        let mut files = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
        files.any(|file| file == Path::new(DEVICE))
    };
    let holders = run.strategies.iter().filter(|pid| holds(pid)).count();
    let may = fs::OpenOptions::new().write(true).open(DEVICE).is_ok();
    assert_eq!(holders, usize::from(may));
    signal(run.launcher.id().into(), Signal::INT);
    let (code, _, errors) = run.end();
    assert_eq!(code, 0, "{errors}");
    let warnings = errors.matches("warning: no shallow idle states").count();
    assert_eq!(warnings, usize::from(!may), "{errors}");
    place.assert_nothing_left();
}

#[test]
fn a_killed_feed_leaves_nothing_and_everyone_says_so() {
    let place = Place::new();
    let run = place.endless();
    signal(run.feed, Signal::KILL);
    let (code, out, errors) = run.end();
    assert_eq!(code, 4, "{errors}");
    assert!(errors.contains("feed was killed by signal 9"), "{errors}");
    assert!(errors.contains("every record that it committed was read"), "{errors}");
    assert!(out.contains("p99.9"), "{out}");
    let strategies = place.summary()["strategies"].clone();
    assert!(strategies[0]["received"].as_u64().unwrap() > 0);
    assert_eq!(strategies[0]["received"], strategies[1]["received"]);
    place.assert_nothing_left();
}

#[test]
fn a_killed_strategy_stops_nobody_and_may_come_back() {
    let place = Place::new();
    let mut run = place.endless();
    let victim = run.strategies[0];
    signal(victim, Signal::KILL);
    let name = {
        let mut said = String::new();
        let stderr = run.launcher.stderr.as_mut().unwrap();
        let mut byte = [0];
        while !said.contains("--name") || !said.ends_with('\n') {
            assert_eq!(stderr.read(&mut byte).unwrap(), 1, "{said}");
            said.push(byte[0] as char);
        }
        assert!(said.contains("was killed by signal 9"), "{said}");
        assert!(said.contains("start it again"), "{said}");
        if said.contains("--name floor") { "floor" } else { "top" }
    };
    let again = place
        .command("tickline-strategy")
        .args(["out/scenario.toml", "--name", name, "--once"])
        .spawn()
        .unwrap();
    let start = Instant::now();
    loop {
        let rings = place.tickline(&["rings"]);
        let rings = String::from_utf8(rings.stdout).unwrap();
        if rings.contains("floor") && rings.contains("top") {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{rings}");
        std::thread::sleep(Duration::from_millis(20));
    }
    signal(run.launcher.id().into(), Signal::INT);
    let (code, _, errors) = run.end();
    assert_eq!(code, 4, "{errors}");
    let again = again.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(again.status.success(), "{errors}");
    assert!(errors.contains("attached to ring test"), "{errors}");
    place.assert_nothing_left();
}

#[test]
fn a_killed_launcher_leaves_no_process() {
    let place = Place::new();
    let mut run = place.endless();
    run.launcher.kill().unwrap();
    run.launcher.wait().unwrap();
    let start = Instant::now();
    let all: Vec<u64> = run.strategies.iter().copied().chain([run.feed]).collect();
    while all.iter().any(|pid| alive(*pid)) {
        assert!(start.elapsed() < Duration::from_secs(20), "a process is left");
        std::thread::sleep(Duration::from_millis(10));
    }
    place.assert_nothing_left();
}

#[test]
fn a_second_feed_on_the_ring_is_refused_with_the_first_ones_process() {
    let place = Place::new();
    let run = place.endless();
    let output = place.command("tickline-feed").arg("test.toml").output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(errors.contains(&format!("already served by process {}", run.feed)), "{errors}");
    signal(run.launcher.id().into(), Signal::INT);
    assert_eq!(run.end().0, 0);
}

#[test]
fn a_program_that_is_no_strategy_ends_the_run() {
    let place = Place::new();
    place.scenario(20_000, "max");
    let text = fs::read_to_string(place.path().join("test.toml")).unwrap();
    fs::write(place.path().join("test.toml"), text.replace("\"null\"", "\"/bin/false\"")).unwrap();
    let output = place.tickline(&["launch", "test.toml", "--out", "out"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("strategy-floor ended with code 1"), "{errors}");
    place.assert_nothing_left();
}

#[test]
fn mistakes_on_the_command_line_start_nothing() {
    let place = Place::new();
    fs::write(place.path().join("text.txt"), "no capture at all\n").unwrap();
    fs::create_dir(place.path().join("full")).unwrap();
    fs::write(place.path().join("full/file"), "").unwrap();
    place.scenario(20_000, "max");
    let check = |args: &[&str], code: i32, words: &[&str]| {
        let output = place.tickline(args);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {errors}");
        for word in words {
            assert!(errors.contains(word), "{args:?}: {errors}");
        }
    };
    check(&["replay", "none.itch"], 2, &["none.itch", "No such file"]);
    check(&["replay", "text.txt", "--out", "a"], 2, &["text.txt"]);
    check(&["replay", "text.txt", "--strategy", "bbq"], 2, &["bbq", "bbo"]);
    check(&["replay", "text.txt", "--speed", "fast"], 2, &["fast", "rate=1M"]);
    check(&["launch", "test.toml", "--out", "full"], 2, &["full", "not empty"]);
    check(&["launch", "test.toml", "--set", "feed.cor=1"], 2, &["feed.cor"]);
}

/// What `inspect` counts is what a replay delivers, for every capture of Nasdaq's there is.
#[test]
fn a_replay_counts_what_inspect_counts() {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/captures/nasdaq");
    if !captures.exists() {
        println!("skipped: {} is not there", captures.display());
        return;
    }
    let mut files = Vec::new();
    let mut folders = vec![captures];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy().into_owned();
            match path.is_dir() {
                true if !name.ends_with("lobster") => folders.push(path),
                false => files.push(name),
                true => {}
            }
        }
    }
    assert!(files.len() > 45);
    for file in files {
        let place = Place::new();
        let json = |args: &[&str]| -> Value {
            let output = place.tickline(args);
            assert_eq!(output.status.code(), Some(0), "{args:?}");
            serde_json::from_slice(&output.stdout).unwrap()
        };
        let counted = json(&["inspect", &file, "--json"]);
        let played = json(&["replay", &file, "--json", "--strategy", "null"]);
        for key in [
            "packets",
            "messages",
            "by_type",
            "gaps",
            "gap_messages",
            "duplicates",
            "malformed",
            "unknown",
            "sessions",
            "heartbeats",
            "truncated",
        ] {
            assert_eq!(played["feed"][key], counted[key], "{key} of {file}");
        }
        assert_eq!(played["strategies"][0]["received"], played["feed"]["published"]);
    }
}
