//! A packed file, unpacked by a thread into chunks that the reader looks at one after another.
//!
//! Chunks travel to the reader through one bounded channel and come back through another to be
//! filled again, so nothing is allocated once as many exist as may be in flight. Each has room in
//! front: what the reader has not used of one chunk is copied there in the next, so that a record
//! never lies in two pieces.

use std::io::{self, Read};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender, TryRecvError, TrySendError};

use super::background::{self, Gate, Opener};
use super::{Compression, Error, read_up_to};

mod codec;

pub(super) use codec::Codec;
use codec::Failure;

/// Unpacked bytes of one chunk: one system call's worth of waking per 30,000 messages.
const CHUNK: usize = 1 << 20;

/// Room in front for the unread rest of the chunk before: no record of a sound file is longer.
const ROOM: usize = 512 << 10;

/// Chunks between thread and reader: a file of up to 64 MiB is unpacked before its replay starts.
const IN_FLIGHT: usize = 64;

/// Packed bytes read at once.
const READ: usize = 256 << 10;

struct Chunk {
    /// `ROOM..end` are the bytes.
    buffer: Vec<u8>,
    end: usize,
    /// Packed bytes that went into this chunk and all before.
    consumed: u64,
}

/// The reader's end of the unpacking thread.
#[derive(Debug)]
pub(super) struct Unpacker {
    full: Receiver<Result<Chunk, Error>>,
    empty: Sender<Vec<u8>>,
    ready: Gate,
    consumed: u64,
}

impl std::fmt::Debug for Chunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chunk({} bytes)", self.end - ROOM)
    }
}

impl Unpacker {
    pub(super) fn start(
        path: PathBuf,
        reader: impl Read + Send + 'static,
        codec: Codec,
    ) -> io::Result<Unpacker> {
        let (full_sender, full) = mpsc::sync_channel(IN_FLIGHT);
        let (empty, empty_receiver) = mpsc::channel();
        let (opener, ready) = background::gate();
        let mut worker = Worker { packed: Packed::new(reader), codec, path };
        background::spawn("unpack", move || worker.run(&full_sender, &empty_receiver, &opener))?;
        Ok(Unpacker { full, empty, ready, consumed: 0 })
    }

    /// Puts the next chunk into `buffer`, behind the bytes of `window`, which are unread. Returns
    /// where both lie now; `None` at the end of the file.
    pub(super) fn next(
        &mut self,
        buffer: &mut Vec<u8>,
        window: Range<usize>,
    ) -> Result<Option<Range<usize>>, Error> {
        // A closed channel is the end of the file.
        let Ok(received) = self.full.recv() else { return Ok(None) };
        let Chunk { buffer: mut fresh, end, consumed } = received?;
        self.consumed = consumed;
        let unread = buffer.get(window).unwrap_or_default();
        let window = if let Some(start) = ROOM.checked_sub(unread.len()) {
            fresh[start..ROOM].copy_from_slice(unread);
            std::mem::swap(buffer, &mut fresh);
            start..end
        } else {
            let joined = [unread, &fresh[ROOM..end]].concat();
            *buffer = joined;
            0..buffer.len()
        };
        // The first buffer, and one that was joined, are not of the size that goes round. The
        // thread may be gone already.
        if fresh.len() == ROOM + CHUNK {
            let _ = self.empty.send(fresh);
        }
        Ok(Some(window))
    }

    pub(super) fn consumed(&self) -> u64 {
        self.consumed
    }

    pub(super) fn wait_ready(&self) {
        self.ready.wait();
    }
}

/// The thread's side.
struct Worker<R> {
    packed: Packed<R>,
    codec: Codec,
    path: PathBuf,
}

