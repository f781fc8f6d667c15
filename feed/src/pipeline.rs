//! The loop: next message, when it is due, what it means, what strategies are told. One screen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tickline_shared::clock::Clock;
use tickline_shared::ring::writer::Writer;

use crate::counts::Counts;
use crate::framing::{Event, Framing};
use crate::pace::Pacer;
use crate::publish::{Publisher, Sink, Stamp, Stopped};
use crate::session::Gap;
use crate::source::Error;
use crate::stream::Stream;
use crate::venue::market::{Decoded, Decoder, Setting};

/// Messages between two looks at what changes seldom: the stop flag, the counters that monitors
/// see. At 20 million messages a second this is every 50 µs.
const LOOK_EVERY: u64 = 1024;

/// Why the loop over one stream ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ending {
    /// The stream is at its end.
    End,
    /// Somebody asked the feed to stop.
    Stopped,
}

/// What outlives a stream.
pub struct Pipeline<C, S = Writer> {
    /// When messages are due.
    pub pacer: Pacer<C>,
    /// What happened.
    pub counts: Counts,
    /// The book and the ring.
    pub publisher: Publisher<C, S>,
    /// Set when the feed is asked to stop.
    pub stop: Arc<AtomicBool>,
    /// When the first and the last message were released, in cycles.
    pub span: Option<(u64, u64)>,
    /// The venue's clock as of the last message, ns.
    pub exchange_ts: u64,
    /// Whether the last message was waited for so long that there is time for a look around.
    pub waited: bool,
}

impl<C: Clock, S: Sink> Pipeline<C, S> {
    /// Plays a stream to its end.
    pub fn run<D: Decoder, F: Framing>(&mut self, stream: &mut Stream<F>) -> Result<Ending, Error> {
        let said = self.publisher.instruments().said();
        let mut decoder = D::new(&Setting { path: stream.path(), instruments: said });
        for (key, listing) in stream.listings() {
            self.publisher.listed::<D::Instrument>(key, &listing);
        }
        if D::OWN_BOOKS && self.publisher.clear(self.stamp()).is_err() {
            return Ok(Ending::Stopped);
        }
        let look_ahead = F::TOGETHER || self.pacer.is_unpaced();
        // What was waited for between two streams is no message's latency.
        let _ = self.publisher.take_stamp();
        loop {
            while look_ahead && let Some(message) = stream.ahead() {
                if let Some((instrument, order)) = D::concerns(message) {
                    self.publisher.book().prefetch(instrument, order);
                }
            }
            let done = match stream.next(&mut self.counts)? {
                Event::Message { sequence, capture_ts, bytes } => {
                    let decoded = match decoder.decode(bytes) {
                        Ok(decoded) => decoded,
                        Err(refused) => {
                            self.counts.refused(refused);
                            continue;
                        }
                    };
                    if S::WATCHES && !self.publisher.sink().goes_on(decoded.timestamp) {
                        return Ok(Ending::Stopped);
                    }
                    self.counts.message(decoded.kind);
                    self.counts.longer += u64::from(decoded.longer);
                    if D::SEVERAL {
                        self.counts.said(&decoded.event);
                    }
                    let ts = capture_ts.unwrap_or(decoded.timestamp);
                    self.counts.at(ts);
                    self.exchange_ts = decoded.timestamp;
                    let Ok(ingress) = self.release(ts) else { return Ok(Ending::Stopped) };
                    let exchange_ts = decoded.timestamp;
                    let stamp = Stamp { sequence, exchange_ts, ingress };
                    let mut done = self.publisher.follow(&decoded, stamp);
                    while D::SEVERAL
                        && done.is_ok()
                        && let Some((instrument, event)) = decoder.more(bytes)
                    {
                        self.counts.said(&event);
                        done =
                            self.publisher.follow(&Decoded { instrument, event, ..decoded }, stamp);
                    }
                    done
                }
                Event::Gap(gap) => self.gap::<D>(gap),
                Event::SessionStart => {
                    decoder.begin_session();
                    self.publisher.clear(self.stamp())
                }
                Event::EndOfSession => self.publisher.end_of_session(self.stamp()),
                Event::Heartbeat => Ok(()),
                Event::End => return Ok(Ending::End),
            };
            if done.is_err() {
                return Ok(Ending::Stopped);
            }
            let due = self.waited || self.counts.messages.is_multiple_of(LOOK_EVERY);
            if due && self.look(stream) {
                return Ok(Ending::Stopped);
            }
        }
    }

    /// Waits until a message is due; its ingress stamp.
    #[inline(always)]
    fn release(&mut self, ts: u64) -> Result<u64, Stopped> {
        let Some(due) = self.pacer.due(ts) else {
            // The feed turns to a message when it has published the one before: that moment is known,
            // and a look at the clock saved.
            let now = self.publisher.take_stamp().unwrap_or_else(C::now);
            self.span.get_or_insert((now, now)).1 = now;
            return Ok(now);
        };
        let mut now = C::now();
        if now < due {
            now = self.wait(due)?;
        }
        self.pacer.released(due, now);
        self.span.get_or_insert((due, now)).1 = now;
        Ok(due)
    }

    /// Spins until `due`. A sleeping feed would be late by what its core takes to wake up.
    fn wait(&mut self, due: u64) -> Result<u64, Stopped> {
        // Looks at the clock between two services: 4 µs of 16 ns each.
        const LOOKS: u32 = 256;
        loop {
            for _ in 0..LOOKS {
                let now = C::now();
                if now >= due {
                    return Ok(now);
                }
                std::hint::spin_loop();
            }
            self.waited = true;
            self.publisher.sink().service();
            // Relaxed: the flag carries nothing but itself.
            if self.stop.load(Ordering::Relaxed) {
                return Err(Stopped);
            }
        }
    }

    /// Tells strategies what is missing. Nobody knew before the datagram came that shows it.
    #[cold]
    fn gap<D: Decoder>(&mut self, gap: Gap) -> Result<(), Stopped> {
        let due = self.counts.last_ts.and_then(|ts| self.pacer.known(ts));
        if let Some(due) = due.filter(|due| C::now() < *due) {
            self.wait(due)?;
        }
        match D::OWN_BOOKS {
            true => self.publisher.announce_gap(gap, self.stamp()),
            false => self.publisher.gap(gap, self.stamp()),
        }
    }

    /// The stamp of what comes without a message of its own.
    fn stamp(&self) -> Stamp {
        Stamp { sequence: 0, exchange_ts: self.exchange_ts, ingress: C::now() }
    }

    /// Shows monitors how far the feed is. Whether it was asked to stop.
    #[cold]
    fn look<F: Framing>(&mut self, stream: &Stream<F>) -> bool {
        // A wait is full of services. Without one, a feed that publishes nothing is alive too.
        if !std::mem::take(&mut self.waited) {
            self.publisher.sink().service();
        }
        self.publisher.sink().show(Some(stream.progress()), &self.counts);
        self.stop.load(Ordering::Relaxed)
    }

    /// Shows the counters in the ring's header.
    pub fn show(&mut self) {
        self.publisher.sink().show(None, &self.counts);
    }
}
