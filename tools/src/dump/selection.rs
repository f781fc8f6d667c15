//! Which records become rows, and how many of them.

use std::io;

use tickline_shared::msg::{Kind, Msg};
use tickline_shared::ring::Record;
use tickline_shared::units::Symbol;

use super::rows::Rows;
use super::window::Open;

/// Records that are handed to the format at once.
const BATCH: usize = 1024;

/// What a row must have.
pub struct Selection {
    /// By the number of a kind, whether it is wanted.
    kinds: [bool; 256],
    /// Sorted; empty for all.
    symbols: Vec<Symbol>,
    window: Open,
}

impl Selection {
    /// Records of these kinds and symbols (where none are named: of all) in a window.
    pub fn new(kinds: &[Kind], mut symbols: Vec<Symbol>, window: Open) -> Selection {
        let mut wanted = [kinds.is_empty(); 256];
        for kind in kinds {
            wanted[usize::from(kind.0)] = true;
        }
        symbols.sort();
        Selection { kinds: wanted, symbols, window }
    }

    /// Whether a record becomes a row. What concerns a whole venue concerns each of its symbols.
    #[inline]
    fn has(&self, record: &Record) -> bool {
        let symbol = &record.msg.symbol;
        self.kinds[usize::from(record.msg.kind.0)]
            && self.window.has(record.exchange_ts)
            && (self.symbols.is_empty()
                || *symbol == Symbol::NONE
                || self.symbols.binary_search(symbol).is_ok())
    }
}

/// Nothing more is wanted: all rows that were asked for are written, or writing failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Enough;

/// Takes records, and writes those that are selected.
pub struct Sieve {
    selection: Selection,
    rows: Box<dyn Rows>,
    batch: Vec<Record>,
    /// Rows that may still be written.
    left: u64,
    written: u64,
    lost: u64,
    last_ts: u64,
    failed: Option<io::Error>,
}

impl Sieve {
    /// Writes at most `limit` rows.
    pub fn new(selection: Selection, rows: Box<dyn Rows>, limit: Option<u64>) -> Sieve {
        Sieve {
            selection,
            rows,
            batch: Vec::with_capacity(BATCH),
            left: limit.unwrap_or(u64::MAX),
            written: 0,
            lost: 0,
            last_ts: 0,
            failed: None,
        }
    }

    /// Takes a record.
    #[inline]
    pub fn take(&mut self, record: &Record) -> Result<(), Enough> {
        self.last_ts = record.exchange_ts;
        if !self.selection.has(record) { Ok(()) } else { self.row(record) }
    }

    /// Writes the row of records that were overwritten before they were read, whatever is selected.
    #[cold]
    pub fn lost(&mut self, first: u64, lost: u64) -> Result<(), Enough> {
        self.lost += lost;
        let (exchange_ts, msg) = (self.last_ts, Msg::overrun(first, lost));
        self.row(&Record { number: first, msg, exchange_ts, ingress: 0, publish: 0 })
    }

    #[inline]
    fn row(&mut self, record: &Record) -> Result<(), Enough> {
        self.batch.push(*record);
        self.left -= 1;
        if self.batch.len() < BATCH && self.left > 0 { Ok(()) } else { self.write() }
    }

    fn write(&mut self) -> Result<(), Enough> {
        if self.failed.is_none() {
            self.failed = self.rows.rows(&self.batch).err();
            self.written += self.batch.len() as u64;
        }
        self.batch.clear();
        if self.failed.is_none() && self.left > 0 { Ok(()) } else { Err(Enough) }
    }

    /// Whoever reads along sees what there is so far.
    pub fn pass_on(&mut self) -> Result<(), Enough> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.write()?;
        self.failed = self.rows.flush().err();
        if self.failed.is_none() { Ok(()) } else { Err(Enough) }
    }

    /// Writes what is left and the end of the file. What was written and lost.
    ///
    /// # Errors
    /// The first one of writing.
    pub fn finish(mut self) -> io::Result<Written> {
        let _ = self.write();
        match self.failed {
            Some(error) => Err(error),
            None => {
                self.rows.finish()?.keep()?;
                Ok(Written { rows: self.written, lost: self.lost })
            }
        }
    }
}

/// What was written in the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written {
    /// Rows.
    pub rows: u64,
    /// Records that were lost before they were read.
    pub lost: u64,
}

/// A kind by its name.
pub fn kind(text: &str) -> Result<Kind, String> {
    let all = || (0..=u8::MAX).map(Kind).filter(|kind| kind.name().is_some());
    let name = |kind: &Kind| kind.name().unwrap_or_default();
    let found = all().find(|kind| name(kind).eq_ignore_ascii_case(text.trim()));
    found.ok_or_else(|| {
        let known: Vec<_> = all().map(|kind| name(&kind)).collect();
        format!("no record is of this kind; there are {}", known.join(", "))
    })
}
