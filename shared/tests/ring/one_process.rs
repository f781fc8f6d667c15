//! Both ends as threads of one process, where ThreadSanitizer sees them.

use std::time::Duration;

use tickline_shared::attach::attach;
use tickline_shared::ring::reader::Poll;
use tickline_shared::scenario::ReaderMode;

use crate::feed::{Feed, record};

/// Received and lost by a reader of this name.
fn read(ring: &str, name: &str, mode: ReaderMode) -> (u64, u64) {
    let attached = attach(ring, name, mode).unwrap();
    let (mut reader, _connection) = (attached.reader, attached.connection);
    let (mut received, mut lost) = (0, 0);
    loop {
        match reader.poll() {
            Poll::Record(read) => {
                assert_eq!(read, record(read.number));
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