impl<R: Read> Worker<R> {
    /// Unpacks until the file ends or nobody listens.
    fn run(
        &mut self,
        full: &SyncSender<Result<Chunk, Error>>,
        empty: &Receiver<Vec<u8>>,
        ready: &Opener,
    ) {
        let mut made = 0;
        loop {
            let mut buffer = match empty.try_recv() {
                Ok(buffer) => buffer,
                Err(TryRecvError::Disconnected) => return,
                // One is being filled and one being read, beside those between.
                Err(TryRecvError::Empty) if made < IN_FLIGHT + 2 => {
                    made += 1;
                    vec![0; ROOM + CHUNK]
                }
                Err(TryRecvError::Empty) => {
                    ready.open();
                    let Ok(buffer) = empty.recv() else { return };
                    buffer
                }
            };
            let mut end = ROOM;
            let outcome = self.fill(&mut buffer, &mut end);
            if end > ROOM {
                let consumed = self.packed.consumed();
                match full.try_send(Ok(Chunk { buffer, end, consumed })) {
                    Ok(()) => {}
                    Err(TrySendError::Full(chunk)) => {
                        // As far ahead as it goes.
                        ready.open();
                        if full.send(chunk).is_err() {
                            return;
                        }
                    }
                    Err(TrySendError::Disconnected(_)) => return,
                }
            }
            match outcome {
                Ok(true) if self.codec.compression() == Compression::None => ready.open(),
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    let _ = full.send(Err(error));
                    return;
                }
            }
        }
    }

    /// Fills the buffer from `end` on, which it advances over what is good. `false` at the end.
    fn fill(&mut self, buffer: &mut [u8], end: &mut usize) -> Result<bool, Error> {
        let Worker { packed, codec, path } = self;
        if codec.compression() == Compression::None {
            // Whatever one read brings: a pipe's writer may be slow.
            let read = packed.read_into(&mut buffer[*end..]).map_err(|e| packed.failed(path, e))?;
            *end += read;
            return Ok(read > 0);
        }
        while *end < buffer.len() {
            packed.load().map_err(|e| packed.failed(path, e))?;
            let step = codec.step(packed.bytes(), &mut buffer[*end..]);
            packed.advance(step.read);
            *end += step.written;
            let (path, compression, offset) =
                (path.clone(), codec.compression(), packed.consumed());
            match step.failure {
                None if packed.ended() && codec.between_members() => return Ok(false),
                None if packed.ended() && step.read + step.written == 0 => {
                    return Err(Error::CutShort { path, compression, offset });
                }
                None => {}
                Some(Failure(reason)) => {
                    return Err(Error::Corrupt { path, compression, offset, reason });
                }
            }
        }
        Ok(true)
    }
}

/// The packed bytes: a reader with a buffer.
struct Packed<R> {
    reader: R,
    buffer: Vec<u8>,
    unread: Range<usize>,
    read: u64,
    at_end: bool,
}

impl<R: Read> Packed<R> {
    fn new(reader: R) -> Packed<R> {
        Packed { reader, buffer: vec![0; READ], unread: 0..0, read: 0, at_end: false }
    }

    /// Has bytes in the buffer afterwards, unless the file is at its end.
    fn load(&mut self) -> io::Result<()> {
        if self.unread.is_empty() && !self.at_end {
            let n = read_up_to(&mut self.reader, &mut self.buffer)?;
            self.unread = 0..n;
            self.read += n as u64;
            self.at_end = n == 0;
        }
        Ok(())
    }

    /// Past the buffer, straight from the file.
    fn read_into(&mut self, target: &mut [u8]) -> io::Result<usize> {
        let n = loop {
            match self.reader.read(target) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.read += n as u64;
        Ok(n)
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[self.unread.clone()]
    }

    fn advance(&mut self, n: usize) {
        self.unread.start = (self.unread.start + n).min(self.unread.end);
    }

    fn ended(&self) -> bool {
        self.at_end && self.unread.is_empty()
    }

    fn consumed(&self) -> u64 {
        self.read - self.unread.len() as u64
    }

    fn failed(&self, path: &std::path::Path, source: io::Error) -> Error {
        Error::Read { path: path.to_owned(), offset: self.read, source }
    }
}
