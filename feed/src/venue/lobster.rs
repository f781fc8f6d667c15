//! LOBSTER's message files ("Output Structure", LOBSTER 2013 to 2024): every event of the order book
//! of one instrument for a day, reconstructed from Nasdaq's feed. A row is a message:
//!
//! ```text
//! 34200.004241176,1,16113575,18,5853300,1
//! seconds         type order  size price×10^4 direction
//! ```
//!
//! Types: 1 an order enters, 2 loses a part by cancellation, 3 leaves; 4 a visible order is executed,
//! 5 a hidden one; 6 a cross; 7 trading halts (price -1), quoting resumes (0), trading resumes (1).
//! Direction: 1 the order buys, -1 it sells. Times count from midnight of the exchange; matches have no
//! numbers. Rows have no symbol: it is the first part of the file's name, which LOBSTER writes as
//! `TICKER_date_start_end_message_levels.csv`.
//!
//! A file begins while the book is full: what it says of orders from before is counted as of unknown
//! ones. Columns behind the sixth are ignored.

use std::path::Path;

use tickline_shared::instruments::{Name, alias};
use tickline_shared::msg::{Flags, Side, Status, Topic};
use tickline_shared::ring::layout::Epoch;
use tickline_shared::units::{Price, Symbol};

use super::decimal::Decimal;
use super::json::unsigned;
use super::market::{Decoded, Decoder, Keeps, MarketEvent, Setting};
use super::{Family, Refused};

/// Columns of a row.
const COLUMNS: usize = 6;

/// A row of a message file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Row {
    /// Nanoseconds since midnight.
    time: u64,
    /// The digit of its type.
    kind: u8,
    /// The order; `None` for -1, which a cross has.
    order: Option<u64>,
    size: u64,
    /// In 1e-4 dollars.
    price: i64,
    side: Side,
    /// Whether there are more columns.
    longer: bool,
}

impl Row {
    /// Reads a row. Of a type that is not known, the rest is not looked at.
    #[inline]
    fn of(line: &[u8]) -> Result<Row, Refused> {
        let (mut cells, mut count) = ([&[][..]; COLUMNS], 0);
        for cell in line.split(|&byte| byte == b',') {
            if let Some(place) = cells.get_mut(count) {
                *place = cell.trim_ascii();
            }
            count += 1;
        }
        let [time, kind, order, size, price, direction] = cells;
        let kind = match kind {
            [kind @ b'1'..=b'7'] if count >= COLUMNS => *kind,
            [kind] if count >= COLUMNS => return Err(Refused::Unknown(*kind)),
            [kind @ b'1'..=b'7'] => return Err(Refused::Short(*kind)),
            _ => return Err(Refused::Damaged),
        };
        let side = match direction {
            b"1" | b"+1" => Some(Side::Bid),
            b"-1" => Some(Side::Ask),
            _ => None,
        };
        let row = || {
            Some(Row {
                time: Decimal::parse(time)?.nanos()?,
                kind,
                order: if order == b"-1" { None } else { Some(unsigned(order)?) },
                size: unsigned(size)?,
                price: signed(price)?,
                side: side?,
                longer: count > COLUMNS,
            })
        };
        row().ok_or(Refused::Damaged)
    }

    /// What it says. Its order must have a number, and a size that a record holds.
    #[inline]
    fn event(&self, symbol: Symbol) -> Result<MarketEvent, Refused> {
        let id = self.order.ok_or(Refused::Damaged);
        let quantity = u32::try_from(self.size).map_err(|_| Refused::Damaged);
        Ok(match self.kind {
            b'1' => {
                let (side, price) = (self.side, self.price()?);
                MarketEvent::Add { id: id?, side, price, quantity: quantity?, symbol }
            }
            b'2' => MarketEvent::Reduce { id: id?, quantity: quantity? },
            b'3' => MarketEvent::Delete { id: id? },
            b'4' => MarketEvent::Execute {
                id: id?,
                quantity: quantity?,
                match_id: 0,
                price: None,
                flags: Flags::default(),
            },
            b'5' | b'6' => MarketEvent::Trade {
                match_id: 0,
                // Of a cross the direction means nothing.
                side: if self.kind == b'5' { self.side } else { Side::None },
                price: self.price()?,
                quantity: self.size,
                flags: Flags::default(),
                symbol,
            },
            _ => {
                // As ITCH has them: halted, quotation only, trading.
                let code = match self.price {
                    -1 => b'H',
                    0 => b'Q',
                    1 => b'T',
                    _ => return Err(Refused::Damaged),
                };
                let status = Status { topic: Topic::Trading, code, reason: [0; 4] };
                MarketEvent::Status { status, symbol }
            }
        })
    }

    fn price(&self) -> Result<Price, Refused> {
        // 1e-4 in 1e-9.
        const UNIT: i64 = 100_000;
        let price = self.price.checked_mul(UNIT).map(Price);
        price.filter(|price| *price != Price::NONE).ok_or(Refused::Damaged)
    }
}

fn signed(text: &[u8]) -> Option<i64> {
    match text {
        [b'-', digits @ ..] => i64::try_from(unsigned(digits)?).ok().map(|value| -value),
        digits => i64::try_from(unsigned(digits)?).ok(),
    }
}

/// What a table is that might be one of LOBSTER's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Table {
    /// Events.
    Messages,
    /// The book after each of them: four columns a level, no types and no times.
    OrderBook,
}

/// What a line of a table is of.
pub(crate) fn table(line: &[u8]) -> Option<Table> {
    if Row::of(line).is_ok() {
        return Some(Table::Messages);
    }
    let cells = line.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
    let count = cells.clone().count();
    let levels = count >= 4 && count.is_multiple_of(4);
    (levels && cells.into_iter().all(|cell| signed(cell).is_some())).then_some(Table::OrderBook)
}

/// The ticker in the name of a file: what stands before the first `_`, or else before the endings.
fn ticker(path: &Path) -> Name {
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let name = match name.split_once('_') {
        Some((ticker, _)) if !ticker.is_empty() => ticker,
        _ => name.split('.').next().unwrap_or_default(),
    };
    Name::of(name)
}

/// Decodes message files.
#[derive(Clone, Copy, Debug)]
pub struct Lobster {
    symbol: Symbol,
}

impl Decoder for Lobster {
    type Instrument = Symbol;
    const FAMILY: Family = Family::Lines;
    const EPOCH: Epoch = Epoch::Midnight;
    const KEEPS: Keeps = Keeps::Orders;

    fn new(setting: &Setting<'_>) -> Lobster {
        Lobster { symbol: alias(&ticker(setting.path), |_| false) }
    }

    #[inline]
    fn decode(&mut self, bytes: &[u8]) -> Result<Decoded<Symbol>, Refused> {
        if bytes.is_empty() {
            return Err(Refused::Empty);
        }
        let row = Row::of(bytes)?;
        let event = row.event(self.symbol)?;
        let Row { kind, longer, time, .. } = row;
        Ok(Decoded { kind, longer, timestamp: time, instrument: self.symbol, event })
    }
}

#[cfg(test)]
mod tests;
