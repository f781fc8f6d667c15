//! crossbeam-queue's `ArrayQueue`: many producers, many consumers, a fixed array.
//!
//! It has no batches, and no variant for one producer and one consumer.

use std::sync::Arc;

use crossbeam_queue::ArrayQueue;
use tickline::measure::{Message, Outcome, Receiver, Sender};
use tickline_shared::clock::Clock;

use super::{About, Peer};
use crate::packet::{Packet, slots};
use crate::process::{Job, Near};
use crate::{by_size, threads};

/// See the file's head.
pub struct Crossbeam;

impl Peer for Crossbeam {
    const ABOUT: About = About {
        name: "crossbeam",
        title: "crossbeam-queue 0.3 ArrayQueue, in process",
        processes: 1,
        batches: false,
        sizes: &[32, 64, 256, 4096],
        needs: || "",
    };

    fn near<C: Clock>(job: &Job, _: &Near) -> anyhow::Result<Option<Outcome>> {
        by_size!(job.size, P => threads::measure::<C, _, _>(job, way::<P>).map(Some))
    }
}

struct End<P>(Arc<ArrayQueue<P>>);

fn way<P: Packet>() -> (End<P>, End<P>) {
    let queue = Arc::new(ArrayQueue::new(slots::<P>()));
    (End(Arc::clone(&queue)), End(queue))
}

impl<P: Packet> Sender for End<P> {
    #[inline(always)]
    fn send(&mut self, message: Message) -> bool {
        self.0.push(P::of(message)).is_ok()
    }
}

impl<P: Packet> Receiver for End<P> {
    #[inline(always)]
    fn receive(&mut self) -> Option<Message> {
        self.0.pop().map(|packet| packet.read())
    }
}
