//! Processes that fail and are started again.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::ChildStderr;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use crate::place::{Place, Run, children, signal};

/// A run whose processes come back, and what its launcher says.
struct Watched {
    run: Run,
    says: BufReader<ChildStderr>,
    said: String,
}

impl Watched {
    fn start(place: &Place, args: &[&str]) -> Watched {
        let mut run = place.endless_with(args);
        let says = BufReader::new(run.launcher.stderr.take().unwrap());
        Watched { run, says, said: String::new() }
    }

    /// Reads on until the launcher has said this.
    fn wait_for(&mut self, word: &str) {
        loop {
            let mut line = String::new();
            assert!(self.says.read_line(&mut line).unwrap() > 0, "{word}: {}", self.said);
            self.said += &line;
            if line.contains(word) {
                return;
            }
        }
    }

    /// Ends it with Ctrl-C; the code, and everything that was said.
    fn end(mut self) -> (i32, String) {
        signal(self.run.launcher.id().into(), Signal::INT);
        let start = Instant::now();
        while self.run.launcher.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(30), "the run hangs: {}", self.said);
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut line = String::new();
        while self.says.read_line(&mut line).unwrap() > 0 {
            self.said += &std::mem::take(&mut line);
        }
        (self.run.launcher.wait().unwrap().code().unwrap_or(-1), self.said)
    }
}

/// Waits until the ring has this many strategies and published something.
fn wait_for_strategies(place: &Place, count: usize) -> Value {
    let start = Instant::now();
    loop {
        let rings = place.tickline(&["rings", "--json"]);
        let rings: Value = serde_json::from_slice(&rings.stdout).unwrap();
        let ring = rings.as_array().unwrap().iter().find(|ring| ring["name"] == "test");
        if let Some(ring) = ring
            && ring["published"].as_u64() > Some(0)
            && ring["readers"].as_array().is_some_and(|all| all.len() == count)
        {
            return ring.clone();
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{rings}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_killed_strategy_is_started_again_and_attaches() {
    let place = Place::new();
    let mut watched = Watched::start(&place, &["--set", "strategy.top.restart=on-failure"]);
    let victim = watched.run.strategies.iter().copied().find(|pid| {
        fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap().contains("\0top\0")
    });
    signal(victim.unwrap(), Signal::KILL);
    watched.wait_for("strategy-top was killed by signal 9 and starts again in 100ms");
    wait_for_strategies(&place, 2);
    let (code, said) = watched.end();
    assert_eq!(code, 0, "{said}");
    let summary = place.summary();
    assert_eq!(summary["feed"]["restarts"], 0);
    let restarts = |index: usize| summary["strategies"][index]["restarts"].as_u64().unwrap();
    assert_eq!((restarts(0), restarts(1)), (0, 1), "{said}");
    assert!(summary["strategies"][1]["received"].as_u64().unwrap() > 0);
    // What the first one logged and measured is kept.
    let log = fs::read_to_string(place.path().join("out/strategy-top.log")).unwrap();
    assert_eq!(log.matches("attached to ring").count(), 2, "{log}");
    assert!(place.path().join("out/latency-top.hlog.1").exists());
    place.assert_nothing_left();
}

#[test]
fn a_killed_feed_comes_back_and_every_strategy_attaches_again() {
    let place = Place::new();
    let mut watched = Watched::start(&place, &["--set", "feed.restart=on-failure"]);
    signal(watched.run.feed, Signal::KILL);
    watched.wait_for("feed was killed by signal 9 and starts again in 100ms");
    let ring = wait_for_strategies(&place, 2);
    assert_ne!(ring["feed_pid"].as_u64().unwrap(), watched.run.feed);
    let strategies = children(watched.run.launcher.id(), "tickline-strat");
    assert_eq!(strategies, watched.run.strategies, "they did not end");
    let (code, said) = watched.end();
    assert_eq!(code, 0, "{said}");
    let summary = place.summary();
    assert_eq!(summary["feed"]["restarts"], 1);
    let published = summary["feed"]["published"].as_u64().unwrap();
    let received = summary["strategies"][0]["received"].as_u64().unwrap();
    assert!(received > published, "both feeds' records: {received} of {published}");
    place.assert_nothing_left();
}

/// Ctrl-C while the feed is away, and strategies wait for it.
#[test]
fn ctrl_c_ends_a_run_that_waits_for_its_feed() {
    let place = Place::new();
    let mut watched = Watched::start(&place, &["--set", "feed.restart=on-failure"]);
    signal(watched.run.feed, Signal::KILL);
    watched.wait_for("starts again in");
    let (code, said) = watched.end();
    assert!(code == 4 || code == 0, "{said}");
    place.assert_nothing_left();
}

/// The feed waits for every strategy: without one of them it would wait for ever.
#[test]
fn a_feed_does_not_come_back_to_a_strategy_that_is_missing() {
    let place = Place::new();
    let mut watched = Watched::start(&place, &["--set", "feed.restart=on-failure"]);
    signal(watched.run.strategies[0], Signal::KILL);
    watched.wait_for("the feed goes on; start it again");
    signal(watched.run.feed, Signal::KILL);
    watched.wait_for("feed was killed by signal 9; its log");
    // Nobody says stop: the strategy that is left is told that no feed comes.
    let start = Instant::now();
    while watched.run.launcher.try_wait().unwrap().is_none() {
        assert!(start.elapsed() < Duration::from_secs(30), "the run hangs: {}", watched.said);
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(watched.run.launcher.wait().unwrap().code(), Some(4), "{}", watched.said);
    place.assert_nothing_left();
}

/// A damaged source fails each time: the run ends once it failed too often, or played nothing.
#[test]
fn a_mistake_is_no_reason_to_try_again() {
    let place = Place::new();
    place.scenario(20_000, "max");
    let text = fs::read_to_string(place.path().join("test.toml")).unwrap();
    let text = text.replace("[feed]", "[feed]\nrestart = \"on-failure\"\nsymbols = [\"NONE\"]");
    fs::write(place.path().join("test.toml"), text).unwrap();
    let output = place.tickline(&["launch", "test.toml", "--out", "out"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("the source has no symbol `NONE`"), "{errors}");
    place.assert_nothing_left();
}

#[test]
fn logs_are_json_where_that_is_asked_for() {
    let place = Place::new();
    let args = ["--log-format", "json", "--set", "strategy.top.restart=on-failure"];
    let mut watched = Watched::start(&place, &args);
    signal(watched.run.strategies[0], Signal::KILL);
    watched.wait_for("was killed by signal 9");
    let (_, said) = watched.end();
    let logs = ["feed", "strategy-top", "strategy-floor"]
        .map(|name| fs::read_to_string(place.path().join(format!("out/{name}.log"))).unwrap());
    for line in said.lines().chain(logs.iter().flat_map(|log| log.lines())) {
        let object: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"));
        for key in ["timestamp", "level", "message"] {
            assert!(object[key].is_string(), "{key}: {line}");
        }
    }
    // A level that is not named by a flag comes from the environment.
    let output = place
        .command("tickline-feed")
        .env("TICKLINE_LOG_FORMAT", "json")
        .arg("/no/file")
        .output()
        .unwrap();
    let object: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(object["level"], "ERROR");
    let output = place.tickline(&["config", "check", "a", "--log-format", "xml"]);
    assert_eq!(output.status.code(), Some(2));
}
