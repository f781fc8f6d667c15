//! Rivals that run in an asynchronous runtime: the loops of [`tickline::measure`] once more, with
//! an `await` wherever those look and find nothing. A receiver sleeps in its runtime meanwhile,
//! which is what its users get.

use std::io;
use std::mem::take;

use anyhow::bail;
use hdrhistogram::Histogram;
use tickline::measure::{Message, Outcome, Percentiles, Work};
use tickline_shared::clock::{Clock, Scale};
use tickline_shared::latency::histogram;

use crate::packet::{fill_bytes, look_bytes};
use crate::process::Job;

/// Both directions of a way.
pub trait End {
    /// Sends a message.
    async fn send(&mut self, message: Message) -> anyhow::Result<()>;

    /// Sends messages `first..first + count`, all stamped 0, as the way does it best.
    async fn send_batch(&mut self, first: u64, count: u64) -> anyhow::Result<()>;

    /// Waits for a message; `None` where no more can come.
    async fn receive(&mut self) -> anyhow::Result<Option<Message>>;

    /// Waits for messages, at most `most`, and gives each to `each`; 0 where no more can come.
    async fn receive_batch(&mut self, most: u64, each: impl FnMut(Message)) -> anyhow::Result<u64>;
}

/// The sender's part of the work.
pub async fn near<C: Clock>(job: &Job, mut end: impl End) -> anyhow::Result<Option<Outcome>> {
    match job.work {
        Work::Hop { rate, messages } => {
            let start = C::now() + job.scale().cycles(1_000_000);
            let second = job.scale().cycles(1_000_000_000);
            let step = (u128::from(second) << 32) / u128::from(rate);
            for number in 0..messages {
                let due = start + ((u128::from(number) * step) >> 32) as u64;
                let mut now = C::now();
                while now < due {
                    std::hint::spin_loop();
                    now = C::now();
                }
                end.send(Message::new(number, due, now)).await?;
            }
        }
        Work::Stream { messages, batch: 1 } => {
            for number in 0..messages {
                end.send(Message::new(number, 0, 0)).await?;
            }
        }
        Work::Stream { messages, batch } => {
            let mut next = 0;
            while next < messages {
                let count = batch.min(messages - next);
                end.send_batch(next, count).await?;
                next += count;
            }
        }
        Work::RoundTrip { messages } => return ping::<C>(messages, job.scale(), end).await,
    }
    Ok(None)
}

async fn ping<C: Clock>(
    messages: u64,
    scale: Scale,
    mut end: impl End,
) -> anyhow::Result<Option<Outcome>> {
    let (mut hop, mut damaged) = (histogram(), 0);
    for number in 0..messages {
        let sent = C::now();
        end.send(Message::new(number, sent, sent)).await?;
        let Some(message) = end.receive().await? else { bail!("the way back closed") };
        let now = C::now();
        damaged += u64::from(!message.is_whole() || message.number != number);
        if number >= messages / 10 {
            record(&mut hop, scale, sent, now);
        }
    }
    Ok(Some(Outcome { hop: Some(Percentiles::of(&hop)), damaged, ..Outcome::default() }))
}

fn record(histogram: &mut Histogram<u64>, scale: Scale, from: u64, to: u64) {
    histogram.saturating_record(scale.nanos(to.saturating_sub(from)));
}

/// The receiver's part of the work.
pub async fn far<C: Clock>(job: &Job, mut end: impl End) -> anyhow::Result<Outcome> {
    match job.work {
        Work::Hop { messages, .. } => receive_paced::<C>(messages, job.scale(), end).await,
        Work::Stream { messages, batch } => {
            receive_stream::<C>(messages, batch, job.scale(), end).await
        }
        Work::RoundTrip { messages } => {
            for _ in 0..messages {
                let Some(message) = end.receive().await? else { break };
                end.send(message).await?;
            }
            Ok(Outcome::default())
        }
    }
}

async fn receive_paced<C: Clock>(
    messages: u64,
    scale: Scale,
    mut end: impl End,
) -> anyhow::Result<Outcome> {
    let (mut hop, mut due) = (histogram(), histogram());
    let (mut next, mut damaged) = (0, 0);
    while next < messages {
        let Some(message) = end.receive().await? else { break };
        let now = C::now();
        if message.number >= messages / 10 {
            record(&mut hop, scale, message.sent, now);
            record(&mut due, scale, message.due, now);
        }
        damaged += u64::from(!message.is_whole() || message.number != next);
        next += 1;
    }
    let (hop, due) = (Some(Percentiles::of(&hop)), Some(Percentiles::of(&due)));
    Ok(Outcome { hop, due, lost: messages - next, damaged, ..Outcome::default() })
}

