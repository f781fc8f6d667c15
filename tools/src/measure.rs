//! How a way from one core to another is measured: the same loops for a bare cache line, for
//! tickline's ring and for every rival.
//!
//! A way is a [`Sender`] and a [`Receiver`]. Three things are asked of it: how long a single
//! message takes at a given pace ([`Work::Hop`]), how long there and back ([`Work::RoundTrip`]),
//! and how many a second it carries ([`Work::Stream`]). Both ends are pinned, and spin.
//!
//! A message is 32 bytes, the size of a tickline record without its stamps. In a paced run it is
//! stamped with the time at which it was due, so that a sender that stalls cannot hide the delay.

use std::hint::spin_loop;

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use tickline_shared::clock::{Clock, Scale};
use tickline_shared::latency::histogram;

mod patience;

mod percentiles;

use patience::Patience;
pub use percentiles::Percentiles;

/// What is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(C)]
pub struct Message {
    /// Counts from 0.
    pub number: u64,
    /// When it was due, in cycles.
    pub due: u64,
    /// When the sender let go of it, in cycles.
    pub sent: u64,
    /// Follows from the number: see [`Message::new`].
    pub check: u64,
}

impl Message {
    /// A message whose check word belongs to its number.
    #[inline(always)]
    pub fn new(number: u64, due: u64, sent: u64) -> Message {
        Message { number, due, sent, check: !number }
    }

    /// Whether the words belong together.
    #[inline(always)]
    pub fn is_whole(&self) -> bool {
        self.check == !self.number
    }

    /// Its four words.
    #[inline(always)]
    pub fn words(self) -> [u64; 4] {
        [self.number, self.due, self.sent, self.check]
    }

    /// The message of four words.
    #[inline(always)]
    pub fn of_words([number, due, sent, check]: [u64; 4]) -> Message {
        Message { number, due, sent, check }
    }
}

/// The sending end of a way.
pub trait Sender {
    /// Sends a message, or says that there is no room now.
    fn send(&mut self, message: Message) -> bool;

    /// Sends messages `first..first + count`, all stamped 0, as the way does it best; how many had
    /// room.
    #[inline(always)]
    fn send_batch(&mut self, first: u64, count: u64) -> u64 {
        for number in first..first + count {
            if !self.send(Message::new(number, 0, 0)) {
                return number - first;
            }
        }
        count
    }
}

/// The receiving end of a way.
pub trait Receiver {
    /// Takes the next message, if there is one.
    fn receive(&mut self) -> Option<Message>;

    /// Takes what is there, at most `most` messages, and gives each to `each`; how many.
    #[inline(always)]
    fn receive_batch(&mut self, most: u64, mut each: impl FnMut(Message)) -> u64 {
        for taken in 0..most {
            match self.receive() {
                Some(message) => each(message),
                None => return taken,
            }
        }
        most
    }

    /// What to do when nothing was there.
    #[inline(always)]
    fn pause(&mut self) {
        spin_loop();
    }
}

/// What is asked of a way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Work {
    /// Single messages, `rate` a second.
    Hop {
        /// Messages a second.
        rate: u64,
        /// Messages in all.
        messages: u64,
    },
    /// One message at a time, there and back.
    RoundTrip {
        /// Messages in all.
        messages: u64,
    },
    /// As fast as they go.
    Stream {
        /// Messages in all.
        messages: u64,
        /// Messages handed over at a time; 1 is one by one.
        batch: u64,
    },
}

/// What was measured.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// From letting go to having it; of a round trip, there and back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hop: Option<Percentiles>,
    /// From when a message was due to having it: what the pace suffers from a sender that is late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Percentiles>,
    /// Messages a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_second: Option<f64>,
    /// Messages that never came.
    pub lost: u64,
    /// Messages whose words did not belong together, or that came out of order.
    pub damaged: u64,
}

/// The part of the messages that warms up and is not measured: a tenth.
fn warm_up(messages: u64) -> u64 {
    messages / 10
}

/// The sending side of a one-way work. `give_up` is looked at while there is no room.
pub fn send_all<C: Clock>(
    work: Work,
    scale: Scale,
    sender: &mut impl Sender,
    give_up: impl Fn() -> bool,
) {
    match work {
        Work::Hop { rate, messages } => paced::<C>(rate, messages, scale, sender, give_up),
        Work::Stream { messages, batch } => {
            let (mut number, mut refused) = (0u64, 0u32);
            while number < messages {
                let sent = match batch {
                    1 => u64::from(sender.send(Message::new(number, 0, 0))),
                    _ => sender.send_batch(number, batch.min(messages - number)),
                };
                number += sent;
                if sent == 0 {
                    refused = refused.wrapping_add(1);
                    if refused.is_multiple_of(1 << 16) && give_up() {
                        return;
                    }
                    spin_loop();
                }
            }
        }
        Work::RoundTrip { .. } => unreachable!("a round trip has two ways"),
    }
}

