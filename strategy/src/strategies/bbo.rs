//! `bbo`: top of book and trades by symbol.
//!
//! Reads quotes and trades; of a stream that publishes orders or price levels it keeps the book itself.

use std::io::{self, Write};

use rustc_hash::FxHashMap;
use tickline_shared::book::MsgBook;
use tickline_shared::msg::{Flags, Kind, Msg, Side};
use tickline_shared::ring::layout::Streams;
use tickline_shared::units::{Price, Symbol};

use crate::run::{Strategy, Tick};
use crate::signals::Signals;

/// Symbols for which there is room from the start: all that a US exchange lists.
const SYMBOLS: usize = 16_384;

/// Live orders for which there is room when the stream turns out to publish orders.
const LIVE_ORDERS: usize = 2_000_000;

/// Price levels for which there is room when it turns out to publish those.
const LEVELS: usize = 16 * SYMBOLS;

/// Lines of the report.
const SHOWN: usize = 20;

/// A side of the top of a book.
#[derive(Clone, Copy, Debug)]
struct Quote {
    price: Price,
    quantity: u64,
}

/// What is known of a symbol.
#[derive(Clone, Copy, Debug)]
struct Row {
    bid: Quote,
    ask: Quote,
    /// The last top that was not empty on both sides.
    last_bid: Quote,
    last_ask: Quote,
    trades: u64,
    volume: u64,
    last: Price,
}

const NO_QUOTE: Quote = Quote { price: Price::NONE, quantity: 0 };
const NEW_ROW: Row = Row {
    bid: NO_QUOTE,
    ask: NO_QUOTE,
    last_bid: NO_QUOTE,
    last_ask: NO_QUOTE,
    trades: 0,
    volume: 0,
    last: Price::NONE,
};

/// The strategy.
pub struct Bbo {
    rows: FxHashMap<Symbol, Row>,
    book: Option<MsgBook>,
}

impl Bbo {
    /// A strategy for a ring that carries these streams; a book of its orders, two million at a time,
    /// or of its levels is made here, before the first record.
    ///
    /// # Errors
    /// Where the memory for the book is not to be had.
    pub fn new(streams: Streams) -> io::Result<Bbo> {
        let mut rows = FxHashMap::with_capacity_and_hasher(SYMBOLS, Default::default());
        // Touched once, so that the first symbols fault no pages in.
        rows.extend((0..SYMBOLS as u64).map(|n| (Symbol(n.to_le_bytes()), NEW_ROW)));
        rows.clear();
        let book = match streams {
            Streams { orders: true, .. } => Some(MsgBook::with_capacity(LIVE_ORDERS, SYMBOLS)?),
            Streams { levels: true, .. } => Some(MsgBook::of_levels(LEVELS, SYMBOLS)?),
            _ => None,
        };
        Ok(Bbo { rows, book })
    }

    #[inline]
    fn quote(&mut self, msg: &Msg) {
        let quote = Quote { price: msg.price, quantity: msg.quantity.into() };
        let row = self.rows.entry(msg.symbol).or_insert(NEW_ROW);
        match msg.side {
            Side::Bid => row.bid = quote,
            _ => row.ask = quote,
        }
        // The offer ends the pair. At the end of a day every book is empty, so the last top that
        // it had is kept beside it.
        if msg.flags.contains(Flags::LAST) && (row.bid.quantity > 0 || row.ask.quantity > 0) {
            (row.last_bid, row.last_ask) = (row.bid, row.ask);
        }
    }

    #[inline]
    fn trade(&mut self, msg: &Msg) {
        let row = self.rows.entry(msg.symbol).or_insert(NEW_ROW);
        row.trades += 1;
        row.volume += u64::from(msg.quantity);
        if !msg.flags.contains(Flags::VOLUME_ONLY) {
            row.last = msg.price;
        }
    }

    /// A row with the top of the book that was kept here, where that is how it is known.
    fn row(&self, symbol: Symbol, row: Row) -> Row {
        let Some(book) = &self.book else { return row };
        let top = book.bbo(symbol);
        let quote = |price, quantity| Quote { price, quantity };
        Row {
            bid: quote(top.bid.price, top.bid.quantity),
            ask: quote(top.ask.price, top.ask.quantity),
            ..row
        }
    }
}

impl Strategy for Bbo {
    #[inline]
    fn on_msg(&mut self, tick: &Tick, _out: &mut Signals) {
        let msg = &tick.msg;
        match msg.kind {
            Kind::Quote => self.quote(msg),
            Kind::Trade if !msg.flags.contains(Flags::NON_PRINTABLE) => self.trade(msg),
            Kind::Add
            | Kind::Reduce
            | Kind::Delete
            | Kind::Replace
            | Kind::Execute
            | Kind::Level => {
                if let Some(book) = &mut self.book {
                    let _ = book.apply(msg);
                }
                if matches!(msg.kind, Kind::Add | Kind::Level) {
                    self.rows.entry(msg.symbol).or_insert(NEW_ROW);
                }
            }
            Kind::Clear => {
                if let Some(book) = &mut self.book {
                    let _ = book.apply(msg);
                }
            }
            _ => {}
        }
    }

