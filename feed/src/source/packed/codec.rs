//! gzip and Zstandard, one step at a time: bytes in, bytes out, and whether a member ended.

use std::io;

use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

use super::super::Compression;

/// log2 of gzip's window (RFC 1951 section 2: 32 KiB).
const GZIP_WINDOW_BITS: u8 = 15;

/// Unpacks one member (gzip) or frame (Zstandard) after another.
pub(in super::super) enum Codec {
    /// The bytes are the file.
    Plain,
    Gzip {
        decoder: Decompress,
        between_members: bool,
    },
    Zstd {
        decoder: Box<Decoder<'static>>,
        between_members: bool,
    },
}

/// What one step did.
pub(super) struct Step {
    /// Packed bytes used up.
    pub(super) read: usize,
    /// Bytes unpacked.
    pub(super) written: usize,
    /// Set where no further step makes sense; `written` counts nevertheless.
    pub(super) failure: Option<Failure>,
}

/// The packed bytes are wrong: how.
pub(super) struct Failure(pub(super) String);

impl Codec {
    pub(in super::super) fn new(compression: Compression) -> io::Result<Codec> {
        let between_members = true;
        Ok(match compression {
            Compression::None => Codec::Plain,
            Compression::Gzip => Codec::Gzip { decoder: gzip(), between_members },
            Compression::Zstd => {
                Codec::Zstd { decoder: Box::new(Decoder::new()?), between_members }
            }
        })
    }

    pub(super) fn compression(&self) -> Compression {
        match self {
            Codec::Plain => Compression::None,
            Codec::Gzip { .. } => Compression::Gzip,
            Codec::Zstd { .. } => Compression::Zstd,
        }
    }

    /// Whether the file may end here.
    pub(super) fn between_members(&self) -> bool {
        match self {
            Codec::Plain => true,
            Codec::Gzip { between_members, .. } | Codec::Zstd { between_members, .. } => {
                *between_members
            }
        }
    }

    /// Unpacks from `input` to `output`. Does nothing at all only where `input` is empty.
    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        match self {
            Codec::Plain => {
                let n = input.len().min(output.len());
                output[..n].copy_from_slice(&input[..n]);
                Step { read: n, written: n, failure: None }
            }
            Codec::Gzip { decoder, between_members } => {
                gzip_step(decoder, between_members, input, output)
            }
            Codec::Zstd { decoder, between_members } => {
                zstd_step(decoder, between_members, input, output)
            }
        }
    }
}

fn gzip() -> Decompress {
    Decompress::new_gzip(GZIP_WINDOW_BITS)
}

fn gzip_step(
    decoder: &mut Decompress,
    between_members: &mut bool,
    input: &[u8],
    output: &mut [u8],
) -> Step {
    if *between_members {
        // Zeros pad the last member of files that were written in blocks (gzip(1), "tapes").
        let padding = input.iter().take_while(|&&byte| byte == 0).count();
        if padding > 0 || input.is_empty() {
            return Step { read: padding, written: 0, failure: None };
        }
        *between_members = false;
    }
    let (read, written) = (decoder.total_in(), decoder.total_out());
    let status = decoder.decompress(input, output, FlushDecompress::None);
    let read = (decoder.total_in() - read) as usize;
    let written = (decoder.total_out() - written) as usize;
    let mut failure = None;
    match status {
        Ok(Status::StreamEnd) => (*decoder, *between_members) = (gzip(), true),
        Ok(Status::Ok | Status::BufError) => {}
        Err(error) => failure = Some(Failure(error.to_string())),
    }
    Step { read, written, failure }
}

fn zstd_step(
    decoder: &mut Decoder<'static>,
    between_members: &mut bool,
    input: &[u8],
    output: &mut [u8],
) -> Step {
    if *between_members && input.is_empty() {
        return Step { read: 0, written: 0, failure: None };
    }
    let (mut input, mut output) = (InBuffer::around(input), OutBuffer::around(output));
    let mut failure = None;
    match decoder.run(&mut input, &mut output) {
        // 0: a frame is complete and all of it was written.
        Ok(hint) => *between_members = hint == 0,
        Err(error) => failure = Some(Failure(error.to_string())),
    }
    Step { read: input.pos(), written: output.pos(), failure }
}
