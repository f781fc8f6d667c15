//! The stream of records as a file of Databento Binary Encoding, version 3, which the crate `dbn` and
//! the command of that name read.
//!
//! A file has one schema: [`Schema::Mbo`] takes the orders (and the trades among them),
//! [`Schema::Mbp1`] the best bids and offers (and the trades), [`Schema::Trades`] the trades alone.
//! What does not fit the schema is left out and counted.
//!
//! | record | `mbo` | `mbp-1` | `trades` |
//! |---|---|---|---|
//! | `Add` | `A` | | |
//! | `Reduce`, `Delete` | `C` | | |
//! | `Replace` and its `Add` | `M`; with another id `C` and `A` | | |
//! | `Execute` and its `Trade` | `T`, `F`, `C` | `T` | `T` |
//! | `Fill` | `F` | | |
//! | `Trade` | `T` | `T` | `T` |
//! | both `Quote`s | | `A`, `M` or `C` of the side that changed, `M` of side `N` for both | |
//! | `Clear` | `R` of the symbol, or of all | the same | |
//! | `Gap` | from then on `MAYBE_BAD_BOOK` | the same | the same |
//!
//! Carried: order id (of a trade the match number), price, size, side (of a trade turned over, as DBN
//! names the aggressor), the venue's time as `ts_event`, the symbol, and the flags `LAST`, `SNAPSHOT`
//! and `MAYBE_BAD_BOOK`. Lost, as a record has no place for it: the times of capture (`ts_recv` is
//! `ts_event` and marked `BAD_TS_RECV`, `ts_in_delta` 0), channel, venue's sequence number, publisher,
//! numbers of orders at a level, and the flags of a trade that say which statistics it sets.
//!
//! Instruments are numbered from 1 in the order of their appearance; the metadata names them. It comes
//! first in a file and is known last, so records wait in a spool until [`Writer::finish`].

use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufWriter, Read, Seek, Write};
use std::str::FromStr;

use tickline_shared::msg::{Flags, Kind, Msg};
use tickline_shared::ring::layout::Streams;
use tickline_shared::units::Symbol;

mod instruments;
mod orders;
mod record;
mod tops;

use instruments::Instruments;
use orders::Orders;
use record::Entry;
use tops::Tops;

/// What the records of a file are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Schema {
    /// Orders, one by one.
    Mbo,
    /// Best bid and offer.
    Mbp1,
    /// Trades.
    Trades,
}

impl Schema {
    /// Every schema with its name.
    pub const ALL: [(Schema, &'static str); 3] =
        [(Schema::Mbo, "mbo"), (Schema::Mbp1, "mbp-1"), (Schema::Trades, "trades")];

    /// The name in Databento's documentation and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Schema::Mbo => "mbo",
            Schema::Mbp1 => "mbp-1",
            Schema::Trades => "trades",
        }
    }

    /// The schema that takes all that a stream publishes.
    pub fn of(streams: Streams) -> Result<Schema, Ambiguous> {
        match streams {
            Streams { orders: true, quotes: false, .. } => Ok(Schema::Mbo),
            Streams { orders: false, quotes: true, .. } => Ok(Schema::Mbp1),
            Streams { orders: true, quotes: true, .. } => Err(Ambiguous::OrdersAndQuotes),
            Streams { levels: true, .. } => Err(Ambiguous::Levels),
            Streams { trades: true, .. } => Ok(Schema::Trades),
            Streams { .. } => Err(Ambiguous::Nothing),
        }
    }
}

/// No schema takes all that a stream publishes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Ambiguous {
    /// Two schemas fit.
    #[error(
        "the stream holds orders and quotes, and a DBN file one of them: choose schema `mbo` or \
         `mbp-1`"
    )]
    OrdersAndQuotes,
    /// None holds price levels as a venue sends them, one by one.
    #[error("the stream holds price levels, and no schema does: publish `quotes` for `mbp-1`")]
    Levels,
    /// None does.
    #[error(
        "the stream holds neither orders nor quotes nor trades: publish what the file should hold"
    )]
    Nothing,
}

/// No schema has this name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is no schema that is written: known are mbo, mbp-1, trades")]
pub struct UnknownSchema(pub String);

impl FromStr for Schema {
    type Err = UnknownSchema;

