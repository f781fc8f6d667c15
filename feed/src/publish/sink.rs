//! Where the records of a publisher go: into a ring, or to whoever looks at them in this process.

use std::sync::atomic::{AtomicU64, Ordering};

use tickline_shared::ring::Record;
use tickline_shared::ring::writer::{Full, Writer};

use crate::counts::Counts;
use crate::source::Progress;

/// Takes the records of a feed.
pub trait Sink {
    /// Whether it wants to see the time of each message: see [`Sink::goes_on`].
    const WATCHES: bool = false;

    /// Whether the message of this time, by the venue's clock, is to be followed still. Only asked
    /// where [`Sink::WATCHES`].
    fn goes_on(&mut self, _exchange_ts: u64) -> bool {
        true
    }

    /// Takes a record and gives it its number. [`Full`] where a reader must catch up first: the
    /// record is offered again.
    fn publish(&mut self, record: Record) -> Result<(), Full>;

    /// Takes a record that [`Sink::commit`] makes visible, and stamps.
    #[inline(always)]
    fn stage(&mut self, record: &Record) -> Result<(), Full> {
        self.publish(*record)
    }

    /// Makes visible what was staged, all of it published at this moment.
    #[inline(always)]
    fn commit(&mut self, _publish: u64) {}

    /// How many records were taken.
    fn published(&self) -> u64;

    /// Does what is due now and then, also while there is nothing to publish.
    fn service(&mut self) {}

    /// Shows whoever watches how far the feed is.
    fn show(&mut self, _progress: Option<Progress>, _counts: &Counts) {}
}

/// The ring of a feed.
impl Sink for Writer {
    #[inline(always)]
    fn publish(&mut self, record: Record) -> Result<(), Full> {
        Writer::publish(self, record)
    }

    #[inline(always)]
    fn stage(&mut self, record: &Record) -> Result<(), Full> {
        Writer::stage(self, record)
    }

    #[inline(always)]
    fn commit(&mut self, publish: u64) {
        Writer::commit(self, publish);
    }

    fn published(&self) -> u64 {
        Writer::published(self)
    }

    #[inline]
    fn service(&mut self) {
        Writer::service(self);
    }

    fn show(&mut self, progress: Option<Progress>, counts: &Counts) {
        // Relaxed throughout: monitors need no order among them.
        let header = self.header();
        if let Some(progress) = progress {
            header.progress.source_done.store(progress.consumed, Ordering::Relaxed);
            header.progress.source_total.store(progress.total.unwrap_or(0), Ordering::Relaxed);
        }
        let shown = &header.counters;
        shown.messages.store(counts.messages, Ordering::Relaxed);
        shown.packets.store(counts.packets, Ordering::Relaxed);
        shown.bytes.store(counts.bytes, Ordering::Relaxed);
        shown.gaps.store(counts.gaps, Ordering::Relaxed);
        shown.gap_messages.store(counts.gap_messages, Ordering::Relaxed);
        shown.duplicates.store(counts.duplicates, Ordering::Relaxed);
        let malformed = counts.malformed.iter().sum();
        show_parts(&shown.malformed, malformed, &header.malformed.0, &counts.malformed);
        let unknown = counts.unknown_messages;
        show_parts(&shown.unknown, unknown, &header.unknown.0, &counts.unknown);
        shown.sessions.store(counts.sessions, Ordering::Relaxed);
        shown.heartbeats.store(counts.heartbeats, Ordering::Relaxed);
    }
}

/// Shows counters and their sum. They grow seldom, and a paced feed shows its counters after each
/// message: they are stored where the sum is another one.
fn show_parts(shown: &AtomicU64, sum: u64, parts: &[AtomicU64], counts: &[u64]) {
    if shown.load(Ordering::Relaxed) != sum {
        parts.iter().zip(counts).for_each(|(part, count)| part.store(*count, Ordering::Relaxed));
        shown.store(sum, Ordering::Relaxed);
    }
}
