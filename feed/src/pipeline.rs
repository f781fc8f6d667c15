//! The loop: next message, when it is due, what it means, what strategies are told. One screen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tickline_shared::clock::Clock;
use tickline_shared::ring::writer::Writer;

use crate::counts::Counts;
use crate::framing::{Event, Framing};
use crate::look_ahead::LookAhead;
use crate::pace::Pacer;
use crate::publish::{Publisher, Sink, Stamp, Stopped};
use crate::session::Gap;
use crate::source::Error;
use crate::stream::Stream;
use crate::venue::market::{Decoded, Decoder, Keeps, Setting};

/// Messages between two looks at what changes seldom: the stop flag, the counters that monitors
/// see. At 20 million messages a second this is every 50 µs.
const LOOK_EVERY: u64 = 1024;

/// Messages that an unpaced feed takes at a time. A look at the clock waits until every load before it
/// is done and holds up what comes after (a processor of 2024 does 11 ns of loads a message in 190 with
/// one), so a message that must not wait for others pays for its stamps, and one of a file does not.
pub const GROUP: usize = 8;

/// Messages of a paced feed between those that are handled and those whose levels are asked for.
const NEAR: usize = 4;

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
    /// When the first and the last message were released, in cycles; of an unpaced feed when it turned
    /// to the first, and was done with the last.
    pub span: Option<(u64, u64)>,
    /// When an unpaced feed turned to the messages at hand, in cycles; `None` before the first.
    pub turned: Option<u64>,
    /// The venue's clock as of the last message, ns.
    pub exchange_ts: u64,
    /// Whether the last message was waited for so long that there is time for a look around.
    pub waited: bool,
}

impl<C: Clock, S: Sink> Pipeline<C, S> {
    /// Plays a stream to its end.
    pub fn run<D: Decoder, F: Framing>(&mut self, stream: &mut Stream<F>) -> Result<Ending, Error> {
        self.publisher.gather(self.pacer.is_unpaced());
        let ending = self.follow::<D, F>(stream);
        self.commit();
        self.publisher.gather(false);
        ending
    }

    fn follow<D: Decoder, F: Framing>(&mut self, stream: &mut Stream<F>) -> Result<Ending, Error> {
        let said = self.publisher.instruments().said();
        let mut decoder = D::new(&Setting { path: stream.path(), instruments: said });
        for (key, listing) in stream.listings() {
            self.publisher.listed::<D::Instrument>(key, &listing);
        }
        if D::OWN_BOOKS && self.publisher.clear(self.stamp()).is_err() {
            return Ok(Ending::Stopped);
        }
        let gathers = self.pacer.is_unpaced();
        // Where no orders are kept, nothing is worth asking for.
        let look_ahead = matches!(D::KEEPS, Keeps::Orders) && (F::TOGETHER || gathers);
        let mut coming = LookAhead::default();
        let (mut left, mut look_at) = (0, 0);
        // What was waited for between two streams is no message's latency.
        self.turned = None;
        loop {
            if left == 0 {
                if self.waited || self.counts.messages >= look_at {
                    look_at = self.counts.messages + LOOK_EVERY;
                    if self.look(stream) {
                        return Ok(Ending::Stopped);
                    }
                }
                if gathers {
                    self.turned = Some(self.commit());
                }
                if look_ahead {
                    while let Some(message) = stream.ahead() {
                        coming.show(self.publisher.book(), D::concerns(message));
                    }
                    coming.near(self.publisher.book(), if gathers { 2 * GROUP } else { NEAR });
                }
                left = if gathers { stream.at_hand().clamp(1, GROUP) } else { 1 };
                coming.handle(left);
            }
            left -= 1;
            let done = match stream.next(&mut self.counts)? {
                Event::Message { sequence, capture_ts, bytes } => {
                    if !look_ahead && let Some(now) = D::concerns(bytes) {
                        // The order and its side come at the same time, not one after the other.
                        self.publisher.book().prefetch(&now);
                    }
                    let head = match decoder.head(bytes) {
                        Ok(head) => head,
                        Err(refused) => {
                            self.counts.refused(refused);
                            continue;
                        }
                    };
                    if S::WATCHES && !self.publisher.sink().goes_on(head.timestamp) {
                        return Ok(Ending::Stopped);
                    }
                    self.counts.message(head.kind);
                    self.counts.longer += u64::from(head.longer);
                    if D::SEVERAL {
                        self.counts.said(&head.event);
                    }
                    let ts = capture_ts.unwrap_or(head.timestamp);
                    self.counts.at(ts);
                    self.exchange_ts = head.timestamp;
                    let Ok(ingress) = self.release(ts) else { return Ok(Ending::Stopped) };
                    let exchange_ts = head.timestamp;
                    let stamp = Stamp { sequence, exchange_ts, ingress };
                    let listener = self.publisher.listener(head.instrument, stamp);
                    let mut done = decoder.tell(bytes, head.event, listener);
                    while D::SEVERAL
                        && done.is_ok()
                        && let Some((instrument, event)) = decoder.more(bytes)
                    {
                        self.counts.said(&event);
                        done = self.publisher.follow(&Decoded { instrument, event, ..head }, stamp);
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
        }
    }

    /// Publishes what an unpaced feed has gathered; when.
    #[inline(always)]
    fn commit(&mut self) -> u64 {
        let now = self.publisher.commit();
        if let (Some(_), Some(span)) = (self.turned, &mut self.span) {
            span.1 = now;
        }
        now
    }

    /// Waits until a message is due; its ingress stamp.
    #[inline(always)]
    fn release(&mut self, ts: u64) -> Result<u64, Stopped> {
        let Some(due) = self.pacer.due(ts) else {
            let now = *self.turned.get_or_insert_with(C::now);
            self.span.get_or_insert((now, now));
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
