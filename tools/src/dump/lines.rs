//! Formats that are text: lines gathered in a buffer.

use std::io::{self, Write};

use tickline_shared::ring::Record;

use super::output::Output;
use super::rows::Rows;

/// Bytes that are gathered before they are written.
const BUFFER: usize = 1 << 16;

/// Writes one line for each record.
pub trait Line {
    /// What stands before the first line.
    const HEADER: &str;

    /// Appends a record's line, with its end.
    fn write(&mut self, out: &mut Vec<u8>, record: &Record);
}

/// Rows that are lines.
pub struct Lines<L> {
    line: L,
    buffer: Vec<u8>,
    out: Output,
}

impl<L: Line> Lines<L> {
    /// Lines below their header.
    pub fn new(line: L, out: Output) -> Lines<L> {
        // A line is longer than a kilobyte in no format.
        let mut buffer = Vec::with_capacity(BUFFER + 1024);
        buffer.extend_from_slice(L::HEADER.as_bytes());
        Lines { line, buffer, out }
    }

    fn pass_on(&mut self) -> io::Result<()> {
        self.out.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }
}

impl<L: Line> Rows for Lines<L> {
    fn rows(&mut self, records: &[Record]) -> io::Result<()> {
        for record in records {
            self.line.write(&mut self.buffer, record);
            if self.buffer.len() >= BUFFER {
                self.pass_on()?;
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass_on()?;
        self.out.flush()
    }

    fn finish(mut self: Box<Self>) -> io::Result<Output> {
        self.pass_on()?;
        Ok(self.out)
    }
}
