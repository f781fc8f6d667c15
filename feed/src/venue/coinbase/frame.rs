//! Frames of Coinbase's Exchange feed ("Exchange WebSocket Channels", 2024, and as it was recorded in
//! 2021): level2, ticker, matches, heartbeat. Members come in any order, those that are not needed may
//! come or go.

use super::super::decimal::Decimal;
use super::super::json::{Bad, Json, Once, plain, unsigned};
use super::super::utc;

/// The kind of a frame: what reports count it by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Kind {
    /// Every level of a book.
    Snapshot = 1,
    /// Levels that changed.
    L2Update,
    /// Best bid and offer as of a trade.
    Ticker,
    /// A trade.
    Match,
    /// The last trade before the subscription.
    LastMatch,
    /// The venue is alive.
    Heartbeat,
    /// The answer to a subscription.
    Subscriptions,
    /// What instruments there are.
    Status,
    /// An answer that says no.
    Error,
    /// Orders of the full channel, auctions and other things that are not kept.
    Other,
}

impl Kind {
    /// Every kind with the venue's name of it.
    const NAMES: &[(Kind, &'static str)] = &[
        (Kind::Snapshot, "snapshot"),
        (Kind::L2Update, "l2update"),
        (Kind::Ticker, "ticker"),
        (Kind::Match, "match"),
        (Kind::LastMatch, "last_match"),
        (Kind::Heartbeat, "heartbeat"),
        (Kind::Subscriptions, "subscriptions"),
        (Kind::Status, "status"),
        (Kind::Error, "error"),
        (Kind::Other, "other"),
    ];

    /// The kind that the venue calls by this name.
    fn named(name: &[u8]) -> Option<Kind> {
        let named = Kind::NAMES.iter().find(|(_, text)| text.as_bytes() == name);
        // `other` is our word.
        let named = named.map(|(kind, _)| *kind).filter(|kind| *kind != Kind::Other);
        named.or_else(|| OTHERS.contains(&name).then_some(Kind::Other))
    }
}

/// Types that are known and not kept.
const OTHERS: &[&[u8]] =
    &[b"received", b"open", b"done", b"change", b"activate", b"auction", b"rfq_match"];

/// The name of a kind by its number.
pub(super) fn kind_name(number: u8) -> Option<&'static str> {
    Kind::NAMES.iter().find(|(kind, _)| *kind as u8 == number).map(|(_, name)| *name)
}

/// A frame in its parts, which still lie in its bytes. Each is `None` where it does not come.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Frame<'a> {
    kind: Option<&'a [u8]>,
    product: Option<&'a [u8]>,
    time: Option<&'a [u8]>,
    bids: Option<&'a [u8]>,
    asks: Option<&'a [u8]>,
    changes: Option<&'a [u8]>,
    best: [Option<&'a [u8]>; 4],
    trade: Option<&'a [u8]>,
    side: Option<&'a [u8]>,
    price: Option<&'a [u8]>,
    size: Option<&'a [u8]>,
    channels: bool,
}

impl<'a> Frame<'a> {
    /// Finds the parts. What is not JSON to its last byte, or has a part twice, is no frame.
    pub(super) fn of(bytes: &'a [u8]) -> Result<Frame<'a>, Bad> {
        let (mut frame, mut json) = (Frame::default(), Json::new(bytes));
        frame.read(&mut json)?;
        json.end()?;
        Ok(frame)
    }

    /// What can be found of a frame that may be cut.
    pub(super) fn start_of(bytes: &'a [u8]) -> Frame<'a> {
        let mut frame = Frame::default();
        let _ = frame.read(&mut Json::new(bytes));
        frame
    }

    fn read(&mut self, json: &mut Json<'a>) -> Result<(), Bad> {
        json.object(|key, json| {
            let [best_bid, best_bid_size, best_ask, best_ask_size] = &mut self.best;
            let part = match key {
                b"type" => &mut self.kind,
                b"product_id" => &mut self.product,
                b"time" => &mut self.time,
                b"bids" => &mut self.bids,
                b"asks" => &mut self.asks,
                b"changes" => &mut self.changes,
                b"best_bid" => best_bid,
                b"best_bid_size" => best_bid_size,
                b"best_ask" => best_ask,
                b"best_ask_size" => best_ask_size,
                b"trade_id" => &mut self.trade,
                b"side" => &mut self.side,
                b"price" => &mut self.price,
                b"size" => &mut self.size,
                b"channels" | b"product_ids" => {
                    self.channels = true;
                    return json.skip();
                }
                _ => return json.skip(),
            };
            part.once(json.raw()?)
        })
    }

    /// What kind of frame it is; `None` for one that the list of kinds lacks.
    pub(super) fn kind(&self) -> Option<Kind> {
        Kind::named(plain(self.kind?).ok()?)
    }

    /// Whether it could only be Coinbase's.
    pub(super) fn is_coinbase(&self) -> bool {
        self.kind.is_some() && (self.product.is_some() || self.channels)
    }

    /// The name of the instrument.
    pub(super) fn product(&self) -> Result<&'a [u8], Bad> {
        plain(self.product.ok_or(Bad)?)
    }

    /// The venue's clock, in ns since the Unix epoch; older snapshots say none.
    pub(super) fn time(&self) -> Result<Option<u64>, Bad> {
        self.time.map(|time| utc::nanos(plain(time)?).ok_or(Bad)).transpose()
    }

    /// The levels of a snapshot: bids, then asks.
    pub(super) fn sides(&self) -> Result<[&'a [u8]; 2], Bad> {
        Ok([self.bids.ok_or(Bad)?, self.asks.ok_or(Bad)?])
    }

    /// The levels of an update, each with its side before price and size.
    pub(super) fn changes(&self) -> Result<&'a [u8], Bad> {
        self.changes.ok_or(Bad)
    }

    /// Price and size of the best bid, then of the best offer; sizes are sent since 2022.
    pub(super) fn top(&self) -> Result<[(Decimal, Option<Decimal>); 2], Bad> {
        let [bid, bid_size, ask, ask_size] = self.best;
        let size = |raw: Option<&[u8]>| raw.map(|raw| Decimal::of_json(raw).ok_or(Bad)).transpose();
        Ok([(decimal(bid)?, size(bid_size)?), (decimal(ask)?, size(ask_size)?)])
    }

    /// Id, price and size of a trade, and whether the resting order was the buyer's: `side` is the
    /// maker's.
    pub(super) fn trade(&self) -> Result<(u64, Decimal, Decimal, bool), Bad> {
        let id = self.trade.and_then(unsigned).ok_or(Bad)?;
        Ok((id, decimal(self.price)?, decimal(self.size)?, buys(plain(self.side.ok_or(Bad)?)?)?))
    }
}

/// Whether a side is the buyers'.
pub(super) fn buys(side: &[u8]) -> Result<bool, Bad> {
    match side {
        b"buy" => Ok(true),
        b"sell" => Ok(false),
        _ => Err(Bad),
    }
}

fn decimal(raw: Option<&[u8]>) -> Result<Decimal, Bad> {
    Decimal::of_json(raw.ok_or(Bad)?).ok_or(Bad)
}
