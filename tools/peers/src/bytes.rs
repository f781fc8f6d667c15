//! Rivals that carry bytes: sockets and pipes, written and read without blocking.
//!
//! One by one, every message is a system call on either side. A batch is one call for as many
//! messages as fit.

use std::io::{ErrorKind, Read, Write};

use bytemuck::{cast_slice, cast_slice_mut};
use tickline::measure::{Message, Receiver, Sender, Work};

use crate::packet::{fill, look};
use crate::process::Job;

/// Messages that a buffer holds.
fn messages(job: &Job) -> usize {
    match job.work {
        Work::Stream { batch, .. } => batch.clamp(1, 1024) as usize,
        _ => 1,
    }
}

fn buffer(job: &Job) -> Vec<u64> {
    vec![0; messages(job) * job.size / 8]
}

/// The sending end.
pub struct Writer<W> {
    out: W,
    words: Vec<u64>,
    size: usize,
}

impl<W: Write> Writer<W> {
    /// Over something that does not block.
    pub fn new(job: &Job, out: W) -> Writer<W> {
        Writer { out, words: buffer(job), size: job.size }
    }

    /// Writes the first `count` messages of the buffer; how many had room. One that was written
    /// in part is written to its end.
    #[inline(always)]
    fn write(&mut self, count: usize) -> u64 {
        let bytes: &[u8] = &cast_slice(&self.words)[..count * self.size];
        // An error but "would block" is a dead receiver: there is no room either.
        let Ok(mut written) = self.out.write(bytes) else { return 0 };
        let whole = written.next_multiple_of(self.size);
        while written < whole {
            match self.out.write(&bytes[written..whole]) {
                Ok(more) => written += more,
                Err(error) if would_block(&error) => std::hint::spin_loop(),
                Err(_) => return 0,
            }
        }
        (whole / self.size) as u64
    }
}

fn would_block(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

impl<W: Write> Sender for Writer<W> {
    #[inline(always)]
    fn send(&mut self, message: Message) -> bool {
        fill(&mut self.words[..self.size / 8], message);
        self.write(1) == 1
    }

    #[inline(always)]
    fn send_batch(&mut self, first: u64, count: u64) -> u64 {
        let mut filled = 0;
        for (words, number) in self.words.chunks_exact_mut(self.size / 8).zip(first..first + count)
        {
            fill(words, Message::new(number, 0, 0));
            filled += 1;
        }
        self.write(filled)
    }
}

/// The receiving end.
pub struct Reader<R> {
    input: R,
    words: Vec<u64>,
    size: usize,
    /// Bytes at the head of the buffer that came and were not given away.
    there: usize,
}

impl<R: Read> Reader<R> {
    /// Over something that does not block.
    pub fn new(job: &Job, input: R) -> Reader<R> {
        Reader { input, words: buffer(job), size: job.size, there: 0 }
    }

    /// Reads once, up to `end`; whether anything came.
    #[inline(always)]
    fn read(&mut self, end: usize) -> bool {
        let bytes: &mut [u8] = &mut cast_slice_mut(&mut self.words)[self.there..end];
        match self.input.read(bytes) {
            Ok(read) => {
                self.there += read;
                read > 0
            }
            // Nothing there, or a dead sender: patience ends.
            Err(_) => false,
        }
    }
}

impl<R: Read> Receiver for Reader<R> {
    #[inline(always)]
    fn receive(&mut self) -> Option<Message> {
        if !self.read(self.size) || self.there < self.size {
            return None;
        }
        self.there = 0;
        Some(look(&self.words[..self.size / 8]))
    }

    #[inline(always)]
    fn receive_batch(&mut self, most: u64, mut each: impl FnMut(Message)) -> u64 {
        let end = (most as usize * self.size).min(self.words.len() * 8);
        if !self.read(end) {
            return 0;
        }
        let whole = self.there / self.size;
        for words in self.words.chunks_exact(self.size / 8).take(whole) {
            each(look(words));
        }
        let bytes: &mut [u8] = cast_slice_mut(&mut self.words);
        bytes.copy_within(whole * self.size..self.there, 0);
        self.there -= whole * self.size;
        whole as u64
    }
}
