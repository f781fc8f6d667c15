//! The ring between real processes: every record arrives whole, and a process that is killed at
//! any moment harms nobody.
//!
//! The reading process is this program again, told what to do by an environment variable.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tickline_shared::attach::{Attached, attach, directory};
use tickline_shared::ring::reader::Poll;
use tickline_shared::scenario::ReaderMode;

use crate::feed::{Feed, record};

const RING: &str = "TICKLINE_TEST_RING";
const MODE: &str = "TICKLINE_TEST_MODE";

/// Not a test: what the reading process does. Prints `received lost` at the end of the run.
#[test]
#[ignore = "started by the other tests"]
fn read_everything() {
    let (ring, mode) = (std::env::var(RING).unwrap(), std::env::var(MODE).unwrap());
    let mode = if mode == "lossy" { ReaderMode::Lossy } else { ReaderMode::Lossless };
    let Attached { mut reader, connection: _connection, .. } =
        attach(&ring, "reader", mode).unwrap();
    let (mut received, mut lost) = (0u64, 0u64);
    let mut expected = reader.next();
    loop {
        match reader.poll() {
            Poll::Record(read) => {
                assert_eq!(read, record(expected));
                (received, expected) = (received + 1, expected + 1);
                if expected.is_multiple_of(16) {
                    reader.release();
                }
            }
            Poll::Overrun { first, lost: more } => {
                assert_eq!(first, expected);
                (lost, expected) = (lost + more, expected + more);
            }
            Poll::Empty if reader.finished() => break,
            Poll::Empty => {
                reader.release();
                reader.park(Duration::from_millis(100));
            }
        }
    }
    println!("\nRESULT {received} {lost}");
}

impl Feed {
    fn reader(&self, mode: &str) -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "two_processes::read_everything", "--ignored", "--nocapture"])
            .env(RING, &self.name)
            .env(MODE, mode)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap()
    }
}

/// Received and lost, as the reader printed them.
fn result(reader: Child) -> (u64, u64) {
    let output = reader.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("RESULT ")).unwrap();
    let (received, lost) = line.split_once(' ').unwrap();
    (received.parse().unwrap(), lost.parse().unwrap())
}

#[test]
fn a_lossless_reader_gets_every_record_whole() {
    for slots in [64, 4096] {
        let mut feed = Feed::start(&format!("lossless{slots}"), slots);
        let reader = feed.reader("lossless");
        feed.wait_for(1);
        feed.publish(300_000);
        feed.writer.end();
        assert_eq!(result(reader), (300_000, 0));
    }
}

#[test]
fn a_lossy_reader_gets_whole_records_and_counts_the_others() {
    let mut feed = Feed::start("lossy", 64);
    let reader = feed.reader("lossy");
    feed.wait_for(1);
    feed.publish(3_000_000);
    feed.writer.end();
    let (received, lost) = result(reader);
    assert_eq!(received + lost, 3_000_000);
    assert!(received > 0);
}

#[test]
fn a_reader_killed_at_any_moment_leaves_a_working_ring() {
    let mut feed = Feed::start("killed", 1024);
    for round in 0..12u64 {
        let mut reader = feed.reader(if round % 3 == 2 { "lossy" } else { "lossless" });
        feed.wait_for(1);
        let publish_until = Instant::now() + Duration::from_micros(300 * round);
        while Instant::now() < publish_until {
            feed.publish(100);
        }
        reader.kill().unwrap();
        // Much more than a ring: the dead reader must not hold the writer back.
        feed.publish(5_000);
        reader.wait().unwrap();
        feed.wait_for(0);
    }
    let reader = feed.reader("lossless");
    feed.wait_for(1);
    feed.publish(10_000);
    feed.writer.end();
    assert_eq!(result(reader), (10_000, 0));
}

/// Not a test: a feed that publishes until it is killed.
#[test]
#[ignore = "started by the other tests"]
fn publish_for_ever() {
    let mut feed = Feed::start(&std::env::var(RING).unwrap(), 256);
    loop {
        feed.publish(1);
    }
}

#[test]
fn a_feed_killed_at_any_moment_is_drained_and_replaced() {
    for round in 0..8u64 {
        let test = format!("dies{round}-{}", std::process::id());
        let mut feed = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "two_processes::publish_for_ever", "--ignored", "--nocapture"])
            .env(RING, &test)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let ring = format!("test-{test}-{}", feed.id());
        let start = Instant::now();
        let mut attached = loop {
            match attach(&ring, "reader", ReaderMode::Lossless) {
                Ok(attached) => break attached,
                Err(error) => assert!(start.elapsed() < Duration::from_secs(30), "{error}"),
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        let mut expected = attached.reader.next();
        let mut drain = |until: &dyn Fn(bool) -> bool| loop {
            let empty = match attached.reader.poll() {
                Poll::Record(read) => {
                    assert_eq!(read, record(expected));
                    expected += 1;
                    false
                }
                Poll::Empty => true,
                Poll::Overrun { .. } => panic!("a lossless reader was lapped"),
            };
            attached.reader.release();
            if until(empty) {
                break;
            }
        };
        let read_until = Instant::now() + Duration::from_micros(777 * round);
        drain(&|_| Instant::now() >= read_until);
        feed.kill().unwrap();
        assert!(attached.connection.wait_gone(Some(Duration::from_secs(10))));
        drain(&|empty| empty);
        assert!(!attached.reader.finished(), "it did not end its run");
        feed.wait().unwrap();
        directory::sweep(&ring);
        assert!(!socket_exists(&ring));
    }
}

fn socket_exists(ring: &str) -> bool {
    let folders: Vec<PathBuf> = directory::candidates();
    folders.iter().any(|folder| folder.join(format!("{ring}.sock")).exists())
}
