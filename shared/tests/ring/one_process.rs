//! Both ends as threads of one process, where ThreadSanitizer sees them.

use std::time::Duration;

use tickline_shared::attach::attach;
use tickline_shared::ring::Record;
use tickline_shared::ring::reader::{Poll, Reader};
use tickline_shared::ring::writer::Full;
use tickline_shared::scenario::ReaderMode;

use crate::feed::{Feed, record};

/// Received and lost by a reader of this name.
fn read(ring: &str, name: &str, mode: ReaderMode) -> (u64, u64) {
    read_as(ring, name, mode, record)
}

fn read_as(
    ring: &str,
    name: &str,
    mode: ReaderMode,
    expected: impl Fn(u64) -> Record,
) -> (u64, u64) {
    let attached = attach(ring, name, mode).unwrap();
    let (mut reader, _connection) = (attached.reader, attached.connection);
    let (mut received, mut lost) = (0, 0);
    loop {
        match reader.poll() {
            Poll::Record(read) => {
                assert_eq!(read, expected(read.number));
                received += 1;
                reader.release();
            }
            Poll::Overrun { lost: more, .. } => lost += more,
            Poll::Empty if reader.finished() => return (received, lost),
            Poll::Empty => {
                reader.park(Duration::from_millis(100));
            }
        }
    }
}

#[test]
fn readers_of_both_kinds_read_beside_each_other() {
    const RECORDS: u64 = 100_000;
    let mut feed = Feed::start("threads", 256);
    let ring = feed.name.clone();
    std::thread::scope(|scope| {
        let lossless = scope.spawn(|| read(&ring, "lossless", ReaderMode::Lossless));
        let lossy = scope.spawn(|| read(&ring, "lossy", ReaderMode::Lossy));
        feed.wait_for(2);
        feed.publish(RECORDS);
        feed.writer.end();
        assert_eq!(lossless.join().unwrap(), (RECORDS, 0));
        let (received, lost) = lossy.join().unwrap();
        assert_eq!(received + lost, RECORDS);
    });
}

/// A reader without a process of its own, and what it has to read now.
fn numbers(reader: &mut Reader, publish: u64) -> Vec<u64> {
    let mut numbers = Vec::new();
    while let Poll::Record(read) = reader.poll() {
        assert_eq!(read, Record { publish, ..record(read.number) });
        numbers.push(read.number);
        reader.release();
    }
    numbers
}

#[test]
fn what_is_staged_comes_together() {
    let mut feed = Feed::start("staged", 8);
    let ring = feed.name.clone();
    let attached = std::thread::scope(|scope| {
        let attaching = scope.spawn(|| attach(&ring, "reader", ReaderMode::Lossless).unwrap());
        feed.wait_for(1);
        attaching.join().unwrap()
    });
    let mut reader = attached.reader;
    for turn in 0..20 {
        let from = feed.writer.published();
        for ahead in 0..5 {
            assert_eq!(feed.writer.stage(&record(from + ahead)), Ok(()));
        }
        assert_eq!((feed.writer.published(), numbers(&mut reader, 0)), (from, vec![]));
        feed.writer.commit(turn);
        assert_eq!(numbers(&mut reader, turn), Vec::from_iter(from..from + 5));
    }
    // A whole ring at a time, and no more.
    for _ in 0..8 {
        assert_eq!(feed.writer.stage(&record(feed.writer.published())), Ok(()));
    }
    assert_eq!(feed.writer.stage(&record(0)), Err(Full));
    assert_eq!(feed.writer.ring_full(), 1);
}

/// Groups of all sizes between readers that keep up, fall asleep and are overtaken.
#[test]
fn groups_reach_readers_of_both_kinds() {
    const GROUPS: u64 = 30_000;
    let mut feed = Feed::start("groups", 64);
    let ring = feed.name.clone();
    std::thread::scope(|scope| {
        let lossless = scope.spawn(|| read_groups(&ring, "lossless", ReaderMode::Lossless));
        let lossy = scope.spawn(|| read_groups(&ring, "lossy", ReaderMode::Lossy));
        feed.wait_for(2);
        for group in 0..GROUPS {
            let mut staged = 0;
            for _ in 0..group % 9 {
                while feed.writer.stage(&record(feed.writer.published() + staged)).is_err() {
                    feed.writer.commit(GROUP);
                    staged = 0;
                    std::thread::yield_now();
                }
                staged += 1;
            }
            feed.writer.commit(GROUP);
            if group % 1_000 == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        feed.writer.end();
        let published = feed.writer.published();
        assert_eq!(published, (0..GROUPS).map(|group| group % 9).sum::<u64>());
        assert_eq!(lossless.join().unwrap(), (published, 0));
        let (received, lost) = lossy.join().unwrap();
        assert_eq!(received + lost, published);
    });
}

/// The stamp of groups.
const GROUP: u64 = 77;

fn read_groups(ring: &str, name: &str, mode: ReaderMode) -> (u64, u64) {
    read_as(ring, name, mode, |number| Record { publish: GROUP, ..record(number) })
}
