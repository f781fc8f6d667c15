//! One stage's latency by kind or by symbol, beside the four stages of all records.
//!
//! The recorder asks a [`Breakdown`] for the row of each record. It is a type, not a value: where
//! the scenario splits nothing the loop is compiled with [`Whole`], which answers `None`, and no
//! instruction is left of it. Rows are made before the loop starts and are never more than
//! [`SYMBOLS_MAX`] and two, so recording into them neither allocates nor faults.

use hdrhistogram::Histogram;
use tickline_shared::latency::{HIGHEST_NS, Stage};
use tickline_shared::msg::{Kind, Msg};
use tickline_shared::summary::{BreakdownSummary, StageSummary};
use tickline_shared::units::Symbol;

use crate::scenario::BreakdownConfig;

mod symbols;
pub mod tag;

pub use crate::scenario::By;
use symbols::Symbols;
pub use symbols::{FIRST_SYMBOL, SYMBOLS_MAX};

/// The row of what has none of its own: kinds that this version does not know, and symbols once
/// all rows are taken.
pub const OTHER: &str = "other";

/// The row of records that concern the whole venue.
pub const NO_SYMBOL: &str = "-";

/// Significant digits of a row's histogram: a value is exact to 1 part in 100. One takes 37 KB, so
/// that all rows that there may be, twice for the exchange, stay below 5 MB.
const DIGITS: u8 = 2;

/// Which row a record belongs to.
pub trait Breakdown {
    /// The row, and the stage that it is about; `None` where nothing is split.
    fn row(&mut self, msg: &Msg) -> Option<(usize, Stage)>;

    /// Rows for an interval, all empty.
    fn rows(&self) -> Rows;

    /// Tells the rows of an interval whose they are, as far as that was found out by now.
    fn name(&self, rows: &mut Rows);
}

/// Nothing is split.
#[derive(Clone, Copy, Debug, Default)]
pub struct Whole;

impl Breakdown for Whole {
    #[inline(always)]
    fn row(&mut self, _msg: &Msg) -> Option<(usize, Stage)> {
        None
    }

    fn rows(&self) -> Rows {
        Rows::default()
    }

    fn name(&self, _rows: &mut Rows) {}
}

/// A stage is split as the scenario says.
pub struct Split {
    stage: Stage,
    table: Table,
}

/// From a record to its row.
enum Table {
    Kinds,
    Symbols(Box<Symbols>),
}

impl Split {
    /// Without any row's symbol yet, unless the scenario names them.
    pub fn new(config: &BreakdownConfig) -> Split {
        let table = match config.by {
            By::Kind => Table::Kinds,
            By::Symbol => Table::Symbols(Box::new(Symbols::new(&config.symbols))),
        };
        Split { stage: config.stage(), table }
    }
}

impl Breakdown for Split {
    #[inline(always)]
    fn row(&mut self, msg: &Msg) -> Option<(usize, Stage)> {
        let row = match &mut self.table {
            Table::Kinds => usize::from(KIND_ROWS[usize::from(msg.kind.0)]),
            Table::Symbols(symbols) => symbols.row(msg.symbol),
        };
        Some((row, self.stage))
    }

    fn rows(&self) -> Rows {
        let (by, count, symbols) = match &self.table {
            Table::Kinds => (By::Kind, KINDS + 1, Vec::new()),
            Table::Symbols(symbols) => {
                (By::Symbol, symbols.rows(), Vec::with_capacity(symbols.rows()))
            }
        };
        let histograms = (0..count).map(|_| histogram()).collect();
        Rows { of: Some((by, self.stage)), histograms, symbols }
    }

    fn name(&self, rows: &mut Rows) {
        if let Table::Symbols(symbols) = &self.table {
            // It has room for all of them.
            rows.symbols.clear();
            rows.symbols.extend_from_slice(symbols.named());
        }
    }
}

