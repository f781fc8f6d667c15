//! Standard output that may close at any time: `tickline … | head` ends quietly.
//!
//! `println!` panics when the reader has gone, so no command uses it: each writes to [`stdout`] and
//! passes the error on with `?`. [`crate::failure::report`] knows it and ends with code 0.

use std::io::{self, BufWriter, ErrorKind, Write};

/// Whoever read our standard output has gone: nothing more to do, and nothing went wrong.
#[derive(Debug, thiserror::Error)]
#[error("the reader of the standard output has gone")]
pub struct StdoutClosed;

/// Buffered standard output; call `flush` at the end to learn about the last errors.
pub fn stdout() -> BufWriter<Stdout> {
    BufWriter::new(unbuffered())
}

/// Standard output for whoever gathers what is written.
pub fn unbuffered() -> Stdout {
    Stdout(io::stdout())
}

/// Standard output that tells its own closing from other broken pipes.
pub struct Stdout(io::Stdout);

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(name_closing)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(name_closing)
    }
}

fn name_closing(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::BrokenPipe => io::Error::new(ErrorKind::BrokenPipe, StdoutClosed),
        _ => error,
    }
}
