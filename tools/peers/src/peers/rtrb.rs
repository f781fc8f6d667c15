//! rtrb: the single-producer single-consumer ring that Rust's audio programs use.
//!
//! One by one with `push` and `pop`; batches with chunks, which move its index once a batch.

use rtrb::chunks::ChunkError;
use rtrb::{Consumer, Producer, RingBuffer};
use tickline::measure::{Message, Outcome, Receiver, Sender};
use tickline_shared::clock::Clock;

use super::{About, Peer};
use crate::packet::{Packet, slots};
use crate::process::{Job, Near};
use crate::{by_size, threads};

/// See the file's head.
pub struct Rtrb;

impl Peer for Rtrb {
    const ABOUT: About = About {
        name: "rtrb",
        title: "rtrb 0.4, in process",
        processes: 1,
        batches: true,
        sizes: &[32, 64, 256, 4096],
        needs: || "",
    };

    fn near<C: Clock>(job: &Job, _: &Near) -> anyhow::Result<Option<Outcome>> {
        by_size!(job.size, P => threads::measure::<C, _, _>(job, way::<P>).map(Some))
    }
}

struct Push<P>(Producer<P>);

struct Pop<P>(Consumer<P>);

fn way<P: Packet>() -> (Push<P>, Pop<P>) {
    let (producer, consumer) = RingBuffer::new(slots::<P>());
    (Push(producer), Pop(consumer))
}

impl<P: Packet> Sender for Push<P> {
    #[inline(always)]
    fn send(&mut self, message: Message) -> bool {
        self.0.push(P::of(message)).is_ok()
    }

    #[inline(always)]
    fn send_batch(&mut self, first: u64, count: u64) -> u64 {
        let room = match self.0.write_chunk_uninit(count as usize) {
            Ok(chunk) => {
                let messages = (first..).map(|number| P::of(Message::new(number, 0, 0)));
                return chunk.fill_from_iter(messages) as u64;
            }
            Err(ChunkError::TooFewSlots(room)) => room,
        };
        if room == 0 { 0 } else { self.send_batch(first, room as u64) }
    }
}

impl<P: Packet> Receiver for Pop<P> {
    #[inline(always)]
    fn receive(&mut self) -> Option<Message> {
        self.0.pop().ok().map(|packet| packet.read())
    }

    #[inline(always)]
    fn receive_batch(&mut self, most: u64, mut each: impl FnMut(Message)) -> u64 {
        let chunk = match self.0.read_chunk(most as usize) {
            Ok(chunk) => chunk,
            Err(ChunkError::TooFewSlots(0)) => return 0,
            Err(ChunkError::TooFewSlots(there)) => match self.0.read_chunk(there) {
                Ok(chunk) => chunk,
                Err(_) => return 0,
            },
        };
        let (head, tail) = chunk.as_slices();
        let count = (head.len() + tail.len()) as u64;
        head.iter().chain(tail).for_each(|packet| each(packet.read()));
        chunk.commit_all();
        count
    }
}
