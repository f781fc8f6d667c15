//! Rows: what records are written as. One file beside this one for each format.

use std::io;

use tickline_shared::instruments::Instruments;
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::{Epoch, Streams};

use super::DumpError;
use super::csv::Csv;
use super::dbn::{Dbn, DbnArgs, Plan};
use super::json::Json;
use super::lines::Lines;
use super::output::Output;
use super::text::Time;

/// How rows are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Format {
    /// Comma-separated values with a header line.
    Csv,
    /// One JSON object a line.
    Json,
    /// Databento Binary Encoding.
    Dbn,
    /// Apache Parquet, in a build with the cargo feature of that name.
    Parquet,
}

/// What all rows of a dump have in common, known before the first of them.
#[derive(Clone)]
pub struct About {
    /// The name of the venue, or of the ring.
    pub source: String,
    /// What is published.
    pub streams: Streams,
    /// What `exchange_ts` counts from.
    pub epoch: Epoch,
    /// How times are written where the format leaves a choice.
    pub time: Time,
    /// What is known of the instruments, as it becomes known.
    pub instruments: Instruments,
}

/// Writes records in one format. It has its own buffer: what it writes to has none.
pub trait Rows {
    /// Writes records, in the order of their stream. Nothing is allocated for a row.
    ///
    /// # Errors
    /// Those of the output. After one, nothing more is written.
    fn rows(&mut self, records: &[Record]) -> io::Result<()>;

    /// Passes on what is kept in buffers, as far as the format allows it before its end.
    ///
    /// # Errors
    /// Those of the output.
    fn flush(&mut self) -> io::Result<()>;

    /// Writes what stands at the end, and gives back what was written to.
    ///
    /// # Errors
    /// Those of the output.
    fn finish(self: Box<Self>) -> io::Result<Output>;
}

/// A format with all that has to be known before anything is written.
pub enum Encoding {
    /// See [`Csv`].
    Csv,
    /// See [`Json`].
    Json,
    /// See [`Dbn`].
    Dbn(Plan),
    /// See [`super::parquet`].
    #[cfg(feature = "parquet")]
    Parquet,
}

impl Format {
    /// The format that a file's name stands for, once `.gz` or `.zst` is taken off it.
    pub fn of_name(name: &str) -> Option<Format> {
        let name = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(name);
        match name.rsplit_once('.')?.1 {
            "csv" => Some(Format::Csv),
            "json" | "jsonl" | "ndjson" => Some(Format::Json),
            "dbn" => Some(Format::Dbn),
            "parquet" => Some(Format::Parquet),
            _ => None,
        }
    }

    /// Whether people can read it.
    pub fn is_text(self) -> bool {
        matches!(self, Format::Csv | Format::Json)
    }

    /// Checks that these records can be written like that.
    pub fn encoding(self, about: &About, dbn: &DbnArgs) -> Result<Encoding, DumpError> {
        if self != Format::Dbn && (dbn.schema.is_some() || dbn.midnight.is_some()) {
            return Err(DumpError::ForDbn);
        }
        match self {
            Format::Csv => Ok(Encoding::Csv),
            Format::Json => Ok(Encoding::Json),
            Format::Dbn => dbn.plan(about).map(Encoding::Dbn),
            #[cfg(feature = "parquet")]
            Format::Parquet => Ok(Encoding::Parquet),
            #[cfg(not(feature = "parquet"))]
            Format::Parquet => Err(DumpError::NoParquet),
        }
    }
}

impl Encoding {
    /// Rows into `out`; what stands at its beginning is written, or kept until it is known.
    ///
    /// # Errors
    /// Those of the output.
    pub fn rows(self, about: About, out: Output) -> io::Result<Box<dyn Rows>> {
        Ok(match self {
            Encoding::Csv => Box::new(Lines::new(Csv::new(&about), out)),
            Encoding::Json => Box::new(Lines::new(Json::new(&about), out)),
            Encoding::Dbn(plan) => Box::new(Dbn::new(&plan, &about, out)?),
            #[cfg(feature = "parquet")]
            Encoding::Parquet => Box::new(super::parquet::Parquet::new(&about, out)?),
        })
    }
}
