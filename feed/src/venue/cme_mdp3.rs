//! CME MDP 3.0: price levels and trades of futures and options, schema 1.5 to 1.12.
//!
//! A message is SBE: see [`wire`]. Levels come by position; what they come to by price is told when
//! the venue says that the last quote of its event, or the event itself, is over. Kept is the book
//! of customers' orders alone: implied levels (entry types `E` and `F`) are what Globex makes out
//! of orders of other instruments, may be better than any order, and are passed over.
//!
//! Every entry has a number of its instrument. Where one does not follow the last one, something
//! was lost: the book of the instrument is cleared, and comes back as its levels are sent anew, or
//! with a snapshot. Books of other instruments stay.
//!
//! Orders (templates 43, 44, 47 and 53, and the second group of 32 and 46) are counted and not
//! followed. They are another view of the levels, many channels and all versions before 1.7 have
//! none, and a book of orders is complete only behind a snapshot of all of them, which captures
//! seldom hold.

use tickline_shared::msg::{Flags, Side};
use tickline_shared::ring::layout::Epoch;
use tickline_shared::units::Symbol;

use super::market::{Decoded, Decoder, Keeps, MarketEvent, Setting};
use super::{Family, Refused};
use crate::instruments::SecurityId;

pub mod definitions;
pub mod templates;
pub mod wire;

mod ladder;
mod scale;
mod securities;

mod entries;
mod statuses;

use entries::{Entry, Level, Trade, Update};
use scale::Decimals;
use securities::{Said, Securities, Touched};
use templates::Template;
use wire::{Message, action, entry_type, indicator};

/// The schema of CME's market data.
pub const SCHEMA_ID: u16 = 1;

/// What a message says has room from the start: 255 entries that move both sides of some books.
/// More is taken as it comes.
const SAID: usize = 4_096;

/// The decoder of CME MDP 3.0.
#[derive(Debug)]
pub struct CmeMdp3 {
    securities: Securities,
    /// Places of the instruments whose levels changed in the event at hand.
    touched: Touched,
    /// What the last message says.
    said: Said,
    /// How much of it was told.
    told: usize,
    /// When the last event began, for messages that do not say when they were sent.
    time: u64,
}

impl Decoder for CmeMdp3 {
    type Instrument = SecurityId;
    const FAMILY: Family = Family::Cme;
    const EPOCH: Epoch = Epoch::Unix;
    const KEEPS: Keeps = Keeps::Levels;
    const SEVERAL: bool = true;
    const OWN_BOOKS: bool = true;

    fn new(_: &Setting<'_>) -> CmeMdp3 {
        CmeMdp3 {
            securities: Securities::new(),
            touched: Vec::with_capacity(SAID),
            said: Vec::with_capacity(SAID),
            told: 0,
            time: 0,
        }
    }

    fn decode(&mut self, bytes: &[u8]) -> Result<Decoded<SecurityId>, Refused> {
        self.said.clear();
        self.told = 0;
        let message = Message::open(bytes).ok_or_else(|| cut(bytes))?;
        let kind = message.kind();
        let template = Template::of(message.header.template_id.get())
            .filter(|_| message.header.schema_id.get() == SCHEMA_ID)
            .ok_or(Refused::Unknown(kind))?;
        self.follow(&message)?;
        let longer = message.is_longer(template);
        let (instrument, event) =
            self.more(bytes).unwrap_or((SecurityId::NONE, MarketEvent::Other));
        Ok(Decoded { kind, longer, timestamp: self.time, instrument, event })
    }

    #[inline]
    fn more(&mut self, _: &[u8]) -> Option<(SecurityId, MarketEvent)> {
        let (id, event) = *self.said.get(self.told)?;
        self.told += 1;
        Some((SecurityId(id.into()), event))
    }

    fn begin_session(&mut self) {
        for security in self.securities.iter_mut() {
            security.show_again(&mut self.touched);
        }
    }

    /// The number of the template; `other` for those above 255.
    fn type_name(kind: u8) -> String {
        match kind {
            0 => "other".to_owned(),
            template => template.to_string(),
        }
    }
}

/// Why a message is refused that ends before its root block does.
#[cold]
fn cut(bytes: &[u8]) -> Refused {
    match bytes {
        [] => Refused::Empty,
        [_, _, low, high, ..] => {
            Refused::Short(u16::from_le_bytes([*low, *high]).try_into().unwrap_or(0))
        }
        _ => Refused::Short(0),
    }
}

