//! Frames of Binance's market streams (spot API, "WebSocket Streams" of 2024-08, and those of the
//! futures that have the same fields), bare or as a combined stream wraps them, and the answers of
//! `GET /api/v3/depth`. Members come in any order, those that are not needed may come or go.

use super::super::decimal::Decimal;
use super::super::frames::NAME_MAX;
use super::super::json::{Bad, Json, Once, plain, unsigned};
use super::depth::Updates;

/// The kind of a frame: what reports count it by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(super) enum Kind {
    /// Best bid and offer.
    BookTicker = 1,
    /// A trade.
    Trade,
    /// The trades of one taker at one price, as one.
    AggTrade,
    /// Changes of the book since the last one.
    DepthUpdate,
    /// The best levels of the book, of a stream.
    Depth,
    /// The levels of the book, asked for.
    Snapshot,
    /// The answer to a subscription.
    Reply,
    /// Statistics and other things that no book or tape shows.
    Other,
}

impl Kind {
    /// Every kind with its name, the venue's own where it has one.
    const NAMES: &[(Kind, &'static str)] = &[
        (Kind::BookTicker, "bookTicker"),
        (Kind::Trade, "trade"),
        (Kind::AggTrade, "aggTrade"),
        (Kind::DepthUpdate, "depthUpdate"),
        (Kind::Depth, "depth"),
        (Kind::Snapshot, "snapshot"),
        (Kind::Reply, "reply"),
        (Kind::Other, "other"),
    ];
}

/// The name of a kind by its number.
pub(super) fn kind_name(number: u8) -> Option<&'static str> {
    Kind::NAMES.iter().find(|(kind, _)| *kind as u8 == number).map(|(_, name)| *name)
}

/// A frame in its parts, which still lie in its bytes. Each is `None` where it does not come.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Frame<'a> {
    stream: Option<&'a [u8]>,
    event: Option<&'a [u8]>,
    time: Option<&'a [u8]>,
    symbol: Option<&'a [u8]>,
    first: Option<&'a [u8]>,
    last: Option<&'a [u8]>,
    previous: Option<&'a [u8]>,
    small_b: Option<&'a [u8]>,
    large_b: Option<&'a [u8]>,
    small_a: Option<&'a [u8]>,
    large_a: Option<&'a [u8]>,
    price: Option<&'a [u8]>,
    quantity: Option<&'a [u8]>,
    trade: Option<&'a [u8]>,
    buyer_rests: Option<&'a [u8]>,
    snapshot: Option<&'a [u8]>,
    bids: Option<&'a [u8]>,
    asks: Option<&'a [u8]>,
    reply: bool,
}

