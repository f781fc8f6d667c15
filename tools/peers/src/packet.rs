//! Messages that are longer than 32 bytes: the message heads a buffer, and every byte of the
//! buffer is written and looked at, as a program with that much to say would.

use std::hint::black_box;

use tickline::measure::Message;

/// Words of a message.
pub const MESSAGE_WORDS: usize = 4;

/// Words of a cache line.
const LINE_WORDS: usize = 8;

/// What the rivals carry.
pub const SIZES: [usize; 5] = [32, 64, 256, 4096, 65536];

/// Writes the message and everything behind it.
#[inline(always)]
pub fn fill(words: &mut [u64], message: Message) {
    let (head, rest) = words.split_at_mut(MESSAGE_WORDS);
    head.copy_from_slice(&message.words());
    rest.fill(message.number);
}

/// Reads the message, and the first and last word of every cache line behind it. Where one of
/// them is another message's, so is the check word.
#[inline(always)]
pub fn look(words: &[u64]) -> Message {
    let (head, rest) = words.split_at(MESSAGE_WORDS);
    let message = Message::of_words([head[0], head[1], head[2], head[3]]);
    if rest.is_empty() {
        return message;
    }
    let lines = words.as_chunks::<LINE_WORDS>().0;
    let fold = |wrong, line: &[u64; LINE_WORDS]| {
        wrong | (line[0] ^ message.number) | (line[LINE_WORDS - 1] ^ message.number)
    };
    let wrong = black_box(lines.iter().fold(0, fold));
    Message { check: message.check ^ wrong, ..message }
}

/// [`fill`] for bytes that may lie anywhere.
#[inline(always)]
pub fn fill_bytes(bytes: &mut [u8], message: Message) {
    let words = bytes.as_chunks_mut().0;
    let (head, rest) = words.split_at_mut(MESSAGE_WORDS);
    head.copy_from_slice(&message.words().map(u64::to_ne_bytes));
    rest.fill(message.number.to_ne_bytes());
}

/// [`look`] at bytes that may lie anywhere.
#[inline(always)]
pub fn look_bytes(bytes: &[u8]) -> Message {
    let words: &[[u8; 8]] = bytes.as_chunks().0;
    let word = |at: usize| u64::from_ne_bytes(words[at]);
    let message = Message::of_words([word(0), word(1), word(2), word(3)]);
    let mut wrong = 0;
    if words.len() > MESSAGE_WORDS {
        for line in (0..words.len()).step_by(LINE_WORDS) {
            wrong |= (word(line) ^ message.number) | (word(line + 7) ^ message.number);
        }
    }
    Message { check: message.check ^ black_box(wrong), ..message }
}

/// A message of one size, for queues that carry values.
pub trait Packet: Copy + Send + Sync + 'static {
    /// Before anything is written.
    const EMPTY: Self;

    /// Writes the whole packet.
    fn write(&mut self, message: Message);

    /// Reads the whole packet.
    fn read(&self) -> Message;

    /// A packet of a message.
    #[inline(always)]
    fn of(message: Message) -> Self {
        let mut packet = Self::EMPTY;
        packet.write(message);
        packet
    }
}

impl Packet for Message {
    const EMPTY: Message = Message { number: 0, due: 0, sent: 0, check: 0 };

    #[inline(always)]
    fn write(&mut self, message: Message) {
        *self = message;
    }

    #[inline(always)]
    fn read(&self) -> Message {
        *self
    }
}

/// A message and what follows it.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Words<const N: usize>([u64; N]);

impl<const N: usize> Packet for Words<N> {
    const EMPTY: Words<N> = Words([0; N]);

    #[inline(always)]
    fn write(&mut self, message: Message) {
        fill(&mut self.0, message);
    }

    #[inline(always)]
    fn read(&self) -> Message {
        look(&self.0)
    }
}

/// Slots of a queue: 65,536, and fewer where they would take more than 16 MiB.
pub const fn slots<P>() -> usize {
    let fit = (16 << 20) / size_of::<P>();
    if fit < 65536 { fit } else { 65536 }
}

/// Evaluates an expression with `$packet` as the packet type of `$size` bytes.
#[macro_export]
macro_rules! by_size {
    ($size:expr, $packet:ident => $body:expr) => {
        match $size {
            32 => {
                type $packet = tickline::measure::Message;
                $body
            }
            64 => {
                type $packet = $crate::packet::Words<8>;
                $body
            }
            256 => {
                type $packet = $crate::packet::Words<32>;
                $body
            }
            4096 => {
                type $packet = $crate::packet::Words<512>;
                $body
            }
            size => anyhow::bail!("no packet has {size} bytes"),
        }
    };
}
