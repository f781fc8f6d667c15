//! The metrics page beside a run.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;

use crate::place::{Place, signal};

/// Port 0: any that is free.
const ANY: &str = "feed.metrics=127.0.0.1:0";

/// Where the feed says that it serves the page.
fn address(place: &Place) -> SocketAddr {
    let log = fs::read_to_string(place.path().join("out/feed.log")).unwrap();
    let (_, rest) = log.split_once("metrics: http://").unwrap_or_else(|| panic!("{log}"));
    rest.split_once("/metrics").unwrap().0.parse().unwrap()
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

fn get(address: SocketAddr) -> String {
    let mut stream = connect(address);
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// The series of a page.
struct Page(BTreeMap<String, f64>);

impl Page {
    fn read(text: &str) -> Page {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Page(lines.map(series).collect())
    }

    #[track_caller]
    fn get(&self, series: &str) -> f64 {
        let found = self.0.get(series).copied();
        found.unwrap_or_else(|| panic!("no {series} in {:#?}", self.0))
    }

    fn strategy(&self, metric: &str, name: &str) -> Option<f64> {
        self.0.get(&format!("tickline_{metric}{{strategy=\"{name}\"}}")).copied()
    }

    fn count(&self, strategy: &str, stage: &str) -> Option<f64> {
        let labels = format!("strategy=\"{strategy}\",stage=\"{stage}\"");
        self.0.get(&format!("tickline_latency_seconds_count{{{labels}}}")).copied()
    }
}

fn series(line: &str) -> (String, f64) {
    let (series, value) = line.rsplit_once(' ').unwrap();
    (series.to_owned(), value.parse().unwrap())
}

/// A page that is as it should be; the feed shows its counters now and then.
#[track_caller]
fn until(address: SocketAddr, wanted: impl Fn(&Page) -> bool) -> Page {
    let start = Instant::now();
    loop {
        let text = get(address);
        let page = Page::read(&text);
        if wanted(&page) {
            return page;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{text}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A generated day whose last message comes an hour after the others: how many those are, and the
/// bytes of the last one. The one before it comes late as well: a feed that waited for a message
/// shows what it counted. Five of them are of no use.
fn day_with_a_pause(place: &Place) -> (u64, u64) {
    let generated = place.tickline(&["generate", "-o", "day.itch", "--messages", "5000"]);
    assert!(generated.status.success(), "{}", String::from_utf8_lossy(&generated.stderr));
    let mut bytes = fs::read(place.path().join("day.itch")).unwrap();
    // Of each message: its length in two bytes, then 5 bytes before the 6 of its time.
    let (mut starts, mut at) = (Vec::new(), 0);
    loop {
        let length = usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]));
        // The end of the session.
        if length == 0 {
            break;
        }
        starts.push(at);
        at += 2 + length;
    }
    let (count, last) = (starts.len() as u64, starts[starts.len() - 1]);
    for (number, &start) in (0u64..).zip(&starts) {
        let ns = match count - number {
            1 => 3_600_000_000_000,
            2 => 3_000_000_000,
            _ => number * 10_000,
        };
        bytes[start + 7..start + 13].copy_from_slice(&ns.to_be_bytes()[2..]);
    }
    // Two messages of a type that there is not, and three that are too short.
    let odd = [&b"\0\x01z"[..], b"\0\x03zzz", b"\0\x02AA", b"\0\x02DD", b"\0\x01S"].concat();
    bytes.splice(starts[3_000]..starts[3_000], odd);
    fs::write(place.path().join("day.itch"), bytes).unwrap();
    (count - 1 + 5, (at - last) as u64)
}

#[test]
fn a_page_says_what_the_summary_says_then() {
    let place = Place::new();
    place.scenario(1_000, "max");
    let (messages, bytes_ahead) = day_with_a_pause(&place);
    let source = "feed.source={ capture = [\"day.itch\"], speed = \"1x\" }";
    let run = place.launched(&["--set", source, "--set", ANY]);
    let page = until(address(&place), |page| {
        let published = page.get("tickline_published_total");
        page.get("tickline_messages_total") == messages as f64
            && ["floor", "top"].iter().all(|name| {
                page.strategy("received_total", name) == Some(published)
                    && page.count(name, "total") == Some(published)
            })
    });
    let outside = place.tickline(&["metrics", "test"]);
    assert_eq!(outside.status.code(), Some(0), "{}", String::from_utf8_lossy(&outside.stderr));
    let outside = Page::read(&String::from_utf8(outside.stdout).unwrap());
    signal(run.launcher.id().into(), Signal::INT);
    let (code, _, errors) = run.end();
    assert_eq!(code, 0, "{errors}");

    let summary = place.summary();
    let feed = &summary["feed"];
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value} in {summary:#}"));
    // The summary counts the message that was read and not yet due.
    assert_eq!(number(&feed["messages"]), messages as f64 + 1.0);
    for key in [
        "messages",
        "packets",
        "bytes",
        "published",
        "gaps",
        "gap_messages",
        "duplicates",
        "sessions",
        "heartbeats",
        "ring_full",
    ] {
        let series = format!("tickline_{key}_total");
        let ahead = match key {
            "messages" => 1,
            "bytes" => bytes_ahead,
            _ => 0,
        };
        assert_eq!(page.get(&series) + ahead as f64, number(&feed[key]), "{key}");
        assert_eq!(outside.get(&series), page.get(&series), "{key} from outside");
    }
    for (key, label) in [("malformed", "reason"), ("unknown", "type")] {
        for look in [&page, &outside] {
            let head = format!("tickline_{key}_total{{{label}=\"");
            let shown =
                look.0.iter().filter(|(_, count)| **count > 0.0).filter_map(|(series, count)| {
                    Some((series.strip_prefix(&head)?.strip_suffix("\"}")?.to_owned(), *count))
                });
            let expected = feed[key].as_object().unwrap().iter();
            let expected = expected.map(|(name, count)| (name.clone(), number(count)));
            assert_eq!(shown.collect::<BTreeMap<_, _>>(), expected.collect(), "{key}");
        }
    }
    assert_eq!(page.get("tickline_malformed_total{reason=\"short_message\"}"), 3.0);
    assert_eq!(page.get("tickline_unknown_total{type=\"z\"}"), 2.0);
    assert!(page.get("tickline_wakes_total") <= number(&feed["wakes"]));
    for strategy in summary["strategies"].as_array().unwrap() {
        let name = strategy["name"].as_str().unwrap();
        for key in ["received", "lost", "overruns", "clamped"] {
            let shown = page.strategy(&format!("{key}_total"), name);
            assert_eq!(shown, Some(number(&strategy[key])), "{key} of {name}");
        }
        let parks = page.strategy("parks_total", name);
        assert!(parks <= Some(number(&strategy["parks"])), "{parks:?}");
        assert_eq!(page.strategy("lag_records", name), Some(0.0));
        for stage in ["decode", "hop", "strategy", "total"] {
            let count = number(&strategy["stages"][stage]["count"]);
            assert_eq!(page.count(name, stage), Some(count), "{stage} of {name}");
            assert_eq!(outside.count(name, stage), Some(count), "{stage} of {name}");
        }
    }
    let info = page.0.keys().find(|series| series.starts_with("tickline_build_info")).unwrap();
    let version = summary["environment"]["version"].as_str().unwrap();
    for label in [("version", version), ("ring", "test"), ("venue", "nasdaq-itch50")] {
        assert!(info.contains(&format!("{}=\"{}\"", label.0, label.1)), "{info}");
    }
    place.assert_nothing_left();
}

/// Open files of a process, and the memory that it has to itself in KiB.
fn held(pid: u64) -> (usize, u64) {
    let files = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let anonymous = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    (files, anonymous.trim().trim_end_matches(" kB").parse().unwrap())
}

/// The threads of a process: name, and the cores that it may run on.
fn threads(pid: u64) -> BTreeMap<String, String> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let status = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("status")).unwrap());
    let field = |status: &str, key: &str| {
        status.lines().find_map(|line| line.strip_prefix(key)).unwrap().trim().to_owned()
    };
    status.map(|status| (field(&status, "Name:"), field(&status, "Cpus_allowed_list:"))).collect()
}

