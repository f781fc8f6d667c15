//! Schema `mbp-1`: best bid and offer, and trades.

use std::collections::HashMap;
use std::io::{self, Write};

use dbn::BidAskPair;
use tickline_shared::msg::{Kind, Msg, Side};
use tickline_shared::units::{Price, Symbol};

use super::Out;
use super::record::{Entry, Happened};

/// The top of each book.
#[derive(Debug, Default)]
pub(super) struct Tops {
    tops: HashMap<Symbol, Top>,
    /// The first of a pair of quotes.
    bid: Option<Msg>,
}

/// A price, and what stands there; nothing at [`Price::NONE`].
type Side1 = (Price, u32);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Top {
    bid: Side1,
    ask: Side1,
}

const EMPTY: Top = Top { bid: (Price::NONE, 0), ask: (Price::NONE, 0) };

impl Top {
    fn pair(self) -> BidAskPair {
        BidAskPair {
            bid_px: self.bid.0.0,
            ask_px: self.ask.0.0,
            bid_sz: self.bid.1,
            ask_sz: self.ask.1,
            bid_ct: 0,
            ask_ct: 0,
        }
    }

    /// What made this out of `before`, as far as the two tell.
    fn since(self, before: Top) -> Happened {
        let (side, was, (price, size)) = match (self.bid != before.bid, self.ask != before.ask) {
            (true, false) => (b'B', before.bid, self.bid),
            (false, true) => (b'A', before.ask, self.ask),
            _ => return Happened { action: b'M', ..Happened::CLEAR },
        };
        let action = match (was.0, price) {
            (Price::NONE, _) => b'A',
            (_, Price::NONE) => b'C',
            _ => b'M',
        };
        Happened { action, side, price, size }
    }
}

impl Tops {
    /// Takes a record of the stream; `false` for one that the schema has no place for.
    pub(super) fn take<S: Write>(
        &mut self,
        msg: &Msg,
        ts: u64,
        out: &mut Out<S>,
    ) -> io::Result<bool> {
        let before = self.tops.get(&msg.symbol).copied().unwrap_or(EMPTY);
        match (msg.kind, msg.side) {
            (Kind::Quote, Side::Bid) => self.bid = Some(*msg),
            (Kind::Quote, Side::Ask) => {
                let bid = self.bid.take().filter(|bid| bid.symbol == msg.symbol);
                let bid = bid.map_or(before.bid, |bid| (bid.price, bid.quantity));
                let top = Top { bid, ask: (msg.price, msg.quantity) };
                self.tops.insert(msg.symbol, top);
                out.put(Entry::top(top.since(before), top.pair(), ts), msg)?;
            }
            (Kind::Trade, _) => {
                out.put(Entry::top(Happened::trade(msg), before.pair(), ts), msg)?;
            }
            (Kind::Clear, _) => {
                for symbol in out.cleared(msg) {
                    self.tops.remove(&symbol);
                    let clear = Entry::top(Happened::CLEAR, EMPTY.pair(), ts);
                    out.put(clear, &Msg { symbol, ..*msg })?;
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}