async fn receive_stream<C: Clock>(
    messages: u64,
    batch: u64,
    scale: Scale,
    mut end: impl End,
) -> anyhow::Result<Outcome> {
    let warm = messages / 10;
    let (mut next, mut damaged, mut started) = (0u64, 0u64, C::now());
    while next < messages {
        let before = next;
        let mut take = |message: Message| {
            damaged += u64::from((message.number ^ next) | (message.check ^ !message.number) != 0);
            next += 1;
        };
        if batch == 1 {
            match end.receive().await? {
                Some(message) => take(message),
                None => break,
            }
        } else if end.receive_batch(batch.min(messages - before), take).await? == 0 {
            break;
        }
        if before < warm && next >= warm {
            started = C::now();
        }
    }
    let seconds = scale.nanos(C::now().saturating_sub(started)) as f64 / 1e9;
    let per_second = (next == messages).then(|| (messages - warm) as f64 / seconds);
    Ok(Outcome { per_second, lost: messages - next, damaged, ..Outcome::default() })
}

/// A socket of some runtime. A buffer is given away and comes back, as io_uring wants it.
pub trait Socket {
    /// Writes the first `length` bytes, all of them.
    async fn write(&mut self, buffer: Vec<u8>, length: usize) -> (io::Result<()>, Vec<u8>);

    /// Reads something to `from` and behind, not beyond `to`.
    async fn read(
        &mut self,
        buffer: Vec<u8>,
        from: usize,
        to: usize,
    ) -> (io::Result<usize>, Vec<u8>);
}

/// A way over a socket.
pub struct Bytes<S> {
    socket: S,
    size: usize,
    out: Vec<u8>,
    input: Vec<u8>,
    /// Bytes at the head of the input that came and were not given away.
    there: usize,
}

impl<S: Socket> Bytes<S> {
    /// One end.
    pub fn new(job: &Job, socket: S) -> Bytes<S> {
        let batch = match job.work {
            Work::Stream { batch, .. } => batch.min(1024) as usize,
            _ => 1,
        };
        let buffer = vec![0; batch * job.size];
        Bytes { socket, size: job.size, out: buffer.clone(), input: buffer, there: 0 }
    }

    async fn write(&mut self, length: usize) -> anyhow::Result<()> {
        let (written, buffer) = self.socket.write(take(&mut self.out), length).await;
        self.out = buffer;
        Ok(written?)
    }

    /// Reads until a message is there; whether there is one.
    async fn read(&mut self, to: usize) -> anyhow::Result<bool> {
        while self.there < self.size {
            let (read, buffer) = self.socket.read(take(&mut self.input), self.there, to).await;
            self.input = buffer;
            match read? {
                0 => return Ok(false),
                read => self.there += read,
            }
        }
        Ok(true)
    }
}

impl<S: Socket> End for Bytes<S> {
    async fn send(&mut self, message: Message) -> anyhow::Result<()> {
        fill_bytes(&mut self.out[..self.size], message);
        self.write(self.size).await
    }

    async fn send_batch(&mut self, first: u64, count: u64) -> anyhow::Result<()> {
        let (mut next, end) = (first, first + count);
        while next < end {
            let mut length = 0;
            for (bytes, number) in self.out.chunks_exact_mut(self.size).zip(next..end) {
                fill_bytes(bytes, Message::new(number, 0, 0));
                length += self.size;
            }
            next += (length / self.size) as u64;
            self.write(length).await?;
        }
        Ok(())
    }

    async fn receive(&mut self) -> anyhow::Result<Option<Message>> {
        if !self.read(self.size).await? {
            return Ok(None);
        }
        self.there = 0;
        Ok(Some(look_bytes(&self.input[..self.size])))
    }

    async fn receive_batch(
        &mut self,
        most: u64,
        mut each: impl FnMut(Message),
    ) -> anyhow::Result<u64> {
        let to = (most as usize * self.size).min(self.input.len());
        if !self.read(to).await? {
            return Ok(0);
        }
        let whole = self.there / self.size * self.size;
        self.input[..whole].chunks_exact(self.size).for_each(|bytes| each(look_bytes(bytes)));
        self.input.copy_within(whole..self.there, 0);
        self.there -= whole;
        Ok((whole / self.size) as u64)
    }
}
