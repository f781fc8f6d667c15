//! Databento Binary Encoding, version 3; what becomes what is told in [`tickline_feed::export::dbn`].

use std::collections::HashMap;
use std::fs::File;
use std::io;

use tickline_feed::export::dbn::{Schema, Writer};
use tickline_feed::scenario::Publish;
use tickline_shared::instruments::Instruments;
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::Epoch;
use tickline_shared::units::grouped;

use super::DumpError;
use super::output::Output;
use super::rows::{About, Rows};
use crate::latency::parse_utc;

/// Characters that a dataset's name may have.
const DATASET_MAX: usize = 15;

/// What else has to be known of a file of DBN.
#[derive(clap::Args, Clone, Copy, PartialEq, Eq, Debug)]
pub struct DbnArgs {
    /// Of dbn: what it holds, orders (mbo), best bids and offers (mbp-1), or trades [default: what the
    /// streams are].
    #[arg(long, value_name = "mbo|mbp-1|trades")]
    pub schema: Option<Schema>,

    /// Of dbn: the midnight that the venue's clock counts from, such as 2019-12-30T00:00:00-05:00.
    #[arg(long, value_name = "TIME", value_parser = midnight)]
    pub midnight: Option<u64>,
}

/// A file of DBN to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    schema: Schema,
    dataset: String,
    /// In ns since the Unix epoch.
    clock_start: u64,
}

impl DbnArgs {
    /// What the file will be.
    pub fn plan(&self, about: &About) -> Result<Plan, DumpError> {
        let clock_start = match (about.epoch, self.midnight) {
            (Epoch::Unix, None) => 0,
            (Epoch::Unix, Some(_)) => return Err(DumpError::Dated),
            (Epoch::Midnight, None) => return Err(DumpError::Undated),
            (Epoch::Midnight, Some(midnight)) => midnight,
        };
        let schema = match self.schema {
            Some(schema) => schema,
            None => Schema::of(about.streams).map_err(DumpError::Schema)?,
        };
        let dataset = about.source.chars().take(DATASET_MAX).collect();
        Ok(Plan { schema, dataset, clock_start })
    }

    /// The streams that a schema has a place for.
    pub fn publish(&self) -> Option<Publish> {
        let none = Publish { orders: false, levels: false, quotes: false, trades: true };
        self.schema.map(|schema| match schema {
            Schema::Mbo => Publish { orders: true, ..none },
            Schema::Mbp1 => Publish { quotes: true, ..none },
            Schema::Trades => none,
        })
    }
}

fn midnight(text: &str) -> Result<u64, String> {
    parse_utc(text).ok_or_else(|| "expected a time such as 2019-12-30T00:00:00-05:00".to_owned())
}

/// See the head of this file.
pub struct Dbn {
    schema: Schema,
    writer: Writer<File>,
    instruments: Instruments,
    out: Output,
}

impl Dbn {
    /// An empty file. Records wait in a temporary one for what stands before them.
    pub fn new(plan: &Plan, about: &About, out: Output) -> io::Result<Dbn> {
        let Plan { schema, ref dataset, clock_start } = *plan;
        let writer = Writer::new(schema, dataset, clock_start, tempfile::tempfile()?);
        Ok(Dbn { schema, writer, instruments: about.instruments.clone(), out })
    }
}

impl Rows for Dbn {
    fn rows(&mut self, records: &[Record]) -> io::Result<()> {
        let mut records = records.iter();
        records.try_for_each(|record| self.writer.record(&record.msg, record.exchange_ts))
    }

    /// What stands first in the file is known last.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<Output> {
        let names = self.instruments.iter().map(|known| (known.symbol, known.name().text()));
        let written = self.writer.finish(&names.collect::<HashMap<_, _>>(), &mut self.out)?;
        if written.left_out > 0 {
            let (left_out, schema) = (grouped(written.left_out), self.schema);
            tracing::info!(
                "{left_out} records have no place in schema {schema}, and were left out"
            );
        }
        Ok(self.out)
    }
}
