//! A file mapped read-only, with its pages brought in ahead of the reader.
//!
//! The only unsafe code of the feed: `Mmap::map`. What it asks of us is written at the call.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Thread};

use memmap2::{Advice, Mmap};

use super::background::{self, Gate};

/// Pages populated by one call of the kernel: long enough to amortise it, short enough (some 10 ms
/// from memory) that the thread stops soon when it is told to.
const CHUNK: usize = 64 << 20;

/// How far ahead of the reader pages are populated. Reading on at 10 GB/s, it takes 0.1 s to use up.
const AHEAD: usize = 1 << 30;

/// By how much a window grows, and with that how seldom the reader reports where it is.
const STRIDE: usize = 4 << 20;

/// A file in memory.
#[derive(Clone, Debug)]
pub(super) struct Mapped(Arc<Mmap>);

impl Mapped {
    pub(super) fn map(file: &File) -> io::Result<Mapped> {
        // SAFETY: the mapping is read-only and private, its bytes are only ever read as `u8`
        // values that are checked before they are used, and nothing depends on reading the same
        // byte twice alike. Whoever truncates the file meanwhile ends this process with SIGBUS,
        // which the module's documentation says; that is not undefined behaviour but an end.
        let map = unsafe { Mmap::map(file)? };
        // A process that locks its memory does not mean files, which may be larger than it.
        let _ = map.unlock();
        Ok(Mapped(Arc::new(map)))
    }

    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Makes the pages present, so that reading them does not fault.
    fn populate(&self, from: usize, to: usize) {
        let length = to - from;
        // Kernels before 5.14 lack the first; where neither works the reader takes its own faults.
        if self.0.advise_range(Advice::PopulateRead, from, length).is_err() {
            let _ = self.0.advise_range(Advice::WillNeed, from, length);
        }
    }
}

/// The reader's end of the thread that populates pages.
#[derive(Debug)]
pub(super) struct ReadAhead {
    state: Arc<State>,
    ready: Gate,
    /// `None` where the file was short enough to be populated on the spot.
    thread: Option<Thread>,
}

/// All accesses are relaxed: no memory is handed over by them, a stale value only makes the other
/// side a little early or late, and `unpark` orders what the parked thread reads next.
#[derive(Debug, Default)]
struct State {
    /// Bytes that the reader is done with; written by the reader.
    cursor: AtomicUsize,
    /// Bytes whose pages are present; written by the thread.
    populated: AtomicUsize,
    stop: AtomicBool,
}

impl ReadAhead {
    /// Populates the first chunk now, and the rest in a thread where there is more.
    pub(super) fn start(mapped: &Mapped) -> io::Result<ReadAhead> {
        let (opener, ready) = background::gate();
        let state = Arc::new(State::default());
        let length = mapped.bytes().len();
        let mut thread = None;
        if length <= CHUNK {
            mapped.populate(0, length);
            opener.open();
        } else {
            let (mapped, state) = (mapped.clone(), state.clone());
            let body = move || {
                for from in (0..length).step_by(CHUNK) {
                    while from >= state.cursor.load(Ordering::Relaxed) + AHEAD
                        && !state.stop.load(Ordering::Relaxed)
                    {
                        thread::park();
                    }
                    if state.stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let to = length.min(from + CHUNK);
                    mapped.populate(from, to);
                    state.populated.store(to, Ordering::Relaxed);
                    opener.open();
                }
            };
            thread = Some(background::spawn("read-ahead", body)?.thread().clone());
        }
        Ok(ReadAhead { state, ready, thread })
    }

    /// Where a window that is `start..end` now may end next; reports `start` to the thread.
    pub(super) fn window_end(&self, start: usize, end: usize, length: usize) -> usize {
        self.state.cursor.store(start, Ordering::Relaxed);
        let populated = self.state.populated.load(Ordering::Relaxed);
        if let Some(thread) = &self.thread
            && populated < length
            && populated.saturating_sub(start) <= AHEAD - CHUNK
        {
            thread.unpark();
        }
        length.min(end + STRIDE)
    }

    pub(super) fn wait_ready(&self) {
        self.ready.wait();
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        self.state.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
    }
}
