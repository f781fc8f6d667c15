//! Threads that work ahead of the reader.

use std::io;
use std::sync::{Arc, OnceLock};
use std::thread::{Builder, JoinHandle};

/// Starts a named helper thread.
pub(super) fn spawn(
    name: &'static str,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.to_owned()).spawn(body)
}

/// A gate that opens once, and for good: at the latest when its opener is gone.
#[derive(Debug)]
pub(super) struct Gate(Arc<OnceLock<()>>);

/// Opens a [`Gate`].
pub(super) struct Opener(Arc<OnceLock<()>>);

pub(super) fn gate() -> (Opener, Gate) {
    let lock = Arc::new(OnceLock::new());
    (Opener(lock.clone()), Gate(lock))
}

impl Gate {
    pub(super) fn wait(&self) {
        self.0.wait();
    }
}

impl Opener {
    pub(super) fn open(&self) {
        // Opening twice changes nothing.
        let _ = self.0.set(());
    }
}

impl Drop for Opener {
    fn drop(&mut self) {
        self.open();
    }
}
