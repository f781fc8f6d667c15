//! disruptor-rs: LMAX's ring, one producer, busy spin.
//!
//! Its consumers are given all that is there in one go and acknowledge it in one go, be they
//! closures or, as here, pollers; its documents say that both are as fast. One by one, what one
//! poll finds is therefore copied out, up to [`TAKEN`] messages.

use disruptor::{
    BusySpin, EventPoller, Producer, SingleConsumerBarrier, SingleProducer, SingleProducerBarrier,
    build_single_producer,
};
use tickline::measure::{Message, Outcome, Receiver, Sender};
use tickline_shared::clock::Clock;

use super::{About, Peer};
use crate::packet::{Packet, slots};
use crate::process::{Job, Near};
use crate::{by_size, threads};

/// Messages that one poll may give where they are wanted one by one: a page of them.
const TAKEN: usize = 128;

/// See the file's head.
pub struct Disruptor;

impl Peer for Disruptor {
    const ABOUT: About = About {
        name: "disruptor",
        title: "disruptor-rs 4.4, in process",
        processes: 1,
        batches: true,
        sizes: &[32, 64, 256, 4096],
        needs: || "",
    };

    fn near<C: Clock>(job: &Job, _: &Near) -> anyhow::Result<Option<Outcome>> {
        by_size!(job.size, P => threads::measure::<C, _, _>(job, way::<P>).map(Some))
    }
}

struct Publish<P>(SingleProducer<P, SingleConsumerBarrier>);

struct Poll<P> {
    poller: EventPoller<P, SingleProducerBarrier>,
    taken: [Message; TAKEN],
    next: usize,
    end: usize,
}

fn way<P: Packet>() -> (Publish<P>, Poll<P>) {
    let builder = build_single_producer(slots::<P>(), || P::EMPTY, BusySpin);
    let (poller, builder) = builder.new_event_poller();
    (Publish(builder.build()), Poll { poller, taken: [Message::EMPTY; TAKEN], next: 0, end: 0 })
}

impl<P: Packet> Sender for Publish<P> {
    #[inline(always)]
    fn send(&mut self, message: Message) -> bool {
        self.0.try_publish(|packet| packet.write(message)).is_ok()
    }

    #[inline(always)]
    fn send_batch(&mut self, first: u64, count: u64) -> u64 {
        let write = |number: u64, packet: &mut P| packet.write(Message::new(number, 0, 0));
        let published = self.0.try_batch_publish(count as usize, |packets| {
            (first..).zip(packets).for_each(|(number, packet)| write(number, packet));
        });
        if published.is_ok() { count } else { 0 }
    }
}

impl<P: Packet> Receiver for Poll<P> {
    #[inline(always)]
    fn receive(&mut self) -> Option<Message> {
        if self.next == self.end {
            let mut there = self.poller.take(TAKEN as u64).ok()?;
            (self.next, self.end) = (0, 0);
            for packet in &mut there {
                self.taken[self.end] = packet.read();
                self.end += 1;
            }
        }
        self.next += 1;
        Some(self.taken[self.next - 1])
    }

    #[inline(always)]
    fn receive_batch(&mut self, most: u64, mut each: impl FnMut(Message)) -> u64 {
        let Ok(mut there) = self.poller.take(most) else { return 0 };
        let mut count = 0;
        for packet in &mut there {
            each(packet.read());
            count += 1;
        }
        count
    }
}
