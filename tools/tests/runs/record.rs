//! Recording a run, playing the recording, and every way to cut one short.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use tickline_feed::offline;
use tickline_feed::publish::Sink;
use tickline_feed::scenario::{FeedConfig, Generate, SourceConfig};
use tickline_shared::msg::{Flags, Kind, Msg};
use tickline_shared::recording::{
    BlockHead, End, Found, Header, Kind as Block, Row, Scanner, Unpacker, Why,
};
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::Streams;
use tickline_shared::ring::writer::Full;

use crate::place::{Place, Run, read_all, signal};

/// What the scenario of a place publishes.
const STREAMS: Streams = Streams { orders: true, levels: false, quotes: true, trades: true };

/// A file as its format says it is, read by other code than a feed's.
struct Recorded {
    header: Header,
    rows: Vec<Row>,
    end: Option<End>,
}

fn read(path: &Path) -> Recorded {
    let bytes = fs::read(path).unwrap();
    let (mut rows, mut end) = (Vec::new(), None);
    let (mut scanner, mut unpacker, mut at) =
        (Scanner::default(), Unpacker::default(), Header::SIZE);
    loop {
        match scanner.look(&bytes[at..], true) {
            Found::Block(head) => {
                let body = &bytes[at + BlockHead::SIZE..at + head.block_bytes()];
                match head.kind {
                    Block::Records => {
                        assert_eq!(head.first, rows.len() as u64);
                        unpacker.begin(body, head.count).unwrap();
                        rows.extend((0..head.count).map(|_| unpacker.next(body).unwrap()));
                    }
                    Block::End => end = End::read(body),
                    Block::Instruments | Block::Other(_) => {}
                }
                at += head.block_bytes();
            }
            Found::End | Found::Tail(_) => break,
            other => panic!("{other:?} at byte {at}"),
        }
    }
    Recorded { header: Header::read(&bytes).unwrap(), rows, end }
}

/// Keeps everything that is published.
#[derive(Default)]
struct Keep(Vec<(Msg, u64)>);

impl Sink for Keep {
    fn publish(&mut self, record: Record) -> Result<(), Full> {
        self.0.push((record.msg, record.exchange_ts));
        Ok(())
    }

    fn published(&self) -> u64 {
        self.0.len() as u64
    }
}

/// What a feed publishes of the generated day of a place.
fn published(messages: u64) -> Vec<(Msg, u64)> {
    let day = Generate { symbols: 20, ..Generate::of(messages) };
    let feed = FeedConfig::new(SourceConfig::Generate(day));
    let mut played =
        offline::play(&feed, Arc::default(), |_, _| Ok((Keep::default(), STREAMS))).unwrap();
    assert!(played.error.is_none());
    std::mem::take(&mut played.pipeline.publisher.sink().0)
}

fn told(rows: &[Row]) -> Vec<(Msg, u64)> {
    rows.iter().map(|row| (row.msg, row.exchange_ts)).collect()
}

/// A recorder at work.
pub(crate) struct Recorder(Child);

impl Recorder {
    pub(crate) fn start(place: &Place, args: &[&str]) -> Recorder {
        let mut command = place.command("tickline");
        Recorder(command.arg("record").args(args).spawn().unwrap())
    }

    /// Starts one, and returns once the file has records.
    fn at_work(place: &Place, file: &str, args: &[&str]) -> Recorder {
        let recorder = Recorder::start(place, &[&["test", "-o", file], args].concat());
        let path = place.path().join(file);
        let start = Instant::now();
        while fs::metadata(&path).map_or(0, |file| file.len()) < 5_000 {
            assert!(start.elapsed() < Duration::from_secs(60), "nothing is recorded");
            std::thread::sleep(Duration::from_millis(5));
        }
        recorder
    }

    fn pid(&self) -> u64 {
        self.0.id().into()
    }

    /// Its code, and what it said on standard output and standard error.
    pub(crate) fn end(mut self) -> (i32, String, String) {
        let pipes = (self.0.stdout.take().unwrap(), self.0.stderr.take().unwrap());
        let (out, errors) = (read_all(pipes.0), read_all(pipes.1));
        let code = self.0.wait().unwrap().code().unwrap_or(-1);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (code, text(out), text(errors))
    }
}

fn interrupt(run: Run) {
    signal(run.launcher.id().into(), Signal::INT);
    let (code, _, errors) = run.end();
    assert_eq!(code, 0, "{errors}");
}