/// An empty histogram of a row. All of it is touched, so that recording never faults.
fn histogram() -> Histogram<u64> {
    let mut histogram = Histogram::new_with_bounds(1, HIGHEST_NS, DIGITS)
        .expect("the bounds are constants that fit");
    histogram.reset();
    histogram
}

/// The row of each kind by its byte, 0 for those without a name; and the kinds of the other rows.
const KIND_TABLES: ([u8; 256], [Kind; 256], usize) = {
    let (mut rows, mut kinds, mut count) = ([0; 256], [Kind(0); 256], 0);
    let mut byte = 0;
    while byte < 256 {
        let kind = Kind(byte as u8);
        if kind.name().is_some() {
            (kinds[count], rows[byte]) = (kind, count as u8 + 1);
            count += 1;
        }
        byte += 1;
    }
    (rows, kinds, count)
};

static KIND_ROWS: [u8; 256] = KIND_TABLES.0;

/// Kinds that have a name.
const KINDS: usize = KIND_TABLES.2;

/// What was recorded of each row between two moments, in ns; no row where nothing is split.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    of: Option<(By, Stage)>,
    histograms: Vec<Histogram<u64>>,
    /// Of the rows from [`FIRST_SYMBOL`] on.
    symbols: Vec<Symbol>,
}

impl Rows {
    /// Records a value in ns; what is longer than an hour counts as an hour.
    #[inline(always)]
    pub fn record(&mut self, row: usize, ns: u64) {
        if let Some(histogram) = self.histograms.get_mut(row) {
            histogram.saturating_record(ns);
        }
    }

    /// Forgets every value.
    pub fn reset(&mut self) {
        let used = self.histograms.iter_mut().filter(|histogram| !histogram.is_empty());
        used.for_each(Histogram::reset);
    }

    /// Adds what others recorded; rows keep their place from one interval to the next.
    pub fn add(&mut self, others: &Rows) {
        if self.of.is_none() {
            self.clone_from(others);
            return;
        }
        self.symbols.clone_from(&others.symbols);
        for (sum, histogram) in self.histograms.iter_mut().zip(&others.histograms) {
            if !histogram.is_empty() {
                sum.add(histogram).expect("all rows have the same bounds");
            }
        }
    }

    /// Rows with a value: tag and histogram.
    pub fn tagged(&self) -> impl Iterator<Item = (String, &Histogram<u64>)> {
        self.of.into_iter().flat_map(|(by, stage)| {
            self.named().map(move |(name, row)| (tag::tag(stage, by, &name), row))
        })
    }

    /// Rows with a value: name and histogram.
    fn named(&self) -> impl Iterator<Item = (String, &Histogram<u64>)> {
        let by = self.of.map(|(by, _)| by);
        let rows = self.histograms.iter().enumerate();
        let used = rows.filter(|(_, histogram)| !histogram.is_empty());
        used.map(move |(row, histogram)| {
            let name = match by {
                Some(By::Symbol) => self.symbol_row(row),
                _ => row
                    .checked_sub(1)
                    .and_then(|kind| KIND_TABLES.1[kind].name())
                    .map(str::to_owned),
            };
            (name.unwrap_or_else(|| OTHER.to_owned()), histogram)
        })
    }

    fn symbol_row(&self, row: usize) -> Option<String> {
        match row.checked_sub(FIRST_SYMBOL) {
            Some(place) => self.symbols.get(place).map(tag::row_name),
            None => (row > 0).then(|| NO_SYMBOL.to_owned()),
        }
    }

    /// For the summary; `None` where nothing is split.
    pub fn summary(&self) -> Option<BreakdownSummary> {
        let (by, stage) = self.of?;
        let rows = self.named().map(|(name, row)| (name, StageSummary::from_histogram(row)));
        let (by, stage) = (by.name().to_owned(), stage.name().to_owned());
        Some(BreakdownSummary { by, stage, rows: rows.collect() })
    }
}

#[cfg(test)]
mod tests;
