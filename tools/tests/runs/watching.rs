//! `tickline top` beside a run.

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use crate::place::{Place, signal};

#[test]
fn top_sees_a_run_and_what_becomes_of_it() {
    let place = Place::new();
    let nothing = place.tickline(&["top", "test", "--once"]);
    assert_eq!(nothing.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("no feed serves ring `test`"));
    let run = place.endless();
    let look = |args: &[&str]| -> Value {
        let output = place.tickline(&[&["top", "test", "--json", "--once"], args].concat());
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{errors}");
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["rings"][0].clone()
    };
    // The first whole second of latencies is there after two.
    let start = Instant::now();
    let ring = loop {
        let ring = look(&["--interval", "500ms"]);
        let seen = |strategy: &Value| strategy["last_second"]["total"]["count"] != 0;
        if ring["strategies"].as_array().unwrap().iter().all(seen) {
            break ring;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{ring}");
    };
    assert_eq!((&ring["name"], &ring["state"]), (&"test".into(), &"running".into()));
    assert_eq!((&ring["pid"], &ring["slots"]), (&run.feed.into(), &1024.into()));
    let feed = &ring["feed"];
    assert!(feed["messages_per_second"].as_f64() > Some(0.0), "{feed}");
    assert!(feed["published"].as_u64() >= feed["messages"].as_u64(), "{feed}");
    for strategy in ring["strategies"].as_array().unwrap() {
        assert_eq!((&strategy["state"], &strategy["lost"]), (&"running".into(), &0.into()));
        assert!(run.strategies.contains(&strategy["pid"].as_u64().unwrap()));
        assert!(strategy["received_per_second"].as_f64() > Some(0.0), "{strategy}");
        assert!(strategy["stages"]["hop"]["p99.9"].as_u64() > Some(0), "{strategy}");
    }
    let text = place.tickline(&["top", "--once"]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("test: feed ") && text.contains("since the start"), "{text}");
    let piped = place.tickline(&["top", "test"]);
    assert_eq!(piped.status.code(), Some(3), "no terminal");
    // A feed that is stopped while it is watched shows as such, and its end as well.
    let mut watch = place.command("tickline");
    let watch = watch.args(["top", "test", "--json", "--interval", "100ms"]).spawn();
    let mut watch = watch.unwrap();
    let lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut lines = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let mut until = |state: &str| {
        let found = lines.by_ref().take(300).any(|line| line["rings"][0]["state"] == state);
        assert!(found, "never {state}");
    };
    until("running");
    signal(run.feed, Signal::STOP);
    until("stalled");
    signal(run.feed, Signal::CONT);
    until("running");
    signal(run.feed, Signal::KILL);
    until("gone");
    signal(watch.id().into(), Signal::INT);
    assert_eq!(watch.wait().unwrap().code(), Some(0));
    assert_eq!(run.end().0, 4);
    place.assert_nothing_left();
}