/// The whole run, from its first record; then the recording's own run is recorded: the same again.
#[test]
fn a_run_is_recorded_and_played_and_recorded() {
    let place = Place::new();
    place.scenario(20_000, "max");
    let recorder = Recorder::start(&place, &["test", "-o", "one.tick", "--wait", "--json"]);
    let output = place.tickline(&["launch", "test.toml", "--json", "--out", "out"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    let (code, out, errors) = recorder.end();
    assert_eq!(code, 0, "{errors}");
    let json: Value = serde_json::from_str(&out).unwrap();
    let one = read(&place.path().join("one.tick"));
    assert_eq!((&json["ended"], &json["lost"]), (&"feed ended".into(), &0.into()));
    assert_eq!(json["records"], one.rows.len());
    assert_eq!(json["bytes"], fs::metadata(place.path().join("one.tick")).unwrap().len());
    let Header { ring, venue, streams, ring_first, .. } = &one.header;
    assert_eq!((ring.as_str(), venue.as_str(), *streams), ("test", "nasdaq-itch50", STREAMS));
    assert_eq!(one.end.unwrap().why, Some(Why::FeedEnded));
    // The recorder was there before the feed, which waits for its strategies only.
    let all = published(20_000);
    assert_eq!(told(&one.rows), all[*ring_first as usize..]);
    assert!(one.rows.is_sorted_by_key(|row| row.ingress_ts));

    let scenario = fs::read_to_string(place.path().join("test.toml")).unwrap();
    let from = scenario.find("source = ").unwrap();
    let to = from + scenario[from..].find('\n').unwrap();
    let source = r#"source = { capture = ["one.tick"], speed = "max" }"#;
    let scenario = [&scenario[..from], source, &scenario[to..]].concat();
    fs::write(place.path().join("test.toml"), scenario).unwrap();
    let recorder = Recorder::start(&place, &["test", "-o", "two.tick", "--wait"]);
    let output = place.tickline(&["launch", "test.toml", "--json", "--out", "again"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(summary["feed"]["venue"], "recorded");
    assert_eq!(summary["feed"]["published"], one.rows.len());
    assert_eq!(recorder.end().0, 0);
    let two = read(&place.path().join("two.tick"));
    assert_eq!(two.header.venue, "recorded");
    assert_eq!(told(&two.rows), told(&one.rows)[two.header.ring_first as usize..]);
    assert_eq!((two.header.epoch, two.header.streams), (one.header.epoch, one.header.streams));
    place.assert_nothing_left();
}

/// What the file holds is played; what it does not hold is an error that says so.
#[test]
fn a_part_of_a_recording_can_be_played() {
    let place = Place::new();
    let run = place.endless();
    let (code, _, errors) =
        Recorder::start(&place, &["test", "-o", "a.tick", "--records", "3k"]).end();
    assert_eq!(code, 0, "{errors}");
    interrupt(run);
    let rows = read(&place.path().join("a.tick")).rows;
    assert_eq!(rows.len(), 3_000);
    let trades = rows.iter().filter(|row| row.msg.kind == Kind::Trade).count();
    let news = rows.iter().filter(|row| matches!(row.msg.kind, Kind::Status | Kind::TradeBreak));
    let replay = |args: &[&str]| {
        let output = place.tickline(&[&["replay", "a.tick", "--strategy", "null"], args].concat());
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap(), output.stdout, errors)
    };
    let (code, out, errors) = replay(&["--publish", "trades", "--json"]);
    assert_eq!(code, 0, "{errors}");
    let summary: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(summary["feed"]["published"], trades + news.count());
    let (code, _, errors) = replay(&["--publish", "trades,levels"]);
    assert_eq!(code, 2, "{errors}");
    for word in ["a.tick holds no levels", "carried orders,quotes,trades"] {
        assert!(errors.contains(word), "{errors}");
    }
    let (code, _, errors) = replay(&["--symbols", "NOSUCH"]);
    assert_ne!(code, 0);
    assert!(errors.contains("`NOSUCH`"), "{errors}");
}

#[test]
fn a_recorder_that_is_killed_leaves_what_it_had_written() {
    let place = Place::new();
    let run = place.endless();
    let recorder = Recorder::at_work(&place, "a.tick", &[]);
    signal(recorder.pid(), Signal::KILL);
    recorder.end();
    let found = read(&place.path().join("a.tick"));
    assert!(!found.rows.is_empty() && found.end.is_none());
    let from = found.header.ring_first as usize;
    assert_eq!(told(&found.rows), published(20_000)[from..from + found.rows.len()]);
    let output = place.tickline(&["inspect", "a.tick"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("the recording has no end: its recorder was killed"), "{text}");
    let output = place.tickline(&["replay", "a.tick", "--json", "--strategy", "null"]);
    assert_eq!(output.status.code(), Some(0));
    // The run did not notice.
    assert!(place.tickline(&["rings"]).stdout.starts_with(b"test: feed "));
    interrupt(run);
    place.assert_nothing_left();
}

#[test]
fn ctrl_c_ends_a_recording_with_its_figures() {
    let place = Place::new();
    let run = place.endless();
    let recorder = Recorder::at_work(&place, "a.tick", &["--json"]);
    let rings = String::from_utf8(place.tickline(&["rings"]).stdout).unwrap();
    assert!(rings.contains("  record "), "{rings}");
    signal(recorder.pid(), Signal::INT);
    let (code, out, errors) = recorder.end();
    assert_eq!(code, 0, "{errors}");
    let json: Value = serde_json::from_str(&out).unwrap();
    let found = read(&place.path().join("a.tick"));
    assert_eq!((&json["ended"], &json["records"]), (&"stopped".into(), &found.rows.len().into()));
    let end = found.end.unwrap();
    assert_eq!((end.why, end.records), (Some(Why::Stopped), found.rows.len() as u64));
    assert_eq!(end.ring_next, found.header.ring_first + end.records);
    interrupt(run);
}

#[test]
fn a_feed_that_is_killed_is_recorded_to_its_last_record() {
    let place = Place::new();
    let run = place.endless();
    let recorder = Recorder::at_work(&place, "a.tick", &[]);
    signal(run.feed, Signal::KILL);
    let (code, out, errors) = recorder.end();
    assert_eq!(code, 4, "{errors}");
    assert!(errors.contains("the feed of ring test is gone"), "{errors}");
    assert!(out.contains("nothing lost") && out.contains("feed gone"), "{out}");
    assert_eq!(run.end().0, 4);
    let found = read(&place.path().join("a.tick"));
    assert_eq!(found.end.unwrap().why, Some(Why::FeedGone));
    let received = place.summary()["strategies"][0]["received"].as_u64().unwrap();
    assert_eq!(found.end.unwrap().ring_next, received, "the strategy read to the end too");
    place.assert_nothing_left();
}

/// A recorder that is stopped for longer than the ring lasts.
#[test]
fn what_a_lossy_recorder_missed_stands_in_the_file() {
    let place = Place::new();
    let run = place.endless();
    let recorder = Recorder::at_work(&place, "a.tick", &["--lossy", "--json"]);
    signal(recorder.pid(), Signal::STOP);
    // 2,000 messages a second are twice the ring in this time.
    std::thread::sleep(Duration::from_millis(1_500));
    signal(recorder.pid(), Signal::CONT);
    std::thread::sleep(Duration::from_millis(300));
    signal(recorder.pid(), Signal::INT);
    let (code, out, errors) = recorder.end();
    assert_eq!(code, 0, "{errors}");
    interrupt(run);
    let json: Value = serde_json::from_str(&out).unwrap();
    let lost = json["lost"].as_u64().unwrap();
    assert!(lost > 0, "{out}");
    let found = read(&place.path().join("a.tick"));
    let all = published(20_000);
    let mut next = found.header.ring_first;
    for row in &found.rows {
        if row.msg.kind == Kind::Gap && row.msg.flags.contains(Flags::OVERRUN) {
            assert_eq!(row.msg.id, next);
            next += u64::from(row.msg.quantity);
        } else {
            assert_eq!((row.msg, row.exchange_ts), all[next as usize]);
            next += 1;
        }
    }
    let end = found.end.unwrap();
    assert_eq!((end.lost, end.ring_next), (lost, next));
}

#[test]
fn a_disk_that_is_full_ends_the_recording_and_not_the_run() {
    let place = Place::new();
    let run = place.endless();
    let (code, _, errors) = Recorder::start(&place, &["test", "-o", "/dev/full"]).end();
    assert_eq!(code, 1, "{errors}");
    assert!(errors.contains("cannot write /dev/full beyond byte 0"), "{errors}");
    // A file that may not become larger than 16 KiB.
    let script = "trap '' XFSZ; ulimit -f 32; exec \"$0\" record test -o a.tick";
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(crate::place::program_path("tickline"));
    command.current_dir(place.path()).env("XDG_RUNTIME_DIR", place.path());
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let (code, _, errors) = Recorder(child.unwrap()).end();
    assert_eq!(code, 1, "{errors}");
    assert!(errors.contains("cannot write a.tick beyond byte"), "{errors}");
    let found = read(&place.path().join("a.tick"));
    assert!(errors.contains(&format!("{} records", found.rows.len())), "{errors}");
    let output = place.tickline(&["inspect", "a.tick", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&report["truncated"], &report["messages"]),
        (&false.into(), &found.rows.len().into())
    );
    interrupt(run);
}

#[test]
fn a_damaged_block_is_told_and_the_rest_is_played() {
    let place = Place::new();
    let run = place.endless();
    let recorder = Recorder::start(&place, &["test", "-o", "a.tick", "--records", "3000"]);
    assert_eq!(recorder.end().0, 0);
    interrupt(run);
    let path = place.path().join("a.tick");
    let mut bytes = fs::read(&path).unwrap();
    // The first block of records stands behind those that name instruments.
    let (mut at, mut block) = (Header::SIZE, 0);
    let first = loop {
        let head = BlockHead::read(&bytes[at..]).unwrap();
        if head.kind == Block::Records {
            break head;
        }
        (at, block) = (at + head.block_bytes(), block + 1);
    };
    bytes[at + BlockHead::SIZE + 100] ^= 1;
    fs::write(&path, bytes).unwrap();
    let output = place.tickline(&["replay", "a.tick", "--json", "--strategy", "null"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    let damaged = format!("block {block} at byte {at} is damaged");
    assert!(errors.contains(&damaged), "{errors}");
    assert!(errors.contains("everything else was read"), "{errors}");
    let summary: Value = serde_json::from_slice(&output.stdout).unwrap();
    let feed = &summary["feed"];
    assert_eq!((&feed["gaps"], &feed["gap_messages"]), (&1.into(), &first.count.into()));
    assert_eq!(feed["messages"], 3_000 - first.count);
}

#[test]
fn mistakes_record_nothing() {
    let place = Place::new();
    let check = |args: &[&str], code: i32, words: &[&str]| {
        let output = place.tickline(&[&["record"], args].concat());
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {errors}");
        for word in words {
            assert!(errors.contains(word), "{args:?}: {errors}");
        }
    };
    check(&["test", "-o", "a.tick"], 3, &["no feed serves ring `test`"]);
    check(&["test", "-o", "a.tick", "--records", "0"], 2, &["at least 1"]);
    check(&["test", "-o", "a.tick", "--duration", "1"], 2, &["500ms or 90s"]);
    check(&["test"], 2, &["--output"]);
    assert!(!place.path().join("a.tick").exists());
    let run = place.endless();
    fs::write(place.path().join("a.tick"), "mine").unwrap();
    check(&["test", "-o", "a.tick"], 2, &["a.tick exists; --force replaces it"]);
    check(&["test", "-o", "no/folder"], 1, &["cannot create no/folder"]);
    check(&["test", "-o", "b.tick", "--name", "top"], 3, &["name is attached already"]);
    assert!(!place.path().join("b.tick").exists());
    assert_eq!(fs::read(place.path().join("a.tick")).unwrap(), b"mine");
    let args = ["test", "-o", "a.tick", "--force", "--duration", "50ms"];
    let (code, _, errors) = Recorder::start(&place, &args).end();
    assert_eq!(code, 0, "{errors}");
    assert_eq!(read(&place.path().join("a.tick")).end.unwrap().why, Some(Why::Limit));
    let stdout = place.tickline(&["record", "test", "-o", "-", "--records", "10"]);
    assert_eq!(stdout.status.code(), Some(0));
    fs::write(place.path().join("piped"), &stdout.stdout).unwrap();
    assert_eq!(read(&place.path().join("piped")).rows.len(), 10);
    assert!(String::from_utf8_lossy(&stdout.stderr).contains("10 records of ring test"));
    interrupt(run);
}