    fn from_str(name: &str) -> Result<Schema, UnknownSchema> {
        let row = Schema::ALL.iter().find(|(_, known)| *known == name);
        row.map(|(schema, _)| *schema).ok_or_else(|| UnknownSchema(name.to_owned()))
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// Records of the file.
    pub records: u64,
    /// Records of the stream that the schema has no place for.
    pub left_out: u64,
}

/// See the head of this file. `S` is the spool: a temporary file, or memory.
pub struct Writer<S: Write> {
    schema: Schema,
    dataset: String,
    /// Nanoseconds from the Unix epoch to what the venue's clock counts from.
    clock_start: u64,
    orders: Orders,
    tops: Tops,
    out: Out<S>,
}

/// What all schemas share: from a record of the file to the spool.
struct Out<S: Write> {
    spool: BufWriter<S>,
    instruments: Instruments,
    /// Written when the next one comes: the end of its event may still be told.
    pending: Option<Entry>,
    /// The first and the last time.
    span: Option<(u64, u64)>,
    written: Written,
    /// Whether something before is missing.
    gap: bool,
}

impl<S: Write + Read + Seek> Writer<S> {
    /// A file of one schema. `dataset` is at most 15 characters and names where the data are from;
    /// `clock_start` is the midnight, in ns since the Unix epoch, that a venue's clock counts from, 0
    /// for one that counts from that epoch.
    pub fn new(schema: Schema, dataset: &str, clock_start: u64, spool: S) -> Writer<S> {
        Writer {
            schema,
            dataset: dataset.to_owned(),
            clock_start,
            orders: Orders::default(),
            tops: Tops::default(),
            out: Out {
                spool: BufWriter::new(spool),
                instruments: Instruments::default(),
                pending: None,
                span: None,
                written: Written::default(),
                gap: false,
            },
        }
    }

    /// Takes one record of the stream; `exchange_ts` is the venue's clock.
    pub fn record(&mut self, msg: &Msg, exchange_ts: u64) -> io::Result<()> {
        let ts = exchange_ts.saturating_add(self.clock_start);
        self.out.gap |= msg.kind == Kind::Gap;
        let taken = match self.schema {
            Schema::Mbo => self.orders.take(msg, ts, &mut self.out)?,
            Schema::Mbp1 => self.tops.take(msg, ts, &mut self.out)?,
            Schema::Trades => match msg.kind {
                Kind::Trade => self.out.put(Entry::trade(msg, ts), msg).map(|()| true)?,
                _ => false,
            },
        };
        if !taken {
            self.out.leave_out(msg);
        }
        Ok(())
    }

    /// Writes the file: the metadata, in which an instrument has the name that `names` gives for its
    /// symbol, where there is one, and the records.
    pub fn finish(
        mut self,
        names: &HashMap<Symbol, String>,
        mut file: impl Write,
    ) -> io::Result<Written> {
        self.orders.flush(&mut self.out)?;
        self.out.push(None)?;
        let Out { spool, instruments, span, written, .. } = self.out;
        let metadata = instruments.metadata(self.schema, &self.dataset, span, names)?;
        dbn::encode::DbnMetadataEncoder::new(&mut file)
            .encode(&metadata)
            .map_err(io::Error::other)?;
        let mut spool = spool.into_inner().map_err(|error| error.into_error())?;
        spool.rewind()?;
        io::copy(&mut spool, &mut file)?;
        file.flush()?;
        Ok(written)
    }
}

impl<S: Write> Out<S> {
    /// Writes a record about the symbol of `msg`, with the flags of it.
    fn put(&mut self, mut entry: Entry, msg: &Msg) -> io::Result<()> {
        let flags = if self.gap { msg.flags | Flags::STALE } else { msg.flags };
        entry.complete(self.instruments.number(msg.symbol), flags);
        self.push(Some(entry))
    }

    fn push(&mut self, entry: Option<Entry>) -> io::Result<()> {
        if let Some(before) = std::mem::replace(&mut self.pending, entry) {
            let ts = before.ts_event();
            let (first, last) = *self.span.get_or_insert((ts, ts));
            self.span = Some((first.min(ts), last.max(ts)));
            self.written.records += 1;
            before.write(&mut self.spool)?;
        }
        Ok(())
    }

    /// A record that the schema has no place for; the end of an event that it marks is that of the
    /// record before it.
    fn leave_out(&mut self, msg: &Msg) {
        self.written.left_out += 1;
        if msg.flags.contains(Flags::LAST)
            && let Some(pending) = &mut self.pending
            && Some(pending.instrument()) == self.instruments.known(msg.symbol)
        {
            pending.end_event();
        }
    }

    /// The symbols that a clear concerns: its own, or all.
    fn cleared(&mut self, msg: &Msg) -> Vec<Symbol> {
        self.gap = false;
        match msg.symbol {
            Symbol::NONE => self.instruments.symbols().to_vec(),
            symbol => vec![symbol],
        }
    }
}

#[cfg(test)]
mod tests;
