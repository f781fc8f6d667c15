//! A file as bytes that a decoder reads in place: mapped where it lies, or unpacked on the way.
//!
//! [`Input`] shows a *window*: the bytes from the cursor up to where the file has been brought into
//! memory. [`Input::take`] moves the cursor and costs an addition; [`Input::refill`] makes the
//! window longer and is the only call that may wait. What the compression is, is read from the
//! first bytes, never from the name.
//!
//! Two kinds of helper threads work ahead of the cursor: one populates the pages of a large mapped
//! file, one unpacks. They end when the `Input` is dropped. Threads inherit the cores of the thread
//! that starts them, so open every `Input` before you pin yourself.
//!
//! A file that somebody truncates while it is mapped ends the process with SIGBUS: nothing short of
//! a copy prevents that. A file that grows is read up to the length that it had when opened.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

mod background;
mod error;
mod mapped;
mod packed;

pub use error::Error;
use mapped::{Mapped, ReadAhead};
use packed::{Codec, Unpacker};

/// How the file was packed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, one or more members.
    Gzip,
    /// Zstandard, one or more frames.
    Zstd,
}

impl Compression {
    /// The name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Compression::None => "none",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        }
    }

    /// From the first bytes of a file (RFC 1952 2.3.1; RFC 8878 3.1.1 and 3.1.2).
    fn of(first: &[u8]) -> Compression {
        match first {
            [0x1f, 0x8b, 0x08, ..] => Compression::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Compression::Zstd,
            _ => Compression::None,
        }
    }
}

/// Bytes of [`Input::head`].
const HEAD: usize = 12;

/// How much of the file on disk has been read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Bytes behind the cursor, as they lie on disk.
    pub consumed: u64,
    /// Length of the file; `None` for a pipe.
    pub total: Option<u64>,
}

/// The bytes of one file, from front to back.
#[derive(Debug)]
pub struct Input {
    path: PathBuf,
    compression: Compression,
    /// Of a packed file, its first bytes as they lie on disk.
    head: [u8; HEAD],
    total: Option<u64>,
    backing: Backing,
    /// The window is `start..end` of the backing's bytes.
    start: usize,
    end: usize,
    /// Offset in the unpacked file of the byte at `end`.
    end_offset: u64,
    supply: Supply,
}

/// What the window looks at.
#[derive(Debug)]
enum Backing {
    Mapped(Mapped),
    Buffer(Vec<u8>),
}

/// Who makes the window longer.
#[derive(Debug)]
enum Supply {
    /// Nobody: the window held everything from the start.
    Nobody,
    ReadAhead(ReadAhead),
    Unpacker(Unpacker),
}

