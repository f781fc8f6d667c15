//! A file that `tickline record` wrote: see [`tickline_shared::recording`].
//!
//! Lends records as they were, and each instrument that a block in between names. A block that is
//! damaged is a gap: everything else is read, and the end of the file is then an error that says what
//! was lost. A file whose last block is incomplete, because the recorder was killed, just ends there.
//!
//! `capture_ts` is when the recording feed had the event, so a replay has the pace of the recorded
//! run.

use std::collections::VecDeque;

use tickline_shared::instruments::Listing;
use tickline_shared::prefetch::prefetch;
use tickline_shared::recording::scan::{Tail, Wrong};
use tickline_shared::recording::{
    BlockHead, Damage, End, Found, Header, Kind, Row, Scanner, Unpacker, listing,
};
use tickline_shared::ring::layout::{Epoch, Streams};
use tickline_shared::units::Symbol;
use zerocopy::{FromZeros, IntoBytes};

use super::{Claim, Container, Event, Framing};
use crate::counts::Counts;
use crate::session::{Gap, Sessions};
use crate::source::{Error, Input};
use crate::venue::{Family, Venue};

/// Damaged places that are described one by one.
const DESCRIBED_MAX: usize = 20;

/// See the head of this file.
#[derive(Debug)]
pub struct Recording {
    input: Input,
    header: Box<Header>,
    /// The instruments that stand before the first record, and the blocks that name them.
    listed: Vec<(Symbol, Listing)>,
    listed_blocks: u32,
    scanner: Scanner,
    unpacker: Unpacker,
    /// Bytes of the block at the cursor; 0 between two blocks.
    block: usize,
    head: Option<BlockHead>,
    /// Number in the file of the next record.
    number: u64,
    /// What is being lent.
    row: Row,
    entry: Box<listing::Entry>,
    /// Instruments that are to be lent before the next record.
    entries: VecDeque<listing::Entry>,
    /// Whether the window reaches to the end of the file.
    whole: bool,
    begun: bool,
    found: Box<Findings>,
}

/// What a person should know of a file.
#[derive(Debug, Default)]
struct Findings {
    damages: Vec<Damage>,
    /// Damaged places, and the records that are lost with them.
    lost: (u64, u64),
    tail: Option<Tail>,
    end: Option<End>,
    /// Whether it was read to its end.
    ended: bool,
}

/// What comes after a block.
enum Next {
    Records,
    Instrument,
    Say(Event<'static>),
}

impl Recording {
    fn begin(&mut self) -> Result<(), Error> {
        self.scanner = Scanner::default();
        self.unpacker.abandon();
        (self.block, self.head, self.number) = (0, None, 0);
        (self.whole, self.begun) = (false, false);
        self.entries.clear();
        *self.found = Findings::default();
        self.input.skip(Header::SIZE as u64)?;
        Ok(())
    }

    /// Takes over what the first blocks say of instruments, without moving the cursor.
    fn read_listed(&mut self) -> Result<(), Error> {
        let (mut scanner, mut at) = (Scanner::default(), 0);
        loop {
            let window = self.input.window().get(at..).unwrap_or_default();
            match scanner.look(window, self.whole) {
                Found::More(bytes) => self.whole = !self.input.fill(at + bytes)?,
                Found::Block(head) if head.kind == Kind::Instruments => {
                    let body = &window[BlockHead::SIZE..head.block_bytes()];
                    let entries = listing::entries(body);
                    self.listed.extend(entries.map(|entry| (entry.symbol(), entry.listing())));
                    self.listed_blocks += 1;
                    at += head.block_bytes();
                }
                _ => return Ok(()),
            }
        }
    }

    /// Between two blocks: the next one, or what became of it.
    #[cold]
    #[inline(never)]
    fn between(&mut self, counts: &mut Counts) -> Result<Next, Error> {
        if !std::mem::replace(&mut self.begun, true) {
            counts.sessions += 1;
            return Ok(Next::Say(Event::SessionStart));
        }
        loop {
            if let Some(entry) = self.entries.pop_front() {
                *self.entry = entry;
                return Ok(Next::Instrument);
            }
            self.input.consume(std::mem::take(&mut self.block));
            match self.scanner.look(self.input.window(), self.whole) {
                Found::More(bytes) => self.whole = !self.input.fill(bytes)?,
                Found::Pass(bytes) => self.input.consume(bytes),
                Found::Block(head) => {
                    counts.bytes += head.block_bytes() as u64;
                    (self.block, self.head) = (head.block_bytes(), Some(head));
                    if let Some(next) = self.open(&head, counts) {
                        return Ok(next);
                    }
                }
                Found::Damage(damage, bytes) => {
                    self.input.consume(bytes);
                    if let Some(gap) = self.damaged(damage, counts) {
                        return Ok(Next::Say(gap));
                    }
                }
                Found::Tail(tail) => {
                    counts.truncated = true;
                    self.found.tail = Some(tail);
                    return self.end();
                }
                Found::End => return self.end(),
            }
        }
    }

    /// What a block holds, where that is to be lent.
    fn open(&mut self, head: &BlockHead, counts: &mut Counts) -> Option<Next> {
        let window = self.input.window();
        // The next block is summed up in one go: it comes from memory while this one is unpacked.
        if let Some(later) = window.get(self.block + BlockHead::SIZE + self.unpacker.at()) {
            prefetch(later);
        }
        let body = window.get(BlockHead::SIZE..self.block).unwrap_or_default();
        match head.kind {
            Kind::Records => {
                self.number = head.first;
                let begun = self.unpacker.begin(body, head.count);
                if begun.is_err() {
                    return self.contradiction(head.count.into(), counts).map(Next::Say);
                }
                (head.count > 0).then_some(Next::Records)
            }
            // Those before the first record are known already.
            Kind::Instruments if head.number < self.listed_blocks => None,
            Kind::Instruments => {
                self.entries.extend(listing::entries(body));
                None
            }
            Kind::End => {
                self.found.end = End::read(body);
                None
            }
            Kind::Other(_) => None,
        }
    }

