//! A generated day as a recording: what `tickline record` would keep of a feed that plays it.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tickline_feed::offline;
use tickline_feed::publish::Sink;
use tickline_feed::scenario::{FeedConfig, SourceConfig};
use tickline_feed::stream::Opened;
use tickline_shared::clock::{ClockKind, Scale};
use tickline_shared::instruments::Instruments;
use tickline_shared::recording::{Encoder, End, Header, Row, Why};
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::Streams;
use tickline_shared::ring::writer::Full;

/// Takes the records of a feed in place of a ring.
struct Recorder {
    encoder: Encoder,
    file: Vec<u8>,
}

impl Sink for Recorder {
    fn publish(&mut self, record: Record) -> Result<(), Full> {
        let Record { msg, exchange_ts, .. } = record;
        // As if the feed had kept the pace of the day.
        if self.encoder.push(&Row { msg, exchange_ts, ingress_ts: exchange_ts }) {
            self.encoder.flush(&mut self.file);
        }
        Ok(())
    }

    fn published(&self) -> u64 {
        self.encoder.records()
    }
}

/// Plays a capture into a recording of these streams.
pub fn record(capture: &Path, streams: Streams, recording: &Path) -> anyhow::Result<()> {
    let config = FeedConfig::new(SourceConfig::Capture { files: vec![capture.to_owned()] });
    let sink = |opened: &Opened, _: &Instruments| {
        let header = Header {
            created_unix_ns: 0,
            ring_created_unix_ns: 0,
            ring_first: 0,
            epoch: opened.epoch,
            streams,
            clock: ClockKind::Monotonic,
            clock_multiplier: Scale::NANOSECONDS.multiplier,
            ring: "bench".to_owned(),
            venue: opened.venue.to_string(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let file = header.to_bytes().to_vec();
        Ok((Recorder { encoder: Encoder::default(), file }, streams))
    };
    let played = offline::play(&config, Arc::default(), sink)?;
    if let Some(error) = played.error {
        return Err(error.into());
    }
    let Recorder { mut encoder, mut file } = played.pipeline.publisher.into_sink();
    let records = encoder.records();
    let end =
        End { why: Some(Why::FeedEnded), ended_unix_ns: 0, records, lost: 0, ring_next: records };
    encoder.end(&end, &mut file);
    let write = || File::create(recording)?.write_all(&file);
    write().with_context(|| format!("writing {}", recording.display()))
}
