//! Books for people: one table of two sides for each symbol.

use std::io::{self, Write};

use tickline_feed::venue::market::Keeps;
use tickline_shared::book::Level;
use tickline_shared::msg::{Status, Topic};

use super::About;
use super::at::time;
use super::view::{OneBook, View};
use crate::table::{grid, grouped};

/// Writes them all.
pub fn write(out: &mut impl Write, about: &About, view: &View) -> io::Result<()> {
    writeln!(out, "{}", title(about))?;
    if about.gaps > 0 {
        let (gaps, missing) = (grouped(about.gaps), grouped(about.gap_messages));
        writeln!(out, "gaps: {gaps}, messages missing: {missing}")?;
    }
    for book in &view.books {
        writeln!(out, "\n{}", heading(about, book))?;
        if !book.bids.best.is_empty() || !book.asks.best.is_empty() {
            write!(out, "{}", grid(&rows(view, book), 0))?;
        }
    }
    write!(out, "{}", remainder(about, view))
}

/// What it is of, and as of when.
fn title(about: &About) -> String {
    let kept = match about.venue.keeps() {
        Keeps::Orders => "from its orders",
        Keeps::Levels => "from its price levels",
        Keeps::Quotes => "its best bid and offer",
        Keeps::Nothing => "from what was recorded",
    };
    let as_of = match about.as_of {
        Some(ns) => format!("as of {}", time(about.epoch, ns)),
        None => "of no time".to_owned(),
    };
    let (files, messages) = (about.files.join(", "), grouped(about.messages));
    format!("{files}: {}, {kept}, {as_of}, after {messages} messages", about.venue)
}

/// A symbol and what state its book is in.
fn heading(about: &About, book: &OneBook) -> String {
    let state = book.state.name().to_owned();
    let halt = book.halt.map(|status| halted(&status));
    let stale = book.stale.then(|| "stale".to_owned());
    let states: Vec<_> = [Some(state), halt, stale].into_iter().flatten().collect();
    let levels = match (book.bids.count, book.asks.count) {
        _ if about.venue.keeps() == Keeps::Quotes => String::new(),
        (bids, asks) => {
            format!("; {} bid and {} ask levels", grouped(bids as u64), grouped(asks as u64))
        }
    };
    let last = book.last_ts.map(|ns| format!(", the last {}", time(about.epoch, ns)));
    let records = format!("{} records{}", grouped(book.records), last.unwrap_or_default());
    format!("{}  {}{levels}; {records}", book.symbol, states.join(", "))
}

/// Why a symbol does not trade, with the venue's code and reason.
pub fn halted(status: &Status) -> String {
    let word = match (status.topic, status.code) {
        (Topic::Trading, b'H') | (Topic::Operational, _) => "halted",
        (Topic::Trading, b'P') => "paused",
        _ => "not trading",
    };
    format!("{word} ({})", code(status))
}

/// The venue's code, and its reason where it gives one.
pub fn code(status: &Status) -> String {
    let text = |bytes: &[u8]| {
        let bytes = bytes.iter().filter(|byte| **byte != 0);
        bytes.flat_map(|byte| byte.escape_ascii()).map(char::from).collect::<String>()
    };
    match text(&status.reason) {
        reason if reason.is_empty() => text(&[status.code]),
        reason => format!("{} {reason}", text(&[status.code])),
    }
}

/// The table, its columns from the outside to the best prices in the middle.
fn rows(view: &View, book: &OneBook) -> Vec<Vec<String>> {
    let bid = |cells: [String; 3]| cells.into_iter().skip(usize::from(!view.counts_orders));
    let ask =
        |cells: [String; 3]| cells.into_iter().rev().take(if view.counts_orders { 3 } else { 2 });
    let names = |price: &str| ["orders", "quantity", price].map(str::to_owned);
    let header = bid(names("bid")).chain(ask(names("ask"))).collect();
    let count = book.bids.best.len().max(book.asks.best.len());
    let row = |at: usize| {
        let [bids, asks] =
            [&book.bids, &book.asks].map(|side| cells(side.best.get(at), book.quantity_decimals));
        bid(bids).chain(ask(asks)).collect()
    };
    std::iter::once(header).chain((0..count).map(row)).collect()
}

fn cells(level: Option<&Level>, decimals: u8) -> [String; 3] {
    let Some(level) = level else { return Default::default() };
    [grouped(level.orders), quantity(level.quantity, decimals), level.price.to_string()]
}

/// A quantity that counts the last of so many decimals; whole ones with their digits in groups.
fn quantity(count: u64, decimals: u8) -> String {
    if decimals == 0 {
        return grouped(count);
    }
    units(count, decimals)
}

/// The same for programs.
pub fn units(count: u64, decimals: u8) -> String {
    let unit = 10u64.pow(u32::from(decimals.min(18)));
    let digits = usize::from(decimals.min(18));
    match digits {
        0 => count.to_string(),
        _ => format!("{}.{:0digits$}", count / unit, count % unit),
    }
}

/// What is not shown, and how to see it.
fn remainder(about: &About, view: &View) -> String {
    let count = |count: usize, one: &str, several: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{} {several}", grouped(count as u64)),
    };
    let more = count(view.more, "more symbol has a book", "more symbols have a book");
    let empty = count(view.empty, "book is empty", "books are empty");
    let hint = match (view.books.is_empty(), view.more, view.empty) {
        (true, _, 0) if about.missing.is_empty() => "no symbol has a book".to_owned(),
        (true, _, 1..) => format!("{empty}, and there is no other: --at shows an earlier time"),
        (_, 0, 0) => return String::new(),
        (_, 0, _) => empty,
        _ => format!("{more}, {empty}: --limit shows more, --symbols others"),
    };
    format!("\n{hint}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halts_are_told_with_the_code_of_the_venue() {
        let check = |topic, code, reason: &[u8; 4], expected: &str| {
            assert_eq!(halted(&Status { topic, code, reason: *reason }), expected);
        };
        check(Topic::Trading, b'H', b"T1\0\0", "halted (H T1)");
        check(Topic::Trading, b'P', b"LUDP", "paused (P LUDP)");
        check(Topic::Trading, b'Q', b"\0\0\0\0", "not trading (Q)");
        check(Topic::Operational, b'O', b"\0\0\0\0", "halted (O)");
        check(Topic::Trading, 0x1b, b"\xff\0\0\0", "not trading (\\x1b \\xff)");
    }
}
