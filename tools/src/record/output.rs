//! The file of a recording, and the thread that writes it.
//!
//! It is written in place, under its own name: whoever kills the recorder finds there what it had
//! written. Where it cannot be written further it ends with a whole block.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use tickline_shared::recording::{BlockHead, Header};

use super::RecordError;
use crate::output::{StdoutClosed, stdout};

/// Batches that may wait for the disk: 32 MiB, two million records.
const BATCHES: usize = 128;

/// Where a recording goes.
pub enum Output {
    /// A file that was created for it.
    File(File, PathBuf),
    /// A device or a named pipe.
    Special(File),
    /// Standard output.
    Stdout,
}

impl Output {
    /// Standard output.
    pub fn stdout() -> Output {
        Output::Stdout
    }

    /// A new file; in the place of another one only where that is asked for.
    pub fn create(path: &Path, replace: bool) -> Result<Output, RecordError> {
        let failed = |source: io::Error| match source.kind() {
            ErrorKind::AlreadyExists => RecordError::Exists(path.to_owned()),
            _ => RecordError::Create { path: path.to_owned(), source },
        };
        // Through a symbolic link: the file that it leads to is replaced, not the link.
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match fs::metadata(&place) {
            Ok(found) if found.is_dir() => return Err(failed(ErrorKind::IsADirectory.into())),
            Ok(found) if !found.is_file() => {
                let file = OpenOptions::new().write(true).open(&place).map_err(failed)?;
                return Ok(Output::Special(file));
            }
            // Removed, not emptied: somebody may be playing it.
            Ok(_) if replace => fs::remove_file(&place).map_err(failed)?,
            _ => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).open(&place).map_err(failed)?;
        Ok(Output::File(file, place))
    }

    /// Nothing will be recorded after all.
    pub fn discard(&self) {
        if let Output::File(_, path) = self {
            let _ = fs::remove_file(path);
        }
    }
}

/// What is in the file.
#[derive(Default)]
pub struct Written {
    /// Bytes of whole blocks, and of the header.
    pub bytes: u64,
    /// Records in them.
    pub records: u64,
    /// Why there are no more.
    pub error: Option<io::Error>,
}

/// Whole blocks, and how many records the recording has with them.
type Batch = (Vec<u8>, u64);

/// The thread's other end.
pub struct Writer {
    full: SyncSender<Batch>,
    /// Buffers to be filled again.
    empty: Receiver<Vec<u8>>,
    thread: JoinHandle<Written>,
}

/// The thread has ended, because it could not write.
#[derive(Debug)]
pub struct Broken;

impl Writer {
    /// Starts the thread.
    pub fn start(output: Output) -> io::Result<Writer> {
        let (full, take) = sync_channel::<Batch>(BATCHES);
        // Never full: it has a place for each buffer that is on its way, being written or filled.
        let (give, empty) = sync_channel(BATCHES + 2);
        let body = move || write_all(output, &take, &give);
        let thread = std::thread::Builder::new().name("write".into()).spawn(body)?;
        Ok(Writer { full, empty, thread })
    }

    /// Hands over what `blocks` holds, with which the recording has `records`; leaves an empty buffer.
    /// Waits where the disk is many batches behind.
    pub fn write(&self, blocks: &mut Vec<u8>, records: u64) -> Result<(), Broken> {
        if blocks.is_empty() {
            return Ok(());
        }
        let next = self.empty.try_recv().unwrap_or_else(|_| Vec::with_capacity(blocks.capacity()));
        self.full.send((std::mem::replace(blocks, next), records)).map_err(|_| Broken)
    }

    /// Waits until all is written.
    pub fn finish(self) -> Written {
        drop(self.full);
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

fn write_all(mut output: Output, take: &Receiver<Batch>, give: &SyncSender<Vec<u8>>) -> Written {
    let mut written = Written::default();
    for (mut batch, records) in take {
        let (bytes, error) = output.write(&batch);
        if let Some(error) = error {
            let whole = whole_blocks(&batch[..bytes], written.bytes == 0);
            written.bytes += whole.bytes;
            written.records = whole.records.unwrap_or(written.records);
            written.error = Some(output.cut(written.bytes).err().unwrap_or(error));
            return written;
        }
        (written.bytes, written.records) = (written.bytes + bytes as u64, records);
        batch.clear();
        let _ = give.try_send(batch);
    }
    written.error = output.sync().err();
    written
}

/// How much of the beginning of a batch is whole.
struct Whole {
    bytes: u64,
    /// Records in the recording with them, where there is a block.
    records: Option<u64>,
}

fn whole_blocks(bytes: &[u8], first: bool) -> Whole {
    let mut whole = Whole { bytes: 0, records: None };
    if first {
        if bytes.len() < Header::SIZE {
            return whole;
        }
        whole.bytes = Header::SIZE as u64;
    }
    while let Some(rest) = bytes.get(whole.bytes as usize..)
        && let Some(head) = BlockHead::read(rest)
        && head.block_bytes() <= rest.len()
    {
        whole.bytes += head.block_bytes() as u64;
        whole.records = Some(head.first + u64::from(head.count));
    }
    whole
}

impl Output {
    /// Writes all of it, or as much as can be: how many bytes, and why no more.
    fn write(&mut self, bytes: &[u8]) -> (usize, Option<io::Error>) {
        let mut done = 0;
        while done < bytes.len() {
            let result = match self {
                Output::File(file, _) | Output::Special(file) => file.write(&bytes[done..]),
                Output::Stdout => write_to_stdout(&bytes[done..]),
            };
            match result {
                Ok(0) => return (done, Some(ErrorKind::WriteZero.into())),
                Ok(written) => done += written,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return (done, Some(error)),
            }
        }
        (done, None)
    }

    /// Takes away what is behind the last whole block.
    fn cut(&self, bytes: u64) -> io::Result<()> {
        match self {
            Output::File(file, _) => file.set_len(bytes).and_then(|()| file.sync_all()),
            Output::Special(_) | Output::Stdout => Ok(()),
        }
    }

    /// Returns once it is on the disk.
    fn sync(&self) -> io::Result<()> {
        match self {
            Output::File(file, _) => file.sync_all(),
            Output::Special(_) | Output::Stdout => Ok(()),
        }
    }
}

fn write_to_stdout(bytes: &[u8]) -> io::Result<usize> {
    let mut out = stdout();
    out.write_all(bytes)?;
    out.flush()?;
    Ok(bytes.len())
}

/// Whether the reader of standard output has gone, which is no failure.
pub fn is_closed(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<StdoutClosed>())
}
