//! The instruments of a file, and the metadata that names them.

use std::collections::HashMap;
use std::io;
use std::num::NonZeroU64;

use dbn::{MappingInterval, Metadata, MetadataBuilder, SType, SymbolMapping};
use tickline_shared::units::Symbol;
use time::{Duration, OffsetDateTime};

use super::Schema;

/// Symbols by number, from 1; number 0 is none.
#[derive(Debug, Default)]
pub(super) struct Instruments {
    numbers: HashMap<Symbol, u32>,
    symbols: Vec<Symbol>,
}

impl Instruments {
    /// The number of a symbol, which gets the next one at its first appearance.
    pub(super) fn number(&mut self, symbol: Symbol) -> u32 {
        if symbol == Symbol::NONE {
            return 0;
        }
        *self.numbers.entry(symbol).or_insert_with(|| {
            self.symbols.push(symbol);
            self.symbols.len() as u32
        })
    }

    /// The number of a symbol that has one.
    pub(super) fn known(&self, symbol: Symbol) -> Option<u32> {
        self.numbers.get(&symbol).copied()
    }

    /// All symbols, in the order of their numbers.
    pub(super) fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// What stands at the start of the file.
    pub(super) fn metadata(
        &self,
        schema: Schema,
        dataset: &str,
        span: Option<(u64, u64)>,
        names: &HashMap<Symbol, String>,
    ) -> io::Result<Metadata> {
        let schema = match schema {
            Schema::Mbo => dbn::Schema::Mbo,
            Schema::Mbp1 => dbn::Schema::Mbp1,
            Schema::Trades => dbn::Schema::Trades,
        };
        let (first, last) = span.unwrap_or_default();
        let day = |ts: u64| {
            let time = OffsetDateTime::from_unix_timestamp_nanos(ts.into());
            time.map(OffsetDateTime::date).map_err(io::Error::other)
        };
        let start_date = day(first)?;
        let end_date = day(last)?.saturating_add(Duration::DAY);
        let name = |symbol: &Symbol| names.get(symbol).cloned().unwrap_or_else(|| symbol.name());
        let mapping = |(number, symbol): (u32, &Symbol)| SymbolMapping {
            raw_symbol: name(symbol),
            intervals: vec![MappingInterval { start_date, end_date, symbol: number.to_string() }],
        };
        Ok(MetadataBuilder::new()
            .dataset(dataset)
            .schema(Some(schema))
            .start(first)
            .end(NonZeroU64::new(last.saturating_add(1)).filter(|_| span.is_some()))
            .stype_in(Some(SType::RawSymbol))
            .stype_out(SType::InstrumentId)
            .symbols(self.symbols.iter().map(name).collect())
            .mappings((1..).zip(&self.symbols).map(mapping).collect())
            .build())
    }
}