impl CmeMdp3 {
    /// Follows a message of a known template.
    #[inline]
    fn follow(&mut self, message: &Message<'_>) -> Result<(), Refused> {
        match message.header.template_id.get() {
            32 => self.book::<wire::BookEntry>(message, Decimals::Seven),
            46 => self.book::<wire::BookEntry>(message, Decimals::Nine),
            64 => self.book::<wire::BookEntryLong>(message, Decimals::Nine),
            36 => self.trades::<wire::TradeEntry>(message, Decimals::Seven),
            42 => self.trades::<wire::TradeSummary>(message, Decimals::Seven),
            48 => self.trades::<wire::TradeSummary>(message, Decimals::Nine),
            65 => self.trades::<wire::TradeSummaryLong>(message, Decimals::Nine),
            33 | 49 => self.others::<wire::DailyStatistics>(message),
            34 | 50 => self.others::<wire::LimitsBanding>(message),
            35 | 51 => self.others::<wire::SessionStatistics>(message),
            37 => self.others::<wire::Volume>(message),
            66 => self.others::<wire::VolumeLong>(message),
            67 => self.others::<wire::SessionStatisticsLong>(message),
            43 | 47 | 62 => self.event(message).map(|event| self.end(event)),
            4 => self.channel_reset(message),
            30 => self.status(message),
            38 => self.snapshot::<wire::SnapshotEntry>(message, Decimals::Seven),
            52 => self.snapshot::<wire::SnapshotEntry>(message, Decimals::Nine),
            69 => self.snapshot::<wire::SnapshotEntryLong>(message, Decimals::Nine),
            61 => self.snapshot_tcp::<wire::SnapshotTcpEntry>(message),
            68 => self.snapshot_tcp::<wire::SnapshotEntryLong>(message),
            27 | 29 | 41 | 54..=58 | 63 => self.definition(message),
            // Log-ins and heartbeats, requests for quotes, snapshots of orders, workups.
            _ => Ok(()),
        }
    }

    /// When the event of an incremental message began; its indicator.
    #[inline]
    fn event(&mut self, message: &Message<'_>) -> Result<u8, Refused> {
        let root = message.root::<wire::Incremental>()?;
        self.time = root.transact_time.get();
        Ok(root.match_event_indicator)
    }

    /// Levels changed.
    #[inline]
    fn book<E: Update>(
        &mut self,
        message: &Message<'_>,
        decimals: Decimals,
    ) -> Result<(), Refused> {
        let entries = message.entries::<E>()?;
        let event = self.event(message)?;
        let CmeMdp3 { securities, touched, said, .. } = self;
        for entry in entries {
            let Some(security) = securities.of(entry.security_id()) else { continue };
            if !security.follows(entry.rpt_seq(), said) {
                continue;
            }
            let side = match entry.entry_type() {
                entry_type::BID => Side::Bid,
                entry_type::OFFER => Side::Ask,
                entry_type::BOOK_RESET => {
                    security.reset(said);
                    continue;
                }
                // Implied levels, and sorts of a later version.
                _ => continue,
            };
            let (price, quantity) = (entry.price(), entry.quantity());
            let ladder = security.side(side, decimals);
            ladder.apply(entry.action(), entry.position(), price, quantity);
            security.touch(touched);
        }
        self.end(event);
        Ok(())
    }

    /// Trades took place, were corrected, or did not take place after all.
    #[inline]
    fn trades<E: Trade>(
        &mut self,
        message: &Message<'_>,
        decimals: Decimals,
    ) -> Result<(), Refused> {
        let entries = message.entries::<E>()?;
        let event = self.event(message)?;
        let CmeMdp3 { securities, said, .. } = self;
        for entry in entries {
            let (id, rpt_seq) = (entry.security_id(), entry.rpt_seq());
            let Some(security) = securities.of(id) else { continue };
            if !security.follows(rpt_seq, said) {
                continue;
            }
            let known = entry.trade_id(message.header.version.get());
            if matches!(entry.action(), action::CHANGE | action::DELETE)
                && let Some(match_id) = known
            {
                said.push((id, MarketEvent::TradeBreak { match_id: match_id.into() }));
            }
            if entry.action() == action::DELETE {
                continue;
            }
            let trade = MarketEvent::Trade {
                match_id: known.unwrap_or(rpt_seq).into(),
                side: resting(entry.aggressor()),
                price: security.scale(decimals).price(entry.price()),
                quantity: entry.quantity(),
                flags: Flags::default(),
                symbol: Symbol::NONE,
            };
            said.push((id, trade));
        }
        self.end(event);
        Ok(())
    }

    /// Entries that change no level and are no trades: their numbers count.
    #[inline]
    fn others<E: Entry>(&mut self, message: &Message<'_>) -> Result<(), Refused> {
        let entries = message.entries::<E>()?;
        let event = self.event(message)?;
        for entry in entries {
            if let Some(security) = self.securities.of(entry.security_id()) {
                security.follows(entry.rpt_seq(), &mut self.said);
            }
        }
        self.end(event);
        Ok(())
    }

