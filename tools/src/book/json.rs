//! Books for programs: one JSON object. Whatever may have 64 bits or a fraction is a string, as in
//! `tickline dump`, so that no reader rounds it.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::json;
use tickline_feed::venue::market::Keeps;
use tickline_shared::book::Level;
use tickline_shared::ring::layout::Epoch;

use super::About;
use super::text::{code, halted, units};
use super::view::{Levels, OneBook, View};

/// One symbol.
#[derive(Serialize)]
struct Row {
    symbol: String,
    state: &'static str,
    stale: bool,
    /// In words, with the venue's code; `null` while it trades.
    halted: Option<String>,
    /// The venue's code and reason.
    halt_code: Option<String>,
    bid_levels: usize,
    ask_levels: usize,
    bids: Vec<Step>,
    asks: Vec<Step>,
    records: u64,
    last_ts: Option<String>,
}

/// One level.
#[derive(Serialize)]
struct Step {
    price: String,
    quantity: String,
    /// `null` where the venue does not say it.
    orders: Option<u64>,
}

/// Writes them all.
pub fn write(out: &mut impl Write, about: &About, view: &View) -> io::Result<()> {
    let kept = match about.venue.keeps() {
        Keeps::Orders => "orders",
        Keeps::Levels => "levels",
        Keeps::Quotes => "quotes",
        Keeps::Nothing => "records",
    };
    let epoch = match about.epoch {
        Epoch::Unix => "unix",
        Epoch::Midnight => "midnight",
    };
    let rows: Vec<_> = view.books.iter().map(|book| row(book, view.counts_orders)).collect();
    let missing: Vec<_> = about.missing.iter().map(|symbol| symbol.text()).collect();
    let object = json!({
        "files": about.files,
        "venue": about.venue.name(),
        "kept_from": kept,
        "as_of": about.as_of.map(|ns| ns.to_string()),
        "epoch": epoch,
        "messages": about.messages,
        "gaps": about.gaps,
        "gap_messages": about.gap_messages,
        "symbols": rows,
        "more_symbols": view.more,
        "empty_symbols": view.empty,
        "missing": missing,
        "error": about.error,
    });
    serde_json::to_writer_pretty(&mut *out, &object)?;
    writeln!(out)
}

fn row(book: &OneBook, counts_orders: bool) -> Row {
    let decimals = book.quantity_decimals;
    let step = |level: &Level| step(level, decimals, counts_orders);
    let steps = |side: &Levels| side.best.iter().map(step).collect();
    Row {
        symbol: book.symbol.name(),
        state: book.state.name(),
        stale: book.stale,
        halted: book.halt.map(|status| halted(&status)),
        halt_code: book.halt.map(|status| code(&status)),
        bid_levels: book.bids.count,
        ask_levels: book.asks.count,
        bids: steps(&book.bids),
        asks: steps(&book.asks),
        records: book.records,
        last_ts: book.last_ts.map(|ns| ns.to_string()),
    }
}

fn step(level: &Level, decimals: u8, counts_orders: bool) -> Step {
    Step {
        price: level.price.to_string(),
        quantity: units(level.quantity, decimals),
        orders: counts_orders.then_some(level.orders),
    }
}