impl<'a> Frame<'a> {
    /// Finds the parts. What is not JSON to its last byte, or has a part twice, is no frame.
    pub(super) fn of(bytes: &'a [u8]) -> Result<Frame<'a>, Bad> {
        let (mut frame, mut json) = (Frame::default(), Json::new(bytes));
        frame.read(&mut json, true)?;
        json.end()?;
        Ok(frame)
    }

    /// What can be found of a frame that may be cut.
    pub(super) fn start_of(bytes: &'a [u8]) -> Frame<'a> {
        let mut frame = Frame::default();
        let _ = frame.read(&mut Json::new(bytes), true);
        frame
    }

    fn read(&mut self, json: &mut Json<'a>, outer: bool) -> Result<(), Bad> {
        json.object(|key, json| {
            let part = match key {
                b"e" => &mut self.event,
                b"E" => &mut self.time,
                b"s" => &mut self.symbol,
                b"U" => &mut self.first,
                b"u" => &mut self.last,
                b"pu" => &mut self.previous,
                b"b" => &mut self.small_b,
                b"B" => &mut self.large_b,
                b"a" => &mut self.small_a,
                b"A" => &mut self.large_a,
                b"p" => &mut self.price,
                b"q" => &mut self.quantity,
                b"t" => &mut self.trade,
                b"m" => &mut self.buyer_rests,
                b"lastUpdateId" => &mut self.snapshot,
                b"bids" => &mut self.bids,
                b"asks" => &mut self.asks,
                b"stream" if outer => &mut self.stream,
                b"data" if outer && json.next() == Some(b'{') => return self.read(json, false),
                b"result" | b"error" | b"code" if outer => {
                    self.reply = true;
                    return json.skip();
                }
                _ => return json.skip(),
            };
            part.once(json.raw()?)
        })
    }

    /// What kind of frame it is; `None` for one that the list of kinds lacks.
    pub(super) fn kind(&self) -> Option<Kind> {
        match self.event {
            Some(br#""bookTicker""#) => Some(Kind::BookTicker),
            Some(br#""trade""#) => Some(Kind::Trade),
            Some(br#""aggTrade""#) => Some(Kind::AggTrade),
            Some(br#""depthUpdate""#) => Some(Kind::DepthUpdate),
            Some(event) if OTHERS.contains(&event) => Some(Kind::Other),
            Some(_) => None,
            None if self.snapshot.is_some() && self.stream.is_some() => Some(Kind::Depth),
            None if self.snapshot.is_some() => Some(Kind::Snapshot),
            None if self.large_b.is_some() && self.large_a.is_some() => Some(Kind::BookTicker),
            None if self.reply => Some(Kind::Reply),
            None => None,
        }
    }

    /// Whether it could only be Binance's: some member that its frames have and those of others lack.
    pub(super) fn is_binance(&self) -> bool {
        let event = self.event.is_some() && (self.time.is_some() || self.symbol.is_some());
        let ticker = self.last.is_some() && self.symbol.is_some() && self.large_b.is_some();
        self.stream.is_some() || self.snapshot.is_some() || event || ticker
    }

    /// The name of the instrument. That of a partial book stands in the name of its stream only, in
    /// small letters, before the `@`: it is written into `capitals` as the other frames have it.
    pub(super) fn symbol<'b>(&self, capitals: &'b mut [u8; NAME_MAX]) -> Result<&'b [u8], Bad>
    where
        'a: 'b,
    {
        if let Some(symbol) = self.symbol {
            return plain(symbol);
        }
        let stream = plain(self.stream.ok_or(Bad)?)?;
        let end = stream.iter().position(|&byte| byte == b'@').ok_or(Bad)?;
        let name = capitals.get_mut(..end).ok_or(Bad)?;
        name.copy_from_slice(&stream[..end]);
        name.make_ascii_uppercase();
        Ok(name)
    }

    /// The venue's clock in ns since the Unix epoch: it sends milliseconds, or microseconds where
    /// they were asked for.
    pub(super) fn time(&self) -> Result<Option<u64>, Bad> {
        // Milliseconds of the year 5138, microseconds of 1973.
        const MICROSECONDS_FROM: u64 = 100_000_000_000_000;
        let Some(time) = self.time else { return Ok(None) };
        let time = unsigned(time).ok_or(Bad)?;
        let unit = if time < MICROSECONDS_FROM { 1_000_000 } else { 1_000 };
        time.checked_mul(unit).map(Some).ok_or(Bad)
    }

    /// Price and quantity of the best bid, then of the best offer.
    pub(super) fn top(&self) -> Result<[(Decimal, Decimal); 2], Bad> {
        Ok([
            (decimal(self.small_b)?, decimal(self.large_b)?),
            (decimal(self.small_a)?, decimal(self.large_a)?),
        ])
    }

    /// Id, price and quantity of a trade, and whether the buyer's order was the resting one.
    pub(super) fn trade(&self, kind: Kind) -> Result<(u64, Decimal, Decimal, bool), Bad> {
        // `a` of an aggregate is its id, of a trade it was the seller's order.
        let id = if kind == Kind::AggTrade { self.small_a } else { self.trade };
        let id = integer(id)?;
        let buyer_rests = match self.buyer_rests {
            Some(b"true") => true,
            Some(b"false") => false,
            _ => return Err(Bad),
        };
        Ok((id, decimal(self.price)?, decimal(self.quantity)?, buyer_rests))
    }

    /// The updates that a change of the book is made of. Futures say which was the last one of the
    /// change before (`pu`), as theirs do not follow each other one by one.
    pub(super) fn updates(&self) -> Result<Updates, Bad> {
        let (first, last) = (integer(self.first)?, integer(self.last)?);
        let before = match self.previous {
            Some(previous) => integer(Some(previous))?,
            None => first.checked_sub(1).ok_or(Bad)?,
        };
        if first > last || before > last { Err(Bad) } else { Ok(Updates { before, last }) }
    }

    /// The last update that a snapshot knows of.
    pub(super) fn snapshot(&self) -> Result<u64, Bad> {
        integer(self.snapshot)
    }

    /// The levels of a change, or of a snapshot: bids, then asks.
    pub(super) fn sides(&self) -> Result<[&'a [u8]; 2], Bad> {
        let bids = if self.bids.is_some() { self.bids } else { self.small_b };
        let asks = if self.asks.is_some() { self.asks } else { self.small_a };
        Ok([bids.ok_or(Bad)?, asks.ok_or(Bad)?])
    }
}

/// Events that no book or tape shows.
const OTHERS: &[&[u8]] = &[
    br#""24hrTicker""#,
    br#""24hrMiniTicker""#,
    br#""1hTicker""#,
    br#""4hTicker""#,
    br#""1dTicker""#,
    br#""avgPrice""#,
    br#""kline""#,
    br#""markPriceUpdate""#,
    br#""forceOrder""#,
    br#""serverShutdown""#,
];

fn integer(raw: Option<&[u8]>) -> Result<u64, Bad> {
    raw.and_then(unsigned).ok_or(Bad)
}

fn decimal(raw: Option<&[u8]>) -> Result<Decimal, Bad> {
    Decimal::of_json(raw.ok_or(Bad)?).ok_or(Bad)
}
