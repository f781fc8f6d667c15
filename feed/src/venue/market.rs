//! What happened in the market: what all venues' messages come down to before they meet the book.

use std::path::Path;

use tickline_shared::book::{Ahead, Level};
use tickline_shared::instruments::{Listing, Name};
use tickline_shared::msg::{Flags, Side, Status, Topic};
use tickline_shared::ring::layout::Epoch;
use tickline_shared::units::{Price, Symbol};

use super::listener::Listener;
use super::{Family, Refused};
use crate::instruments::Named;
use crate::scenario::InstrumentConfig;
use crate::session::Gap;

/// A decoded message. `I` is how the venue names instruments: by a number of its own, or by symbol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decoded<I = u16> {
    /// The venue's own type of the message.
    pub kind: u8,
    /// Whether the message holds bytes that its type does not explain.
    pub longer: bool,
    /// The venue's clock in ns; since midnight or since the Unix epoch, as the venue has it.
    pub timestamp: u64,
    /// The instrument: the venue's number, 0 for none, or its name, [`Symbol::NONE`] for none.
    pub instrument: I,
    /// What it says.
    pub event: MarketEvent,
}

/// What a message says. Quantities of order events are those added or taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarketEvent {
    /// What the venue says of the instrument; at least its name.
    Directory(Listing),
    /// An order enters the book.
    Add {
        /// The venue's order reference.
        id: u64,
        /// The side it stands on.
        side: Side,
        /// Its limit.
        price: Price,
        /// Shares or lots.
        quantity: u32,
        /// The instrument's name.
        symbol: Symbol,
    },
    /// Something of an order, of a venue whose messages say all of it.
    Order(OrderEvent),
    /// A part of an order is executed.
    Execute {
        /// The order.
        id: u64,
        /// How much.
        quantity: u32,
        /// The venue's match number.
        match_id: u64,
        /// The price of the execution where it is not that of the order.
        price: Option<Price>,
        /// What qualifies the trade.
        flags: Flags,
    },
    /// A part of an order is cancelled.
    Reduce {
        /// The order.
        id: u64,
        /// How much.
        quantity: u32,
    },
    /// An order leaves the book.
    Delete {
        /// The order.
        id: u64,
    },
    /// An order gives way to another one of the same side and instrument.
    Replace {
        /// The order that leaves.
        old: u64,
        /// The order that enters.
        id: u64,
        /// Its limit.
        price: Price,
        /// Shares or lots.
        quantity: u32,
    },
    /// A trade that moved no visible order: hidden, or in a cross. A quantity above `u32` is the
    /// venue's, and saturates in the record.
    Trade {
        /// The venue's match number.
        match_id: u64,
        /// The side of the resting order, where the venue says it.
        side: Side,
        /// The price of the execution.
        price: Price,
        /// Shares or lots.
        quantity: u64,
        /// What qualifies the trade.
        flags: Flags,
        /// The instrument's name; [`Symbol::NONE`] where the message says a number alone.
        symbol: Symbol,
    },
    /// A trade did not take place after all.
    TradeBreak {
        /// The venue's match number.
        match_id: u64,
    },
    /// The best bid and offer as the venue knows it.
    Quote {
        /// The highest price at which somebody buys.
        bid: Best,
        /// The lowest price at which somebody sells.
        ask: Best,
    },
    /// What stands at a price now.
    Level {
        /// The side of the book.
        side: Side,
        /// The price.
        price: Price,
        /// All shares or lots together; 0: the level is gone.
        quantity: u32,
        /// What was lost of the quantity: [`Flags::INEXACT`], [`Flags::SATURATED`].
        flags: Flags,
        /// Whether the venue's event ends with it, so that the book may be looked at.
        complete: bool,
    },
    /// The venue's event ends, of which there were levels that did not complete it: the book of the
    /// instrument may be looked at.
    EventEnd,
    /// Something of the instrument's book is missing, so that it may be wrong until it is cleared: so
    /// many of its numbers, or `None` where the stream begins in the middle of the book.
    Missing(Option<Gap>),
    /// Every order of the instrument is gone, and every level.
    ClearBook,
    /// A status holds, which may be the one that held before.
    Status {
        /// What it is.
        status: Status,
        /// The instrument's name; [`Symbol::NONE`] for the venue, and where the message says a number
        /// alone.
        symbol: Symbol,
    },
    /// The venue's day begins: nothing of before is left.
    DayStart,
    /// What a feed published once, and somebody recorded: the words of a
    /// [`Msg`](tickline_shared::msg::Msg). Fields would be stored one by one and loaded as words, and
    /// such a load waits until the stores are done.
    Record([u64; 4]),
    /// Nothing that a book or a tape would show.
    Other,
}

// Copied for every message.
const _: () = assert!(size_of::<MarketEvent>() <= 48);

/// What happens to an order, of a venue whose messages say all of the order each time, and when the
/// event is over that they belong to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderEvent {
    /// The venue's order reference.
    pub id: u64,
    /// Its price; of a fill and a trade that of the execution.
    pub price: Price,
    /// Shares or lots: all of them after an add or modify, what is taken or executed otherwise.
    pub quantity: u32,
    /// What happens.
    pub action: Action,
    /// The side it stands on; of a trade that of the resting order.
    pub side: Side,
    /// Where it is from. With [`Flags::LAST`] the book of the instrument may be looked at.
    pub flags: Flags,
}

/// What happens to an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// It enters the book.
    Add,
    /// It loses its quantity, or a part of it.
    Cancel,
    /// It has another price or quantity; the id stays.
    Modify,
    /// It is executed; what that does to the book comes in an event of its own.
    Fill,
    /// A trade; what it does to orders comes in events of their own.
    Trade,
    /// Every order of the instrument is gone.
    Clear,
    /// Nothing that changes a book.
    Nothing,
}