/// Sockets of TCP that a process listens on.
fn listens(pid: u64) -> usize {
    let inodes: Vec<String> = fs::read_dir(format!("/proc/{pid}/fd"))
        .unwrap()
        .filter_map(|file| fs::read_link(file.unwrap().path()).ok())
        .filter_map(|link| {
            link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']').map(str::to_owned)
        })
        .collect();
    let table =
        |file: &str| fs::read_to_string(format!("/proc/{pid}/net/{file}")).unwrap_or_default();
    let tables = table("tcp") + &table("tcp6");
    let rows = tables.lines().filter_map(|row| row.split_whitespace().nth(9));
    rows.filter(|inode| inodes.iter().any(|own| own == inode)).count()
}

#[test]
fn a_thousand_requests_and_a_crowd_that_says_nothing_leave_nothing() {
    let place = Place::new();
    let run = place.endless_with(&["--set", ANY]);
    let address = address(&place);
    assert_eq!(listens(run.feed), 1);
    let first = Page::read(&get(address));
    for _ in 0..100 {
        get(address);
    }
    let before = held(run.feed);
    let mut silent: Vec<TcpStream> = (0..40).map(|_| connect(address)).collect();
    for stream in &mut silent {
        // Those that had to make room may know already.
        let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nX-Slow: ");
    }
    for _ in 0..1_000 {
        get(address);
    }
    drop(silent);
    until(address, |_| held(run.feed).0 == before.0);
    let grown = held(run.feed).1.saturating_sub(before.1);
    assert!(grown < 4 << 10, "{grown} KiB");
    let last = Page::read(&get(address));
    for (series, value) in first.0.iter().filter(|(series, _)| series.contains("_total")) {
        assert!(last.get(series) >= *value, "{series} went back");
    }

    // The thread leaves the loops' cores alone, or says that it cannot.
    let threads = threads(run.feed);
    let log = fs::read_to_string(place.path().join("out/feed.log")).unwrap();
    let (page, all) = (&threads["metrics"], &threads["attach"]);
    assert_eq!(
        page == all,
        log.matches("no core is left for the metrics page").count() == 1,
        "{log}"
    );
    assert_ne!(page, &threads["feed"]);
    signal(run.launcher.id().into(), Signal::INT);
    assert_eq!(run.end().0, 0);
    TcpStream::connect(address).unwrap_err();
}