    fn report(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.rows.iter().map(|(symbol, row)| (*symbol, self.row(*symbol, *row)));
        let mut rows: Vec<_> = rows.collect();
        rows.sort_by_key(|(symbol, row)| (std::cmp::Reverse(row.volume), *symbol));
        let shown = rows.len().min(SHOWN);
        writeln!(
            out,
            "top of book and trades, {shown} of {} symbols by volume (*: the book is empty now, \
             this was its last top)",
            rows.len()
        )?;
        writeln!(
            out,
            "{:<9} {:>10} {:>13} {:>13} {:>10} {:>13} {:>9} {:>12}",
            "symbol", "bid size", "bid", "ask", "ask size", "last", "trades", "volume"
        )?;
        for (symbol, row) in rows.iter().take(SHOWN) {
            let empty = row.bid.quantity == 0 && row.ask.quantity == 0;
            let (bid, ask) = if empty { (row.last_bid, row.last_ask) } else { (row.bid, row.ask) };
            let mark = if empty && (bid.quantity > 0 || ask.quantity > 0) { "*" } else { "" };
            writeln!(
                out,
                "{:<9} {:>10} {:>13} {:>13} {:>10} {:>13} {:>9} {:>12}",
                format!("{symbol}{mark}"),
                bid.quantity,
                bid.price,
                ask.price,
                ask.quantity,
                row.last,
                row.trades,
                row.volume
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTES: Streams = Streams { orders: false, quotes: true, trades: true, levels: false };

    fn run(streams: Streams, msgs: &[Msg]) -> String {
        let (mut bbo, mut signals) = (Bbo::new(streams).unwrap(), Signals::default());
        for msg in msgs {
            bbo.on_msg(&Tick { msg: *msg, number: 0, exchange_ts: 0, poll: 0 }, &mut signals);
        }
        let mut report = Vec::new();
        bbo.report(&mut report).unwrap();
        String::from_utf8(report).unwrap()
    }

    fn msg(kind: Kind, side: Side, id: u64, price: u32, quantity: u32) -> Msg {
        let (price, symbol) = (Price::from_e4(price), "IVOO".parse().unwrap());
        Msg { id, price, quantity, kind, side, flags: Flags::LAST, venue: 0, symbol }
    }

    #[test]
    fn quotes_and_trades_are_shown() {
        let report = run(
            QUOTES,
            &[
                msg(Kind::Quote, Side::Bid, 1, 873_900, 1600),
                msg(Kind::Quote, Side::Ask, 1, 874_000, 200),
                msg(Kind::Trade, Side::Bid, 2, 873_900, 100),
                msg(Kind::Trade, Side::Ask, 3, 874_000, 50),
            ],
        );
        let line: Vec<_> = report.lines().nth(2).unwrap().split_whitespace().collect();
        assert_eq!(line, ["IVOO", "1600", "87.39", "87.40", "200", "87.40", "2", "150"]);
    }

    #[test]
    fn of_an_empty_book_the_last_top_is_shown() {
        let no_price = |side| Msg { price: Price::NONE, ..msg(Kind::Quote, side, 2, 0, 0) };
        let report = run(
            QUOTES,
            &[
                Msg { flags: Flags::default(), ..msg(Kind::Quote, Side::Bid, 1, 873_900, 1600) },
                msg(Kind::Quote, Side::Ask, 1, 874_000, 200),
                Msg { flags: Flags::default(), ..no_price(Side::Bid) },
                no_price(Side::Ask),
            ],
        );
        let line: Vec<_> = report.lines().nth(2).unwrap().split_whitespace().collect();
        assert_eq!(line, ["IVOO*", "1600", "87.39", "87.40", "200", "-", "0", "0"]);
    }

    #[test]
    fn a_book_is_kept_from_orders() {
        let report = run(
            Streams { orders: true, ..QUOTES },
            &[
                msg(Kind::Add, Side::Bid, 1, 873_900, 1600),
                msg(Kind::Add, Side::Bid, 2, 873_800, 10),
                msg(Kind::Execute, Side::Bid, 1, 873_900, 1600),
            ],
        );
        let line: Vec<_> = report.lines().nth(2).unwrap().split_whitespace().collect();
        assert_eq!(line, ["IVOO", "10", "87.38", "-", "0", "-", "0", "0"]);
    }
    #[test]
    fn a_book_is_kept_from_levels() {
        let report = run(
            Streams { levels: true, ..QUOTES },
            &[
                msg(Kind::Level, Side::Bid, 1, 873_900, 1600),
                msg(Kind::Level, Side::Bid, 2, 873_800, 10),
                msg(Kind::Level, Side::Bid, 3, 873_900, 0),
            ],
        );
        let line: Vec<_> = report.lines().nth(2).unwrap().split_whitespace().collect();
        assert_eq!(line, ["IVOO", "10", "87.38", "-", "0", "-", "0", "0"]);
    }
}