/// One side of the top of a book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Best {
    /// The price; means nothing where there is no quantity.
    pub price: Price,
    /// Shares or lots; 0 where the side is empty.
    pub quantity: u32,
    /// What was lost of the quantity: [`Flags::INEXACT`], [`Flags::SATURATED`].
    pub flags: Flags,
}

impl Best {
    /// A side whose quantity is what the venue says.
    pub fn new(price: Price, quantity: u32) -> Best {
        Best { price, quantity, flags: Flags::default() }
    }

    /// As a book shows it; how many orders it comes from is not known.
    pub fn level(self) -> Level {
        match u64::from(self.quantity) {
            0 => Level::NONE,
            quantity => Level { price: self.price, quantity, orders: 1 },
        }
    }
}

impl MarketEvent {
    /// A status whose reason is padded with spaces.
    #[inline(always)]
    pub(crate) fn status(topic: Topic, code: u8, reason: [u8; 4], symbol: Symbol) -> MarketEvent {
        let reason = reason.map(|byte| if byte == b' ' { 0 } else { byte });
        MarketEvent::Status { status: Status { topic, code, reason }, symbol }
    }
}

/// What a feed has to keep to know the top of an instrument's book.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keeps {
    /// Every order.
    Orders,
    /// Price levels: the venue sends no orders.
    Levels,
    /// Nothing: the venue sends the top itself.
    Quotes,
    /// Nothing: what is sent was published once, and is passed on.
    Nothing,
}

/// What a decoder is told of the stream whose messages it will see.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The file; the name of an input that is none.
    pub path: &'a Path,
    /// What the scenario says of instruments, sorted by name.
    pub instruments: &'a [InstrumentConfig],
}

impl<'a> Setting<'a> {
    /// That of a file of whose instruments nothing is said.
    pub fn of(path: &'a Path) -> Setting<'a> {
        Setting { path, instruments: &[] }
    }

    /// Of how many decimals of an instrument's unit a quantity shall count the last, where the
    /// scenario says it; `name` as the venue writes it. Only for a decoder that
    /// [scales](Decoder::SCALES).
    pub fn quantity_decimals(&self, name: impl AsRef<[u8]>) -> Option<u8> {
        let said = InstrumentConfig::find(self.instruments, &Name::of(name))?;
        said.listing.quantity_decimals()
    }
}

/// A venue's decoder, as the loop calls it. One is made for each stream, so what it learns from one
/// message and needs for a later one lasts as long as the stream.
pub trait Decoder: Sized {
    /// How messages name the instrument that they concern.
    type Instrument: Named;

    /// What carries the messages.
    const FAMILY: Family;

    /// What the venue's clock counts from.
    const EPOCH: Epoch;

    /// What has to be kept of them.
    const KEEPS: Keeps;

    /// The message protocols by which IEX-TP tells whose datagram it is.
    const PROTOCOLS: &'static [u16] = &[];

    /// Whether quantities have as many decimals as the scenario says: see
    /// [`Setting::quantity_decimals`]. Elsewhere the scenario may not say it.
    const SCALES: bool = false;

    /// Whether one message may say several things: see [`Decoder::more`].
    const SEVERAL: bool = false;

    /// Whether what it tells of books is what changed since it told it last, so that only the
    /// decoder that has begun a book can go on with it: those that the one of another file left are
    /// void. Such a decoder knows by the venue's numbers of each instrument what a gap has cost it,
    /// and clears the books that lack something.
    const OWN_BOOKS: bool = false;

    /// A decoder that has seen nothing yet.
    fn new(setting: &Setting<'_>) -> Self;

    /// Finds out what a message says.
    fn decode(&mut self, bytes: &[u8]) -> Result<Decoded<Self::Instrument>, Refused>;

    /// The first half of [`Decoder::decode`]: whether it is a message, and when it was sent. The event
    /// is for [`Decoder::tell`] alone.
    #[inline(always)]
    fn head(&mut self, bytes: &[u8]) -> Result<Decoded<Self::Instrument>, Refused> {
        self.decode(bytes)
    }

    /// The second half: tells what the message says, of which [`Decoder::head`] found this event.
    #[inline(always)]
    fn tell<L: Listener>(&mut self, _bytes: &[u8], found: MarketEvent, listener: L) -> L::Outcome {
        listener.event(found)
    }

    /// The next thing that the message says which was decoded last, besides [`Decoded::event`];
    /// `None` when all is said. Only asked where [`Decoder::SEVERAL`].
    #[inline(always)]
    fn more(&mut self, _bytes: &[u8]) -> Option<(Self::Instrument, MarketEvent)> {
        None
    }

    /// A session begins, and all books were emptied. Only of interest where [`Decoder::OWN_BOOKS`].
    #[inline(always)]
    fn begin_session(&mut self) {}

    /// Bytes of a message of this type; `None` for a type that the specification lacks, and where
    /// messages of one type differ in length.
    fn length(_kind: u8) -> Option<usize> {
        None
    }

    /// What reports call a type of message: the venue's own word for it.
    fn type_name(kind: u8) -> String {
        let printable = kind.is_ascii_graphic();
        if printable { char::from(kind).to_string() } else { format!("0x{kind:02x}") }
    }

    /// What a message will touch, guessed at the least cost and without a branch on its type, which
    /// nobody can foresee. `None` where the venue's messages need little memory, or would have to be
    /// looked into.
    #[inline(always)]
    fn concerns(_bytes: &[u8]) -> Option<Ahead> {
        None
    }
}
