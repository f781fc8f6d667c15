//! The two ends of Aeron's IPC, and the driver that they share.
//!
//! The driver runs within the sending process, and takes no part in handing messages over: it only
//! moves the mark up to which the sender may write. It and the clients' conductors sleep between
//! two looks (their default), on other cores than the ends where there are any.
//!
//! Sent with an exclusive publication's `try_claim`, which is written in place. A poll gives all
//! that is there; one by one, what one poll finds is copied out, up to [`TAKEN`] messages.

use std::time::Duration;

use anyhow::anyhow;
use rusteron_client::{
    Aeron, AeronCError, AeronContext, AeronExclusivePublication, AeronSubscription, Handlers,
    IntoCString,
};
use rusteron_media_driver::bindings::aeron_threading_mode_enum;
use rusteron_media_driver::testing::EmbeddedDriver;
use tickline::measure::{Message, Outcome, Receiver, Sender};
use tickline_shared::clock::Clock;

use crate::packet::{fill_bytes, look_bytes};
use crate::process::{Far, Job, Near, off_the_cores};

/// A message of any size in one fragment. Terms of 64 MiB, as by default: they take seconds to make;
/// with 16 MiB a stream was slower in the few runs in which both were tried.
const CHANNEL: &std::ffi::CStr = c"aeron:ipc?mtu=8192";

/// The stream to the receiver.
const THERE: i32 = 1001;

/// The stream to the sender.
const BACK: i32 = 1002;

/// How long a publication or subscription may take to come about.
const PATIENCE: Duration = Duration::from_secs(5);

/// Messages that one poll may give where they are wanted one by one.
const TAKEN: usize = 128;

/// The sending end.
pub fn near<C: Clock>(job: &Job, near: &Near) -> anyhow::Result<Option<Outcome>> {
    let (_driver, client) = off_the_cores(job, job.near, || {
        let driver = EmbeddedDriver::launch_with(|context| {
            context.set_dir(&directory(job).into_c_string())?;
            context.set_term_buffer_sparse_file(false)?;
            // One thread instead of three: two of them are there for networks.
            context.set_threading_mode(aeron_threading_mode_enum::AERON_THREADING_MODE_SHARED)?;
            Ok(())
        });
        Ok((driver.map_err(failed)?, client(job)?))
    })?;
    std::fs::write(job.path("driver"), "")?;
    let publication = client.async_add_exclusive_publication(CHANNEL, THERE).map_err(failed)?;
    let publication = publication.poll_blocking(PATIENCE).map_err(failed)?;
    let back = subscription(&client, BACK)?;
    near.hear()?;
    Ok(near.measure::<C>(job, Claim::new(job, publication), Poll::new(back)))
}

/// The receiving end.
pub fn far<C: Clock>(job: &Job, far: &Far) -> anyhow::Result<Outcome> {
    // The near end starts the driver; its watchdog ends this one where it does not come to that.
    while !job.path("driver").exists() {
        std::thread::sleep(Duration::from_millis(5));
    }
    let client = off_the_cores(job, job.far, || client(job))?;
    let there = subscription(&client, THERE)?;
    let back = client.async_add_exclusive_publication(CHANNEL, BACK).map_err(failed)?;
    let back = back.poll_blocking(PATIENCE).map_err(failed)?;
    while !back.is_connected() || there.image_count().map_err(failed)? == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    far.say_ready();
    Ok(far.measure::<C>(job, Poll::new(there), Claim::new(job, back)))
}

/// Where its files lie: in memory, as Aeron has it by default.
fn directory(job: &Job) -> String {
    format!("/dev/shm/{}aeron", job.tag())
}

fn client(job: &Job) -> anyhow::Result<Aeron> {
    let connect = || -> Result<Aeron, AeronCError> {
        let context = AeronContext::new()?;
        context.set_dir(&directory(job).into_c_string())?;
        context.set_pre_touch_mapped_memory(true)?;
        let client = Aeron::new(&context)?;
        client.start()?;
        Ok(client)
    };
    connect().map_err(failed)
}

fn subscription(client: &Aeron, stream: i32) -> anyhow::Result<AeronSubscription> {
    client
        .async_add_subscription(CHANNEL, stream, Handlers::NONE, Handlers::NONE)
        .and_then(|subscription| subscription.poll_blocking(PATIENCE))
        .map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("Aeron: {error}")
}

struct Claim {
    publication: AeronExclusivePublication,
    size: usize,
}

impl Claim {
    fn new(job: &Job, publication: AeronExclusivePublication) -> Claim {
        Claim { publication, size: job.size }
    }
}

impl Sender for Claim {
    #[inline(always)]
    fn send(&mut self, message: Message) -> bool {
        let Ok(mut claim) = self.publication.try_claim_owned(self.size) else { return false };
        fill_bytes(claim.data(), message);
        claim.commit().is_ok()
    }
}

struct Poll {
    subscription: AeronSubscription,
    taken: [Message; TAKEN],
    next: usize,
    end: usize,
}

impl Poll {
    fn new(subscription: AeronSubscription) -> Poll {
        Poll { subscription, taken: [Message::default(); TAKEN], next: 0, end: 0 }
    }
}

impl Receiver for Poll {
    #[inline(always)]
    fn receive(&mut self) -> Option<Message> {
        if self.next == self.end {
            (self.next, self.end) = (0, 0);
            let (taken, end) = (&mut self.taken, &mut self.end);
            let take = |bytes: &[u8], _| {
                taken[*end] = look_bytes(bytes);
                *end += 1;
            };
            self.subscription.poll_fn(take, TAKEN).ok()?;
            if self.end == 0 {
                return None;
            }
        }
        self.next += 1;
        Some(self.taken[self.next - 1])
    }

    #[inline(always)]
    fn receive_batch(&mut self, most: u64, mut each: impl FnMut(Message)) -> u64 {
        let take = |bytes: &[u8], _| each(look_bytes(bytes));
        self.subscription.poll_fn(take, most as usize).map_or(0, |count| count as u64)
    }
}