/// Every message at its own time, counted from one anchor.
fn paced<C: Clock>(
    rate: u64,
    messages: u64,
    scale: Scale,
    sender: &mut impl Sender,
    give_up: impl Fn() -> bool,
) {
    let start = C::now() + scale.cycles(1_000_000);
    // 2^32nds of a cycle: at any rate the last message is due within a cycle of where it should be.
    let step = (u128::from(scale.cycles(1_000_000_000)) << 32) / u128::from(rate.max(1));
    for number in 0..messages {
        let due = start + ((u128::from(number) * step) >> 32) as u64;
        let mut now = C::now();
        while now < due {
            spin_loop();
            now = C::now();
        }
        while !sender.send(Message::new(number, due, now)) {
            if give_up() {
                return;
            }
            spin_loop();
            now = C::now();
        }
    }
}

/// The receiving side of a one-way work. Gives up when nothing comes for a few seconds.
pub fn receive_all<C: Clock>(work: Work, scale: Scale, receiver: &mut impl Receiver) -> Outcome {
    match work {
        Work::Hop { messages, .. } => receive_paced::<C>(messages, scale, receiver),
        Work::Stream { messages, batch } => receive_stream::<C>(messages, batch, scale, receiver),
        Work::RoundTrip { .. } => unreachable!("a round trip has two ways"),
    }
}

fn receive_paced<C: Clock>(messages: u64, scale: Scale, receiver: &mut impl Receiver) -> Outcome {
    let (mut hop, mut due) = (histogram(), histogram());
    let (mut next, mut lost, mut damaged) = (0u64, 0u64, 0u64);
    let mut patience = Patience::new(scale);
    while next < messages {
        let Some(message) = receiver.receive() else {
            receiver.pause();
            if patience.ends::<C>() {
                lost += messages - next;
                break;
            }
            continue;
        };
        let now = C::now();
        if message.number >= warm_up(messages) {
            record(&mut hop, scale, message.sent, now);
            record(&mut due, scale, message.due, now);
        }
        damaged += u64::from(!message.is_whole() || message.number < next);
        lost += message.number.saturating_sub(next);
        next = next.max(message.number + 1);
        patience.renew();
    }
    let (hop, due) = (Some(Percentiles::of(&hop)), Some(Percentiles::of(&due)));
    Outcome { hop, due, lost, damaged, ..Outcome::default() }
}

#[inline(always)]
fn record(histogram: &mut Histogram<u64>, scale: Scale, from: u64, to: u64) {
    histogram.saturating_record(scale.nanos(to.saturating_sub(from)));
}

fn receive_stream<C: Clock>(
    messages: u64,
    batch: u64,
    scale: Scale,
    receiver: &mut impl Receiver,
) -> Outcome {
    let warm = warm_up(messages);
    let (mut next, mut damaged, mut started) = (0u64, 0u64, 0u64);
    let mut patience = Patience::new(scale);
    let mut lost = 0u64;
    while next < messages {
        let before = next;
        let mut take = |message: Message| {
            damaged += u64::from(!message.is_whole() | (message.number < next));
            lost += message.number.saturating_sub(next);
            next = next.max(message.number + 1);
        };
        if batch == 1 {
            if let Some(message) = receiver.receive() {
                take(message);
            }
        } else {
            receiver.receive_batch(batch.min(messages - before), take);
        }
        if next == before {
            receiver.pause();
            if patience.ends::<C>() {
                lost += messages - next;
                return Outcome { lost, damaged, ..Outcome::default() };
            }
            continue;
        }
        patience.renew();
        if before < warm && next >= warm {
            started = C::now();
        }
    }
    let seconds = scale.nanos(C::now().saturating_sub(started)) as f64 / 1e9;
    let per_second = Some((messages - warm) as f64 / seconds);
    Outcome { per_second, lost, damaged, ..Outcome::default() }
}

/// The side of a round trip that measures.
pub fn ping<C: Clock>(
    messages: u64,
    scale: Scale,
    sender: &mut impl Sender,
    receiver: &mut impl Receiver,
) -> Outcome {
    let mut hop = histogram();
    let mut damaged = 0;
    let mut patience = Patience::new(scale);
    for number in 0..messages {
        let sent = C::now();
        while !sender.send(Message::new(number, sent, sent)) {
            spin_loop();
            if patience.ends::<C>() {
                return Outcome { lost: messages - number, ..Outcome::default() };
            }
        }
        let message = loop {
            if let Some(message) = receiver.receive() {
                break message;
            }
            receiver.pause();
            if patience.ends::<C>() {
                return Outcome { lost: messages - number, ..Outcome::default() };
            }
        };
        let now = C::now();
        damaged += u64::from(!message.is_whole() || message.number != number);
        if number >= warm_up(messages) {
            record(&mut hop, scale, sent, now);
        }
        patience.renew();
    }
    Outcome { hop: Some(Percentiles::of(&hop)), damaged, ..Outcome::default() }
}

/// The side of a round trip that answers.
pub fn pong<C: Clock>(
    messages: u64,
    scale: Scale,
    receiver: &mut impl Receiver,
    sender: &mut impl Sender,
) {
    let mut patience = Patience::new(scale);
    let mut answered = 0;
    while answered < messages {
        let Some(message) = receiver.receive() else {
            receiver.pause();
            if patience.ends::<C>() {
                return;
            }
            continue;
        };
        while !sender.send(message) {
            spin_loop();
            if patience.ends::<C>() {
                return;
            }
        }
        answered += 1;
        patience.renew();
    }
}

#[cfg(test)]
mod tests;