impl Input {
    /// Opens a file: a mapped one where it is neither packed nor special, else one that a thread
    /// reads and unpacks. Fails where it cannot be opened, and on a directory.
    pub fn open(path: impl AsRef<Path>) -> Result<Input, Error> {
        let path = path.as_ref();
        let at = |source| Error::Open { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(at)?;
        let status = file.metadata().map_err(at)?;
        if status.is_dir() {
            return Err(Error::Directory { path: path.to_owned() });
        }
        let mut first = [0; HEAD];
        let known = read_up_to(&mut file, &mut first).map_err(at)?;
        let compression = Compression::of(&first[..known]);
        let total = status.is_file().then_some(status.len());

        let mappable = status.is_file() && compression == Compression::None && status.len() > 0;
        if mappable && let Ok(mapped) = Mapped::map(&file) {
            return Input::mapped(path, mapped).map_err(at);
        }
        let reader = io::Cursor::new(first).take(known as u64).chain(file);
        let codec = Codec::new(compression).map_err(at)?;
        let unpacker = Unpacker::start(path.to_owned(), reader, codec).map_err(at)?;
        Ok(Input {
            total,
            supply: Supply::Unpacker(unpacker),
            compression,
            head: first,
            ..Input::in_memory(path.to_owned(), Vec::new())
        })
    }

    /// Bytes that are in memory already; `name` stands for the path in messages.
    pub fn from_bytes(name: impl Into<PathBuf>, bytes: Vec<u8>) -> Input {
        Input::in_memory(name.into(), bytes)
    }

    fn in_memory(path: PathBuf, bytes: Vec<u8>) -> Input {
        Input {
            path,
            compression: Compression::None,
            head: [0; HEAD],
            total: Some(bytes.len() as u64),
            start: 0,
            end: bytes.len(),
            end_offset: bytes.len() as u64,
            backing: Backing::Buffer(bytes),
            supply: Supply::Nobody,
        }
    }

    fn mapped(path: &Path, mapped: Mapped) -> io::Result<Input> {
        let supply = Supply::ReadAhead(ReadAhead::start(&mapped)?);
        let total = Some(mapped.bytes().len() as u64);
        Ok(Input {
            path: path.to_owned(),
            compression: Compression::None,
            head: [0; HEAD],
            total,
            backing: Backing::Mapped(mapped),
            start: 0,
            end: 0,
            end_offset: 0,
            supply,
        })
    }

    /// The file's path, or the name that was given for bytes in memory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How the file is packed.
    pub fn compression(&self) -> Compression {
        self.compression
    }

    /// The first bytes of a packed file as they lie on disk; zeros of one that is not packed, and
    /// behind the end of a shorter one. Packing may hide something there.
    pub fn head(&self) -> &[u8; HEAD] {
        &self.head
    }

    /// The unread bytes that are in memory.
    #[inline]
    pub fn window(&self) -> &[u8] {
        self.bytes().get(self.start..self.end).unwrap_or_default()
    }

    /// Moves the cursor over `n` bytes of the window, at most to its end, and returns them.
    #[inline]
    pub fn take(&mut self, n: usize) -> &[u8] {
        let from = self.start;
        self.start = from.saturating_add(n).min(self.end);
        self.bytes().get(from..self.start).unwrap_or_default()
    }

    /// Moves the cursor over `n` bytes, at most to the end of the window.
    #[inline]
    pub fn consume(&mut self, n: usize) {
        self.start = self.start.saturating_add(n).min(self.end);
    }

    /// Other bytes in place of all, from the first one on; for bytes in memory.
    pub(crate) fn replace(&mut self, bytes: &[u8]) {
        if let Backing::Buffer(buffer) = &mut self.backing {
            buffer.clear();
            buffer.extend_from_slice(bytes);
            (self.start, self.end) = (0, buffer.len());
        }
    }

    /// Makes the window longer; `false` at the end of the file. Waits for the helper thread where
    /// it is behind. Bytes that the window showed before stay in it.
    #[cold]
    pub fn refill(&mut self) -> Result<bool, Error> {
        match (&mut self.supply, &mut self.backing) {
            (Supply::ReadAhead(ahead), Backing::Mapped(mapped)) => {
                let end = ahead.window_end(self.start, self.end, mapped.bytes().len());
                let grown = end - self.end;
                (self.end, self.end_offset) = (end, self.end_offset + grown as u64);
                Ok(grown > 0)
            }
            (Supply::Unpacker(unpacker), Backing::Buffer(buffer)) => {
                let kept = self.end - self.start;
                let Some(window) = unpacker.next(buffer, self.start..self.end)? else {
                    return Ok(false);
                };
                (self.start, self.end) = (window.start, window.end);
                self.end_offset += (window.len() - kept) as u64;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Makes the window at least `n` bytes long; `false` where the file ends before that.
    #[inline]
    pub fn fill(&mut self, n: usize) -> Result<bool, Error> {
        while self.end - self.start < n {
            if !self.refill()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Moves the cursor over `n` bytes, wherever they end; `false` where the file ends before that.
    pub fn skip(&mut self, n: u64) -> Result<bool, Error> {
        let mut left = n;
        loop {
            let step = left.min((self.end - self.start) as u64);
            self.start += step as usize;
            left -= step;
            if left == 0 || !self.refill()? {
                return Ok(left == 0);
            }
        }
    }

    /// Offset of the cursor in the unpacked file.
    pub fn offset(&self) -> u64 {
        self.end_offset - (self.end - self.start) as u64
    }

    /// How much of the file on disk has been read.
    pub fn progress(&self) -> Progress {
        let consumed = match &self.supply {
            Supply::Unpacker(unpacker) => unpacker.consumed(),
            Supply::ReadAhead(_) | Supply::Nobody => self.offset(),
        };
        Progress { consumed, total: self.total }
    }

    /// Returns once the helper threads are as far ahead as they go, or at the end of the file, so
    /// that the start of a replay is not the start of the disk. A pipe has to bring its first bytes.
    pub fn wait_ready(&self) {
        match &self.supply {
            Supply::ReadAhead(ahead) => ahead.wait_ready(),
            Supply::Unpacker(unpacker) => unpacker.wait_ready(),
            Supply::Nobody => {}
        }
    }

    /// Back to the first byte. A packed file is opened again; a pipe cannot.
    pub fn rewind(&mut self) -> Result<(), Error> {
        match self.supply {
            Supply::Nobody => self.start = 0,
            Supply::ReadAhead(_) => (self.start, self.end, self.end_offset) = (0, 0, 0),
            Supply::Unpacker(_) if self.total.is_none() => {
                return Err(Error::NotRewindable { path: self.path.clone() });
            }
            Supply::Unpacker(_) => *self = Input::open(&self.path)?,
        }
        Ok(())
    }

    #[inline]
    fn bytes(&self) -> &[u8] {
        match &self.backing {
            Backing::Mapped(mapped) => mapped.bytes(),
            Backing::Buffer(buffer) => buffer,
        }
    }
}

/// Reads until `buffer` is full or the file ends.
fn read_up_to(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
