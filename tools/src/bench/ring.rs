//! tickline's ring as a way from core to core: the writer and the reader of the product, nothing
//! else.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tickline::measure::{Message, Receiver, Sender};
use tickline_shared::attach::{Attached, Server, attach};
use tickline_shared::clock::{ClockKind, Scale};
use tickline_shared::instruments::Registry;
use tickline_shared::memory::Region;
use tickline_shared::msg::{Flags, Kind, Msg, Side};
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::{Epoch, Geometry, Header, SLOTS_OFFSET, Streams, ring_bytes};
use tickline_shared::ring::reader::Poll;
use tickline_shared::ring::writer::{Roster, Writer};
use tickline_shared::scenario::{Pages, ReaderMode};
use tickline_shared::units::{Price, Symbol};

/// A ring that this process feeds.
pub struct Feed {
    writer: Writer,
    /// What the ring's memory became.
    pub pages: Pages,
    _server: Server,
}

impl Feed {
    /// Makes a ring and serves it under `name`.
    pub fn open(name: &str, slots: usize, pages: Pages, scale: Scale) -> anyhow::Result<Feed> {
        let region = Arc::new(Region::create(ring_bytes(slots), pages, false)?);
        let header = region.view::<Header>(0);
        header.identity.write(&Geometry {
            name: name.to_owned(),
            slots,
            clock: ClockKind::detect(),
            scale,
            epoch: Epoch::Midnight,
            streams: Streams::default(),
            venue: String::new(),
        });
        region.seal_future_writes()?;
        let roster = Arc::new(Roster::default());
        let writer =
            Writer::new(region.view_slice(SLOTS_OFFSET, slots), header, Arc::clone(&roster));
        let pages = region.pages();
        let instruments = Registry::create()?.memory();
        Ok(Feed { writer, pages, _server: Server::start(name, region, instruments, roster)? })
    }

    /// Lets readers in until there are `count` of them; false where `give_up` says so first.
    pub fn wait_for(&mut self, count: usize, give_up: impl Fn() -> bool) -> bool {
        while self.writer.readers() < count {
            self.writer.service();
            if give_up() {
                return false;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        true
    }

    /// Ends the run for the readers.
    pub fn end(&mut self) {
        self.writer.end();
    }
}

impl Sender for Feed {
    #[inline(always)]
    fn send(&mut self, message: Message) -> bool {
        self.writer.publish(record(message)).is_ok()
    }
}

/// A message as a record: every word of it is used.
#[inline(always)]
fn record(message: Message) -> Record {
    let Message { number, due, sent, check } = message;
    let msg = Msg {
        id: number,
        price: Price(check as i64),
        quantity: number as u32,
        kind: Kind::Quote,
        side: Side::Bid,
        flags: Flags::LAST,
        venue: 0,
        symbol: Symbol(number.to_le_bytes()),
    };
    Record { number: 0, msg, exchange_ts: number, ingress: due, publish: sent }
}

#[inline(always)]
fn message(record: &Record) -> Message {
    let (due, sent) = (record.ingress, record.publish);
    Message { number: record.msg.id, due, sent, check: record.msg.price.0 as u64 }
}

/// A reader of a ring.
pub struct Reading {
    attached: Attached,
    /// Sleep when nothing is there, instead of spinning.
    park: bool,
    polls: u32,
}

impl Reading {
    /// Attaches to a ring.
    pub fn attach(ring: &str, name: &str, mode: ReaderMode, park: bool) -> anyhow::Result<Reading> {
        let attached = attach(ring, name, mode).context("the bench's ring")?;
        Ok(Reading { attached, park, polls: 0 })
    }
}

/// Records between two releases, polls between two looks around: as in a strategy's loop.
const RELEASE_EVERY: u64 = 32;
const POLLS_PER_LOOK: u32 = 64;

impl Receiver for Reading {
    #[inline(always)]
    fn receive(&mut self) -> Option<Message> {
        match self.attached.reader.poll() {
            Poll::Record(record) => {
                if record.number.is_multiple_of(RELEASE_EVERY) {
                    self.attached.reader.release();
                }
                Some(message(&record))
            }
            // What is lost shows in the next message's number.
            Poll::Empty | Poll::Overrun { .. } => None,
        }
    }

    #[inline(always)]
    fn pause(&mut self) {
        self.polls = self.polls.wrapping_add(1);
        if self.park {
            self.attached.reader.release();
            self.attached.reader.park(Duration::from_millis(100));
        } else if self.polls.is_multiple_of(POLLS_PER_LOOK) {
            self.attached.reader.release();
        } else {
            std::hint::spin_loop();
        }
    }
}

/// Several readers of one ring that take turns on one core: a message counts when all have it.
pub struct Readings {
    /// At least one.
    pub readers: Vec<Reading>,
}

impl Receiver for Readings {
    #[inline(always)]
    fn receive(&mut self) -> Option<Message> {
        let (first, others) = self.readers.split_first_mut()?;
        let message = first.receive()?;
        for other in others {
            while other.receive().is_none() {
                other.pause();
            }
        }
        Some(message)
    }

    #[inline(always)]
    fn pause(&mut self) {
        self.readers.iter_mut().for_each(Receiver::pause);
    }
}
