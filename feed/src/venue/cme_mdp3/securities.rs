//! What is known of each instrument: its book, the number of its last entry, and what its
//! definition said.

use tickline_shared::instruments::Listing;
use tickline_shared::msg::Side;
use tickline_shared::symbols::Symbols;
use tickline_shared::units::Symbol;

use super::definitions::Definition;
use super::ladder::Ladder;
use super::scale::{Decimals, Scale};
use crate::venue::market::MarketEvent;

/// Instruments that have room from the start, 1 KiB each: a channel has some hundreds of futures.
/// More are taken as they come.
const SECURITIES: usize = 2_048;

/// What a message says, each with the instrument that it concerns.
pub(super) type Said = Vec<(u32, MarketEvent)>;

/// Places of the instruments whose books changed and were not told yet, each once.
pub(super) type Touched = Vec<u16>;

/// One instrument.
#[derive(Clone, Debug)]
pub(super) struct Security {
    /// CME's number of it.
    pub(super) id: u32,
    /// Where it stands among the others.
    place: u16,
    /// Levels of buyers and sellers.
    sides: [Ladder; 2],
    /// Number of the last entry; 0 before the first.
    rpt_seq: u32,
    /// Whether the last one was in a snapshot, so that older ones may still come.
    in_snapshot: bool,
    /// Whether levels changed that were not told yet.
    touched: bool,
    /// What its definition said: its name, and the factor of its prices with their decimals.
    defined: Option<(Listing, (i64, Decimals))>,
    /// Its channel, where a definition said it.
    pub(super) channel: Option<i16>,
    /// Its group, and its product within it; empty where no definition said it.
    pub(super) group: ([u8; 6], [u8; 6]),
    /// How its prices are to be read, in templates with seven decimals and with nine.
    scales: [Scale; 2],
    /// Which of them the levels have.
    decimals: Decimals,
}

impl Security {
    fn new(id: u32, place: u16) -> Security {
        Security {
            id,
            place,
            sides: [const { Ladder::new() }; 2],
            rpt_seq: 0,
            in_snapshot: false,
            touched: false,
            defined: None,
            channel: None,
            group: Default::default(),
            scales: [Scale::undisplayed(Decimals::Seven), Scale::undisplayed(Decimals::Nine)],
            decimals: Decimals::Nine,
        }
    }

    /// Notes that levels changed.
    #[inline]
    pub(super) fn touch(&mut self, touched: &mut Touched) {
        if !std::mem::replace(&mut self.touched, true) {
            touched.push(self.place);
        }
    }

    /// One side of the book, whose prices have so many decimals from now on.
    #[inline]
    pub(super) fn side(&mut self, side: Side, decimals: Decimals) -> &mut Ladder {
        self.decimals = decimals;
        &mut self.sides[usize::from(side == Side::Ask)]
    }

    /// How prices with so many decimals are to be read.
    #[inline]
    pub(super) fn scale(&self, decimals: Decimals) -> Scale {
        self.scales[usize::from(decimals == Decimals::Nine)]
    }

    /// Whether an entry with this number is new. Where it does not follow the last one, entries
    /// were lost, and levels by position mean nothing any more: that the book is empty is said. 0
    /// is no number.
    #[inline]
    pub(super) fn follows(&mut self, rpt_seq: u32, said: &mut Said) -> bool {
        if rpt_seq == 0 {
            return true;
        }
        if rpt_seq == self.rpt_seq.wrapping_add(1) {
            (self.rpt_seq, self.in_snapshot) = (rpt_seq, false);
            return true;
        }
        self.jumps(rpt_seq, said)
    }

    #[cold]
    fn jumps(&mut self, rpt_seq: u32, said: &mut Said) -> bool {
        if self.in_snapshot && rpt_seq <= self.rpt_seq {
            return false;
        }
        if self.rpt_seq != 0 {
            self.reset(said);
        }
        (self.rpt_seq, self.in_snapshot) = (rpt_seq, false);
        true
    }

