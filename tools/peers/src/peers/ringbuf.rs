//! ringbuf: a single-producer single-consumer ring with cached indices.
//!
//! Batches move its index once: they are written with `push_iter`, and read in place.

use ringbuf::traits::{Consumer, Producer, Split};
use ringbuf::{HeapCons, HeapProd, HeapRb};
use tickline::measure::{Message, Outcome, Receiver, Sender};
use tickline_shared::clock::Clock;

use super::{About, Peer};
use crate::packet::{Packet, slots};
use crate::process::{Job, Near};
use crate::{by_size, threads};

/// See the file's head.
pub struct Ringbuf;

impl Peer for Ringbuf {
    const ABOUT: About = About {
        name: "ringbuf",
        title: "ringbuf 0.6, in process",
        processes: 1,
        batches: true,
        sizes: &[32, 64, 256, 4096],
        needs: || "",
    };

    fn near<C: Clock>(job: &Job, _: &Near) -> anyhow::Result<Option<Outcome>> {
        by_size!(job.size, P => threads::measure::<C, _, _>(job, way::<P>).map(Some))
    }
}

struct Push<P>(HeapProd<P>);

struct Pop<P>(HeapCons<P>);

fn way<P: Packet>() -> (Push<P>, Pop<P>) {
    let (producer, consumer) = HeapRb::new(slots::<P>()).split();
    (Push(producer), Pop(consumer))
}

impl<P: Packet> Sender for Push<P> {
    #[inline(always)]
    fn send(&mut self, message: Message) -> bool {
        self.0.try_push(P::of(message)).is_ok()
    }

    #[inline(always)]
    fn send_batch(&mut self, first: u64, count: u64) -> u64 {
        let messages = (first..first + count).map(|number| P::of(Message::new(number, 0, 0)));
        self.0.push_iter(messages) as u64
    }
}

impl<P: Packet> Receiver for Pop<P> {
    #[inline(always)]
    fn receive(&mut self) -> Option<Message> {
        self.0.try_pop().map(|packet| packet.read())
    }

    #[inline(always)]
    fn receive_batch(&mut self, most: u64, mut each: impl FnMut(Message)) -> u64 {
        let most = most as usize;
        let (head, tail) = self.0.as_slices();
        let head = &head[..head.len().min(most)];
        let tail = &tail[..tail.len().min(most - head.len())];
        let count = head.len() + tail.len();
        head.iter().chain(tail).for_each(|packet| each(packet.read()));
        self.0.skip(count) as u64
    }
}