    /// The last so many records of the block cannot be read, although its checksum is right.
    #[cold]
    fn contradiction(&mut self, records: u64, counts: &mut Counts) -> Option<Event<'static>> {
        self.unpacker.abandon();
        let damage = Damage {
            block: self.head.map_or(0, |head| head.number),
            offset: self.input.offset(),
            bytes: self.block as u64,
            first: self.number,
            records,
            what: Wrong::Contents,
        };
        self.damaged(damage, counts)
    }

    fn damaged(&mut self, damage: Damage, counts: &mut Counts) -> Option<Event<'static>> {
        self.found.lost = (self.found.lost.0 + 1, self.found.lost.1 + damage.records);
        if self.found.damages.len() < DESCRIBED_MAX {
            self.found.damages.push(damage);
        }
        if damage.records == 0 {
            return None;
        }
        counts.gaps += 1;
        counts.gap_messages = counts.gap_messages.saturating_add(damage.records);
        Some(Event::Gap(Gap { first: damage.first + 1, count: damage.records }))
    }

    /// Everything that can be read was.
    fn end(&mut self) -> Result<Next, Error> {
        self.found.ended = true;
        let Some(first) = self.found.damages.first() else { return Ok(Next::Say(Event::End)) };
        Err(Error::Damaged {
            path: self.input.path().to_owned(),
            first: first.to_string(),
            places: self.found.lost.0,
            records: self.found.lost.1,
        })
    }

    /// Where the file comes from, in words.
    fn origin(&self) -> String {
        let Header { ring, venue, ring_first, program, .. } = &*self.header;
        let venue = if venue.is_empty() { String::new() } else { format!(" ({venue})") };
        format!(
            "recorded from ring {ring}{venue}, from its record {ring_first} on, by tickline {program}"
        )
    }
}

impl Framing for Recording {
    const FAMILY: Family = Family::Recorded;
    const TOGETHER: bool = false;

    #[inline(always)]
    fn next(&mut self, _: &mut Sessions, counts: &mut Counts) -> Result<Event<'_>, Error> {
        if self.unpacker.left() == 0 {
            match self.between(counts)? {
                Next::Records => {}
                Next::Say(event) => return Ok(event),
                Next::Instrument => {
                    let (capture_ts, bytes) = (Some(self.row.ingress_ts), self.entry.as_bytes());
                    return Ok(Event::Message { sequence: 0, capture_ts, bytes });
                }
            }
        }
        let body = self.input.window().get(BlockHead::SIZE..self.block).unwrap_or_default();
        match self.unpacker.next(body) {
            Ok(row) => {
                self.row = row;
                self.number += 1;
                let capture_ts = Some(row.ingress_ts);
                let (sequence, bytes) = (self.number, self.row.as_bytes());
                Ok(Event::Message { sequence, capture_ts, bytes })
            }
            Err(_) => {
                let left = u64::from(self.unpacker.left());
                Ok(self.contradiction(left, counts).unwrap_or(Event::Heartbeat))
            }
        }
    }

    #[inline(always)]
    fn ahead(&mut self) -> Option<&[u8]> {
        None
    }

    #[inline(always)]
    fn at_hand(&self) -> usize {
        self.unpacker.left() as usize
    }

    fn rewind(&mut self) -> Result<(), Error> {
        self.input.rewind()?;
        self.begin()
    }

    fn listings(&self) -> Vec<(Symbol, Listing)> {
        self.listed.clone()
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = vec![self.origin()];
        match (&self.found.end, self.found.ended) {
            (Some(end), _) => {
                let why = end.why.map_or("for a reason that is not known here", |why| why.text());
                notes.push(format!(
                    "the recording ended: {why}; {} records were lost to it",
                    end.lost
                ));
            }
            (None, true) => notes.push(
                "the recording has no end: its recorder was killed, or is still at work".to_owned(),
            ),
            (None, false) => {}
        }
        notes.extend(self.found.damages.iter().map(ToString::to_string));
        notes.extend(self.found.tail.as_ref().map(ToString::to_string));
        notes
    }

    framing_of_input!();
}

impl Container for Recording {
    const NAME: &'static str = "recording";
    const LOOKED_FOR: &'static str = "recordings of tickline";

    fn recognise(sample: &[u8], _: bool, _: Option<Venue>) -> Option<Claim> {
        let evidence = "first bytes".to_owned();
        Header::begins(sample).then_some(Claim { venue: Venue::Recorded, evidence })
    }

    fn open(mut input: Input, _: Venue) -> Result<Recording, Error> {
        input.fill(Header::SIZE)?;
        let header = Header::read(input.window())
            .map_err(|source| Error::Recording { path: input.path().to_owned(), source })?;
        let mut recording = Recording {
            input,
            header: Box::new(header),
            listed: Vec::new(),
            listed_blocks: 0,
            scanner: Scanner::default(),
            unpacker: Unpacker::default(),
            block: 0,
            head: None,
            number: 0,
            row: Row::new_zeroed(),
            entry: Box::new(listing::Entry::new_zeroed()),
            entries: VecDeque::new(),
            whole: false,
            begun: false,
            found: Box::default(),
        };
        recording.begin()?;
        recording.read_listed()?;
        Ok(recording)
    }

    fn epoch(&self) -> Option<Epoch> {
        Some(self.header.epoch)
    }

    fn streams(&self) -> Option<Streams> {
        Some(self.header.streams)
    }
}
