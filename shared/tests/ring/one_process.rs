//! Both ends as threads of one process, where ThreadSanitizer sees them.

use std::time::Duration;

use tickline_shared::attach::attach;
use tickline_shared::ring::Record;
use tickline_shared::ring::reader::{Poll, Reader};
use tickline_shared::ring::writer::Full;
use tickline_shared::scenario::ReaderMode;

use crate::feed::{Feed, record};

/// Received and lost by a reader of this name.
fn read(ring: &str, name: &str, mode: ReaderMode, expected: impl Fn(u64) -> Record) -> (u64, u64) {
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

/// Publishes to a lossless and a lossy reader: neither misses a record without knowing.
fn beside_each_other(
    name: &str,
    slots: usize,
    expected: impl Fn(u64) -> Record + Copy + Send + Sync,
    publish: impl FnOnce(&mut Feed),
) {
    let mut feed = Feed::start(name, slots);
    let ring = feed.name.clone();
    std::thread::scope(|scope| {
        let lossless = scope.spawn(|| read(&ring, "lossless", ReaderMode::Lossless, expected));
        let lossy = scope.spawn(|| read(&ring, "lossy", ReaderMode::Lossy, expected));
        feed.wait_for(2);
        publish(&mut feed);
        feed.writer.end();
        let published = feed.writer.published();
        assert_eq!(lossless.join().unwrap(), (published, 0));
        let (received, lost) = lossy.join().unwrap();
        assert_eq!(received + lost, published);
    });
}

#[test]
fn readers_of_both_kinds_read_beside_each_other() {
    beside_each_other("threads", 256, record, |feed| feed.publish(100_000));
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
    const STAMP: u64 = 77;
    let stamped = |number| Record { publish: STAMP, ..record(number) };
    beside_each_other("groups", 64, stamped, |feed| {
        for group in 0..GROUPS {
            let mut staged = 0;
            for _ in 0..group % 9 {
                while feed.writer.stage(&record(feed.writer.published() + staged)).is_err() {
                    feed.writer.commit(STAMP);
                    staged = 0;
                    std::thread::yield_now();
                }
                staged += 1;
            }
            feed.writer.commit(STAMP);
            if group % 1_000 == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        assert_eq!(feed.writer.published(), (0..GROUPS).map(|group| group % 9).sum::<u64>());
    });
}
