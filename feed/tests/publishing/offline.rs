//! The loop without a ring says what the ring would hold.

use std::sync::Arc;

use tickline_feed::generate::{Parameters, binary_file};
use tickline_feed::offline;
use tickline_feed::publish::Sink;
use tickline_feed::scenario::{FeedConfig, SourceConfig};
use tickline_feed::source::Input;
use tickline_shared::msg::{Kind, Msg};
use tickline_shared::ring::Record;
use tickline_shared::ring::writer::Full;

use crate::NASDAQ;
use crate::feed::{ALL, Feed, play};

/// Keeps every record, up to a time.
struct Keep {
    msgs: Vec<Msg>,
    until: u64,
}

impl Sink for Keep {
    const WATCHES: bool = true;

    fn goes_on(&mut self, exchange_ts: u64) -> bool {
        exchange_ts <= self.until
    }

    fn publish(&mut self, record: Record) -> Result<(), Full> {
        assert!(record.exchange_ts <= self.until);
        self.msgs.push(record.msg);
        Ok(())
    }

    fn published(&self) -> u64 {
        self.msgs.len() as u64
    }
}

#[test]
fn the_loop_without_a_ring_says_the_same() {
    let bytes = binary_file(&Parameters::of(20_000)).unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, &bytes).unwrap();
    let (mut feed, mut expected) = (Feed::new(NASDAQ, ALL, &[]), Vec::new());
    play(&mut feed, Input::from_bytes("a day", bytes), |_, msgs| expected.extend_from_slice(msgs));

    let config = FeedConfig::new(SourceConfig::Capture { files: vec![file.path().to_owned()] });
    let run = |until| {
        let played = offline::play(&config, Arc::default(), |opened, _| {
            assert_eq!(opened.venue, NASDAQ);
            Ok((Keep { msgs: Vec::new(), until }, ALL))
        });
        played.unwrap()
    };
    let mut whole = run(u64::MAX);
    assert!(!whole.stopped && whole.error.is_none());
    assert_eq!(whole.pipeline.counts.messages, 20_000);
    let msgs = &mut whole.pipeline.publisher.sink().msgs;
    // `play` leaves it out.
    let end = msgs.pop().map(|msg| msg.kind);
    assert_eq!((end, msgs.len()), (Some(Kind::EndOfSession), expected.len()));
    assert!(*msgs == expected);

    let (first, last) = (whole.pipeline.counts.first_ts, whole.pipeline.counts.last_ts);
    let mut half = run(first.unwrap().midpoint(last.unwrap()));
    assert!(half.stopped && half.error.is_none());
    let msgs = &half.pipeline.publisher.sink().msgs;
    assert!(msgs.len() > 1_000 && msgs.len() < expected.len() - 1_000, "{}", msgs.len());
    assert!(msgs[..] == expected[..msgs.len()]);
}