#[test]
fn what_a_strategy_counted_stays_when_it_dies() {
    let place = Place::new();
    let run = place.endless_with(&["--set", ANY]);
    let address = address(&place);
    let page = until(address, |page| page.count("floor", "hop").is_some());
    assert_eq!(page.strategy("strategy_up", "floor"), Some(1.0));
    assert_eq!(page.get("tickline_up"), 1.0);
    run.strategies.iter().for_each(|pid| signal(*pid, Signal::KILL));
    let left = until(address, |page| page.strategy("strategy_up", "floor") == Some(0.0));
    assert!(left.strategy("received_total", "floor") >= page.strategy("received_total", "floor"));
    assert!(left.count("floor", "hop") >= page.count("floor", "hop"));
    assert_eq!(left.strategy("lag_records", "floor"), None);
    signal(run.launcher.id().into(), Signal::INT);
    assert_eq!(run.end().0, 4);
}

#[test]
fn without_the_key_there_is_neither_port_nor_thread() {
    let place = Place::new();
    let run = place.endless();
    assert_eq!(listens(run.feed), 0);
    let threads = threads(run.feed);
    assert!(threads.contains_key("attach") && !threads.contains_key("metrics"), "{threads:?}");
    signal(run.launcher.id().into(), Signal::INT);
    assert_eq!(run.end().0, 0);
}

#[test]
fn a_feed_whose_address_is_taken_does_not_start() {
    let place = Place::new();
    place.scenario(1_000, "max");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let set = format!("feed.metrics={address}");
    let output = place.tickline(&["launch", "test.toml", "--out", "out", "--set", &set]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(errors.contains(&format!("cannot serve metrics at {address}")), "{errors}");
    assert!(errors.contains("another feed or program serves there"), "{errors}");
    place.assert_nothing_left();
}