    /// A snapshot follows that contains the entries up to this number; 0 where they have none.
    /// False where newer ones are known already.
    pub(super) fn begin_snapshot(&mut self, rpt_seq: u32) -> bool {
        if rpt_seq < self.rpt_seq && rpt_seq != 0 {
            return false;
        }
        self.forget();
        (self.rpt_seq, self.in_snapshot) = (rpt_seq, true);
        true
    }

    /// No level is known any more.
    pub(super) fn forget(&mut self) {
        self.sides.iter_mut().for_each(Ladder::forget);
    }

    /// No level is known any more, and it is said that the book is empty.
    pub(super) fn reset(&mut self, said: &mut Said) {
        self.forget();
        self.sides.iter_mut().for_each(Ladder::hide);
        said.push((self.id, MarketEvent::ClearBook));
    }

    /// Whether anybody was told of levels.
    pub(super) fn is_shown(&self) -> bool {
        self.sides.iter().any(Ladder::is_shown)
    }

    /// The number of the next entry may be any.
    pub(super) fn renumber(&mut self) {
        (self.rpt_seq, self.in_snapshot) = (0, false);
    }

    /// Somebody has emptied the book that levels were shown to: all are shown anew.
    pub(super) fn show_again(&mut self, touched: &mut Touched) {
        if self.is_shown() {
            self.sides.iter_mut().for_each(Ladder::hide);
            self.touch(touched);
        }
    }

    /// Takes over what a definition says, and says it where it is new. Then the levels that stand in
    /// the book under another name, or in other prices, leave it, and all are told anew.
    pub(super) fn define(&mut self, definition: &Definition, said: &mut Said) {
        self.channel = Some(definition.channel);
        self.group = definition.group;
        if let Some(depth) = definition.depth {
            self.sides.iter_mut().for_each(|side| side.set_depth(depth));
        }
        let defined = (definition.listing, definition.display_factor);
        if self.defined.replace(defined) != Some(defined) {
            if self.is_shown() {
                said.push((self.id, MarketEvent::ClearBook));
                self.sides.iter_mut().for_each(Ladder::hide);
            }
            let (factor, decimals) = definition.display_factor;
            self.scales = [Decimals::Seven, Decimals::Nine]
                .map(|prices| Scale::displayed(prices, factor, decimals));
            said.push((self.id, MarketEvent::Directory(definition.listing)));
        }
        self.settle(said);
    }

    /// Says what changed in the book since it was said last, and that the event ends.
    pub(super) fn settle(&mut self, said: &mut Said) {
        let scale = self.scale(self.decimals);
        let before = said.len();
        for (side, ladder) in [Side::Bid, Side::Ask].into_iter().zip(&mut self.sides) {
            ladder.settle(side, scale, |event| said.push((self.id, event)));
        }
        if said.len() > before {
            said.push((self.id, MarketEvent::EventEnd));
        }
        self.touched = false;
    }
}

/// All instruments, by CME's numbers.
#[derive(Debug)]
pub(super) struct Securities {
    numbers: Symbols,
    known: Vec<Security>,
}

impl Securities {
    /// None is known yet.
    pub(super) fn new() -> Securities {
        Securities {
            numbers: Symbols::with_capacity(SECURITIES),
            known: Vec::with_capacity(SECURITIES),
        }
    }

    /// The instrument with this number; `None` where it is new and 65,536 are known.
    #[inline]
    pub(super) fn of(&mut self, id: u32) -> Option<&mut Security> {
        let place = self.numbers.number(Symbol(u64::from(id).to_le_bytes()))?;
        if usize::from(place) == self.known.len() {
            self.known.push(Security::new(id, place));
        }
        self.known.get_mut(usize::from(place))
    }

    /// The instrument at a place.
    #[inline]
    pub(super) fn at(&mut self, place: u16) -> &mut Security {
        &mut self.known[usize::from(place)]
    }

    /// All of them.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Security> {
        self.known.iter_mut()
    }
}