    /// Tells what changed, if the venue says that nothing more will in this event.
    #[inline]
    fn end(&mut self, event: u8) {
        if event & (indicator::LAST_QUOTE | indicator::END_OF_EVENT) == 0 {
            return;
        }
        for place in self.touched.drain(..) {
            self.securities.at(place).settle(&mut self.said);
        }
    }

    /// All books of a channel are void, and the numbers of its instruments begin anew.
    #[cold]
    fn channel_reset(&mut self, message: &Message<'_>) -> Result<(), Refused> {
        let channels = message.entries::<wire::ChannelReset>()?;
        let reset: Vec<i16> = channels.map(|it| it.appl_id.get()).collect();
        let event = self.event(message)?;
        for security in self.securities.iter_mut() {
            // One whose channel is not known may be of this one.
            if security.channel.is_some_and(|channel| !reset.contains(&channel)) {
                continue;
            }
            security.renumber();
            if security.is_shown() {
                security.reset(&mut self.said);
            } else {
                security.forget();
            }
        }
        self.end(event);
        Ok(())
    }

    /// The status of an instrument, or of all that the definitions have put into a group.
    #[cold]
    fn status(&mut self, message: &Message<'_>) -> Result<(), Refused> {
        let root = message.root::<wire::SecurityStatus>()?;
        self.time = root.transact_time.get();
        let Some(status) = statuses::read(root) else {
            self.end(root.match_event_indicator);
            return Ok(());
        };
        let event = MarketEvent::Status { status, symbol: Symbol::NONE };
        match root.security_id.get() {
            wire::NO_SECURITY => {
                let members = self.securities.iter_mut().filter(|it| {
                    it.group.0 == root.security_group
                        && (root.asset == [0; 6] || it.group.1 == root.asset)
                });
                self.said.extend(members.map(|security| (security.id, event)));
            }
            id => self.said.push((id as u32, event)),
        }
        self.end(root.match_event_indicator);
        Ok(())
    }

    /// The whole book of an instrument, as of one of its entries.
    #[cold]
    fn snapshot<E: Level>(
        &mut self,
        message: &Message<'_>,
        decimals: Decimals,
    ) -> Result<(), Refused> {
        let root = message.root::<wire::Snapshot>()?;
        let entries = message.entries::<E>()?;
        if self.time == 0 {
            self.time = root.transact_time.get();
        }
        self.take_over(root.security_id.get() as u32, root.rpt_seq.get(), entries, decimals);
        Ok(())
    }

    /// The whole book of an instrument, from a channel whose entries have no numbers.
    #[cold]
    fn snapshot_tcp<E: Level>(&mut self, message: &Message<'_>) -> Result<(), Refused> {
        let root = message.root::<wire::SnapshotTcp>()?;
        let entries = message.entries::<E>()?;
        self.time = root.transact_time.get();
        self.take_over(root.security_id.get() as u32, 0, entries, Decimals::Nine);
        Ok(())
    }

    /// Replaces a book by the levels of a snapshot, unless more is known than it says.
    fn take_over<'a, E: Level + 'a>(
        &mut self,
        id: u32,
        rpt_seq: u32,
        entries: impl Iterator<Item = &'a E>,
        decimals: Decimals,
    ) {
        let Some(security) = self.securities.of(id) else { return };
        if !security.begin_snapshot(rpt_seq) {
            return;
        }
        for entry in entries {
            let side = match entry.entry_type() {
                entry_type::BID => Side::Bid,
                entry_type::OFFER => Side::Ask,
                _ => continue,
            };
            let (price, quantity) = (entry.price(), entry.quantity());
            let ladder = security.side(side, decimals);
            ladder.apply(action::OVERLAY, entry.position(), price, quantity);
        }
        security.settle(&mut self.said);
    }

    /// What an instrument is called, and how its prices are to be read.
    #[cold]
    fn definition(&mut self, message: &Message<'_>) -> Result<(), Refused> {
        let definition = definitions::read(message)?;
        let Some(security) = self.securities.of(definition.security_id) else { return Ok(()) };
        if definition.deleted {
            security.renumber();
            security.reset(&mut self.said);
        } else {
            security.define(&definition, &mut self.said);
        }
        Ok(())
    }
}

/// The side of the orders that rested, where there was an aggressor.
fn resting(aggressor: u8) -> Side {
    match aggressor {
        1 => Side::Ask,
        2 => Side::Bid,
        _ => Side::None,
    }
}

#[cfg(test)]
mod tests;
