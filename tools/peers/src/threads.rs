//! Rivals within one process: each end on a pinned thread of its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use anyhow::{Context, anyhow};
use tickline::measure::{Outcome, Receiver, Sender, Work, ping, pong, receive_all, send_all};
use tickline_shared::clock::Clock;
use tickline_shared::process::{pin, touch_stack};

use crate::process::Job;

/// Measures the way that `way` makes; a round trip takes two of them.
///
/// The calling thread is the sending end, already on its core: the queue's memory is the sender's.
pub fn measure<C: Clock, S, R>(job: &Job, way: impl Fn() -> (S, R)) -> anyhow::Result<Outcome>
where
    S: Sender + Send,
    R: Receiver + Send,
{
    let (scale, work) = (job.scale(), job.work);
    let (mut sender, mut receiver) = way();
    let back = matches!(work, Work::RoundTrip { .. }).then(&way);
    let over = AtomicBool::new(false);
    let (ready, is_ready) = mpsc::channel();
    thread::scope(|scope| {
        let (back_sender, back_receiver) = back.unzip();
        let over = &over;
        let far = scope.spawn(move || -> anyhow::Result<Outcome> {
            pin(job.far)?;
            touch_stack();
            let _ = ready.send(());
            let outcome = match (work, back_sender) {
                (Work::RoundTrip { messages }, Some(mut sender)) => {
                    pong::<C>(messages, scale, &mut receiver, &mut sender);
                    Outcome::default()
                }
                _ => receive_all::<C>(work, scale, &mut receiver),
            };
            // Relaxed: the flag carries nothing but itself.
            over.store(true, Ordering::Relaxed);
            Ok(outcome)
        });
        // An error means that the other thread has ended; it says why.
        let measured = is_ready.recv().is_ok().then(|| match (work, back_receiver) {
            (Work::RoundTrip { messages }, Some(mut receiver)) => {
                Some(ping::<C>(messages, scale, &mut sender, &mut receiver))
            }
            _ => {
                send_all::<C>(work, scale, &mut sender, || over.load(Ordering::Relaxed));
                None
            }
        });
        let received = far.join().map_err(|_| anyhow!("the receiving thread panicked"))??;
        Ok(measured.context("the receiving thread ended early")?.unwrap_or(received))
    })
}
