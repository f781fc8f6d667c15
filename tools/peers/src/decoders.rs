//! The rivals of the decoder: they decode every message of a Nasdaq BinaryFILE in memory.
//!
//! Every field is looked at: numbers and names are summed up, codes are handed to a black box. All
//! decoders must come to the same sum.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, anyhow, bail};
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use tickline_shared::process::pin;

use crate::run::{Usage, print};

mod itch5;
mod itchy;

/// Measures a rival of the decoder: itchy or itch5.
#[derive(clap::Args)]
pub struct Args {
    /// Which one.
    name: String,
    /// A Nasdaq BinaryFILE, not compressed.
    file: PathBuf,
    /// The core to decode on.
    #[arg(long)]
    core: usize,
    /// How often the file is decoded.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

/// What was measured.
#[derive(Serialize)]
struct Decoded {
    messages: u64,
    /// Messages of the file that were not decoded, because not every decoder knows their types.
    left_out: u64,
    /// What was decoded, with the lengths before the messages.
    bytes: usize,
    /// One a round, by the thread's own CPU time.
    ns_per_message: Vec<f64>,
    /// One a round, by the clock on the wall.
    wall_ns_per_message: Vec<f64>,
    checksum: u64,
}

/// What was read from a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sum {
    messages: u64,
    sum: u64,
}

impl Sum {
    /// One more message.
    #[inline(always)]
    pub fn message(&mut self) {
        self.messages += 1;
    }

    /// A number, or a name as a number.
    #[inline(always)]
    pub fn word(&mut self, word: u64) {
        self.sum = self.sum.wrapping_add(word);
    }

    /// A name, as the number that its bytes are, the first one being the highest.
    #[inline(always)]
    pub fn name(&mut self, bytes: &[u8]) {
        self.word(bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    }

    /// A code that the decoder has turned into a value of its own.
    #[inline(always)]
    pub fn code<T>(&mut self, value: T) {
        black_box(value);
    }
}

/// A field of a message as some decoder gives it.
trait Field {
    fn add_to(self, sum: &mut Sum);
}

/// Numbers are the same for all.
macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Field for $number {
            #[inline(always)]
            fn add_to(self, sum: &mut Sum) {
                sum.word(u64::from(self));
            }
        }
    )*};
}

numbers!(u16 u32 u64);

/// Runs the subcommand.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let decode = match args.name.as_str() {
        "itchy" => itchy::decode,
        "itch5" => itch5::decode,
        name => bail!(Usage(format!("no decoder is called {name:?}; there are itchy and itch5"))),
    };
    pin(args.core)?;
    let (bytes, left_out) = std::fs::read(&args.file)
        .map_err(anyhow::Error::from)
        .and_then(|bytes| known(&bytes))
        .with_context(|| args.file.display().to_string())?;
    let (mut cpu, mut wall, mut first) = (Vec::new(), Vec::new(), None);
    for _ in 0..args.rounds {
        let (cpu_before, before) = (cpu_ns(), Instant::now());
        // itchy panics rather than return some of its errors.
        let sum = catch_unwind(AssertUnwindSafe(|| decode(black_box(&bytes))))
            .map_err(|_| anyhow!("{} panicked", args.name))??;
        let (cpu_ns, wall_ns) = (cpu_ns() - cpu_before, before.elapsed().as_nanos());
        if sum.messages == 0 || *first.get_or_insert(sum) != sum {
            bail!("{} read {sum:?} in one round and {first:?} in another", args.name);
        }
        cpu.push(cpu_ns as f64 / sum.messages as f64);
        wall.push(wall_ns as f64 / sum.messages as f64);
    }
    let Sum { messages, sum } = first.unwrap_or_default();
    print(&Decoded {
        messages,
        left_out,
        bytes: bytes.len(),
        ns_per_message: cpu,
        wall_ns_per_message: wall,
        checksum: sum,
    })
}

/// What all decoders can read of a BinaryFILE, and how many messages that leaves out: `h` and `O`,
/// at which itchy panics. The empty message that ends a session is one to neither decoder.
fn known(file: &[u8]) -> anyhow::Result<(Vec<u8>, u64)> {
    let (mut known, mut left_out, mut rest) = (Vec::with_capacity(file.len()), 0, file);
    while let Some((length, behind)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_be_bytes(*length));
        let message = behind.get(..length).context("it ends within a message")?;
        match message.first() {
            Some(b'h' | b'O') => left_out += 1,
            Some(_) => known.extend_from_slice(&rest[..2 + length]),
            None => {}
        }
        rest = &behind[length..];
    }
    Ok((known, left_out))
}

fn cpu_ns() -> u64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}
