//! What is known of each instrument: its book, the number of its last entry, and what its
//! definition said.

use tickline_shared::msg::Side;
use tickline_shared::symbols::Symbols;
use tickline_shared::units::Symbol;

use super::definitions::Defined;
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
    /// The factor of its definition, and its decimals.
    display_factor: Option<(i64, Decimals)>,
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
            display_factor: None,
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
        self.sides.iter_mut().for_each(Ladder::forget);
        (self.rpt_seq, self.in_snapshot) = (rpt_seq, true);
        true
    }

    /// Nothing is known any more, and it is said that the book is empty.
    pub(super) fn reset(&mut self, said: &mut Said) {
        self.sides.iter_mut().for_each(|side| {
            side.forget();
            side.hide();
        });
        said.push((self.id, MarketEvent::ClearBook));
    }

    /// The number of the next entry may be any.
    pub(super) fn renumber(&mut self) {
        (self.rpt_seq, self.in_snapshot) = (0, false);
    }

    /// Somebody has emptied the book that levels were shown to: all are shown anew.
    pub(super) fn show_again(&mut self, touched: &mut Touched) {
        if self.sides.iter().any(Ladder::is_shown) {
            self.sides.iter_mut().for_each(Ladder::hide);
            self.touch(touched);
        }
    }

    /// Takes over what a definition says.
    pub(super) fn define(&mut self, defined: &Defined) {
        self.channel = Some(defined.channel);
        self.group = defined.group;
        if let Some(depth) = defined.depth {
            self.sides.iter_mut().for_each(|side| side.set_depth(depth));
        }
        if self.display_factor != Some(defined.display_factor) {
            self.display_factor = Some(defined.display_factor);
            let (factor, decimals) = defined.display_factor;
            self.scales = [Decimals::Seven, Decimals::Nine]
                .map(|prices| Scale::displayed(prices, factor, decimals));
        }
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
