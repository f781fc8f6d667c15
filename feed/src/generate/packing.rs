//! Packing what is written, as [`crate::source`] unpacks what is read.

use std::io::{self, Write};

use flate2::write::GzEncoder;

use crate::source::Compression;

/// A writer that packs. The file is whole only after [`Packing::finish`].
pub enum Packing<W: Write> {
    /// As it comes.
    None(W),
    /// One member of gzip, at the level that gzip itself has by default.
    Gzip(GzEncoder<W>),
    /// One frame of Zstandard, at the level that zstd itself has by default.
    Zstd(zstd::Encoder<'static, W>),
}

impl<W: Write> Packing<W> {
    /// Packs into `out`.
    ///
    /// # Errors
    /// Those of `out`, and a lack of memory.
    pub fn new(compression: Compression, out: W) -> io::Result<Packing<W>> {
        Ok(match compression {
            Compression::None => Packing::None(out),
            Compression::Gzip => Packing::Gzip(GzEncoder::new(out, flate2::Compression::default())),
            Compression::Zstd => {
                Packing::Zstd(zstd::Encoder::new(out, zstd::DEFAULT_COMPRESSION_LEVEL)?)
            }
        })
    }

    /// Writes the end and gives back what was written to.
    ///
    /// # Errors
    /// Those of the writer beneath.
    pub fn finish(self) -> io::Result<W> {
        match self {
            Packing::None(out) => Ok(out),
            Packing::Gzip(encoder) => encoder.finish(),
            Packing::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Packing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Packing::None(out) => out.write(bytes),
            Packing::Gzip(encoder) => encoder.write(bytes),
            Packing::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Packing::None(out) => out.flush(),
            Packing::Gzip(encoder) => encoder.flush(),
            Packing::Zstd(encoder) => encoder.flush(),
        }
    }
}
