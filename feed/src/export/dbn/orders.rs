//! Schema `mbo`: orders, and the trades among them.

use std::io::{self, Write};

use tickline_shared::msg::{Flags, Kind, Msg};

use super::Out;
use super::record::{Entry, Happened};

/// A record that its successor says more about: what replaces an order, or the trade in which one was
/// executed.
#[derive(Debug, Default)]
pub(super) struct Orders {
    held: Option<(Msg, u64)>,
}

impl Orders {
    /// Takes a record of the stream; `false` for one that the schema has no place for.
    pub(super) fn take<S: Write>(
        &mut self,
        msg: &Msg,
        ts: u64,
        out: &mut Out<S>,
    ) -> io::Result<bool> {
        let done = match (msg.kind, self.held) {
            (Kind::Add, Some((old, _))) if old.kind == Kind::Replace && old.id == msg.id => {
                self.held = None;
                order(b'M', msg, ts, out)
            }
            (Kind::Trade, Some((executed, at))) if executed.kind == Kind::Execute => {
                self.held = None;
                let within = Msg { flags: without_last(msg.flags), ..*msg };
                out.put(Entry::order(msg.id, Happened::trade(msg), ts), &within)?;
                execute(&Msg { flags: executed.flags | msg.flags, ..executed }, msg, at, out)
            }
            _ => {
                self.flush(out)?;
                return self.alone(msg, ts, out);
            }
        };
        done.map(|()| true)
    }

    /// A record before which nothing is held.
    fn alone<S: Write>(&mut self, msg: &Msg, ts: u64, out: &mut Out<S>) -> io::Result<bool> {
        match msg.kind {
            Kind::Add => order(b'A', msg, ts, out)?,
            Kind::Reduce | Kind::Delete => order(b'C', msg, ts, out)?,
            Kind::Fill => order(b'F', msg, ts, out)?,
            Kind::Trade => out.put(Entry::order(msg.id, Happened::trade(msg), ts), msg)?,
            Kind::Replace => self.held = Some((*msg, ts)),
            Kind::Execute if msg.flags.contains(Flags::LAST) => execute(msg, msg, ts, out)?,
            Kind::Execute => self.held = Some((*msg, ts)),
            Kind::Clear => {
                for symbol in out.cleared(msg) {
                    out.put(Entry::order(0, Happened::CLEAR, ts), &Msg { symbol, ..*msg })?;
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Writes what is held: its successor did not come.
    pub(super) fn flush<S: Write>(&mut self, out: &mut Out<S>) -> io::Result<()> {
        match self.held.take() {
            Some((msg, ts)) if msg.kind == Kind::Execute => execute(&msg, &msg, ts, out),
            Some((msg, ts)) => order(b'C', &msg, ts, out),
            None => Ok(()),
        }
    }
}

fn order<S: Write>(action: u8, msg: &Msg, ts: u64, out: &mut Out<S>) -> io::Result<()> {
    out.put(Entry::order(msg.id, Happened::of(action, msg), ts), msg)
}

/// The fill of an order, at the price of its trade, and what it takes from the order.
fn execute<S: Write>(msg: &Msg, trade: &Msg, ts: u64, out: &mut Out<S>) -> io::Result<()> {
    let flags = without_last(msg.flags);
    let fill = Msg { price: trade.price, quantity: trade.quantity, flags, ..*msg };
    order(b'F', &fill, ts, out)?;
    order(b'C', msg, ts, out)
}

fn without_last(flags: Flags) -> Flags {
    Flags(flags.0 & !Flags::LAST.0)
}
