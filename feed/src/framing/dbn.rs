//! Databento Binary Encoding, versions 1 to 3: metadata, then records, each with its own length.
//!
//! A fragment is the same without metadata: its instruments have no names but those that its own
//! records give. It is recognised where every record of the sample has a length and a type that belong
//! together. Where metadata say that an instrument has another name from some day on, a mapping record
//! (version 3) comes in at the first record of that day and is counted like those of the file; see
//! [`Dbn::notes`].
//!
//! Files of one dataset that follow each other are one session: books go on, and each day's file of
//! orders begins by clearing them. Refuses DBZ, the format before version 1, and versions after 3.

use tickline_shared::instruments::Listing;
use tickline_shared::units::Symbol;

use super::{AHEAD, Claim, Container, Event, Framing};
use crate::counts::Counts;
use crate::session::{Carries, Header, Numbers, SessionId, Sessions};
use crate::source::{Error, Input};
use crate::venue::dbn::reading::received;
use crate::venue::dbn::records::WORD;
use crate::venue::{Family, Venue};

mod metadata;
mod names;
mod recognise;

use metadata::Metadata;
use names::Names;
pub(crate) use recognise::refuse_dbz;

/// The least that a record can have: its header.
const RECORD_MIN: usize = 16;

/// Bytes that a live gateway adds to each record: when it sent it (`ts_out`).
const TS_OUT: usize = 8;

/// Records of a file, numbered from 1.
#[derive(Debug)]
pub struct Dbn {
    input: Input,
    metadata: Metadata,
    names: Names,
    /// Bytes at the end of each record that are none of it.
    behind: usize,
    /// Whether the session was looked at.
    begun: bool,
    sequence: u64,
    /// From the cursor to the next record to be shown ahead: bytes, and records.
    ahead: (usize, u32),
}

impl Dbn {
    /// Bytes of the record at the cursor, where all of it is in the window.
    #[inline(always)]
    fn complete(&self) -> Option<usize> {
        let window = self.input.window();
        let length = usize::from(*window.first()?) * WORD;
        (length >= RECORD_MIN + self.behind && window.len() >= length).then_some(length)
    }

    /// Whether there may be a record at the cursor now; otherwise the file is at its end.
    #[cold]
    fn refill(&mut self, counts: &mut Counts) -> Result<bool, Error> {
        if let Some(&words) = self.input.window().first()
            && usize::from(words) * WORD < RECORD_MIN + self.behind
        {
            return Err(Error::Container {
                path: self.input.path().to_owned(),
                offset: self.input.offset(),
                expected: "a DBN record, of at least 16 bytes",
                found: format!("a length of {}", usize::from(words) * WORD),
            });
        }
        if self.input.refill()? {
            return Ok(true);
        }
        let rest = self.input.window().len();
        counts.truncated |= rest > 0;
        self.input.consume(rest);
        Ok(false)
    }

    /// Whether a session begins here, or one goes on that another file began.
    #[cold]
    fn begin(&mut self, sessions: &mut Sessions, counts: &mut Counts) -> bool {
        self.begun = true;
        let session = SessionId::new(self.metadata.session());
        let (numbers, carries) = (Numbers::Messages, Carries::Messages(0));
        let header = Header { session, sequence: 0, numbers, carries };
        // It came on no line, and nothing waits for it.
        sessions.settle(&header, counts).starts
    }
}

impl Framing for Dbn {
    const FAMILY: Family = Family::Dbn;
    const TOGETHER: bool = false;

    #[inline(always)]
    fn next(&mut self, sessions: &mut Sessions, counts: &mut Counts) -> Result<Event<'_>, Error> {
        if !self.begun && self.begin(sessions, counts) {
            return Ok(Event::SessionStart);
        }
        let length = loop {
            match self.complete() {
                Some(length) => break length,
                None if self.refill(counts)? => {}
                None => return Ok(Event::End),
            }
        };
        let window = self.input.window();
        let capture_ts = received(&window[..length]);
        if self.names.is_due(capture_ts) {
            let bytes = self.names.next();
            return Ok(Event::Message { sequence: self.sequence, capture_ts, bytes });
        }
        counts.bytes += length as u64;
        self.sequence += 1;
        self.ahead = match self.ahead {
            (bytes, records @ 1..) => (bytes - length, records - 1),
            _ => (0, 0),
        };
        let bytes = self.input.take(length);
        let bytes = &bytes[..length - self.behind];
        Ok(Event::Message { sequence: self.sequence, capture_ts, bytes })
    }

    #[inline(always)]
    fn ahead(&mut self) -> Option<&[u8]> {
        let (at, records) = self.ahead;
        if records >= AHEAD {
            return None;
        }
        let rest = self.input.window().get(at..)?;
        let length = usize::from(*rest.first()?) * WORD;
        if length < RECORD_MIN + self.behind {
            return None;
        }
        let record = rest.get(..length)?;
        self.ahead = (at + length, records + 1);
        Some(record)
    }

    #[inline(always)]
    fn at_hand(&self) -> usize {
        self.ahead.1 as usize
    }

    fn rewind(&mut self) -> Result<(), Error> {
        self.input.rewind()?;
        (self.begun, self.sequence, self.ahead) = (false, 0, (0, 0));
        self.names.rewind();
        self.input.skip(self.metadata.length)?;
        Ok(())
    }

    fn listings(&self) -> Vec<(Symbol, Listing)> {
        self.names.first()
    }

    fn notes(&self) -> Vec<String> {
        let renamed = self.names.renamed();
        let later = (renamed > 0).then(|| {
            format!(
                "the metadata give {renamed} names from a later day on: each that the records reach \
                 counts as a symbol-mapping"
            )
        });
        let unnamed = self.metadata.is_none().then(|| {
            "a fragment, without metadata: instruments that no record names are called by their \
             numbers"
                .to_owned()
        });
        later.into_iter().chain(unnamed).collect()
    }

    framing_of_input!();
}

impl Container for Dbn {
    const NAME: &'static str = "dbn";
    const LOOKED_FOR: &'static str = "DBN";

    fn recognise(sample: &[u8], more: bool, _: Option<Venue>) -> Option<Claim> {
        let evidence = recognise::metadata(sample).or_else(|| recognise::fragment(sample, more))?;
        Some(Claim { venue: Venue::Dbn, evidence })
    }

    fn open(mut input: Input, _: Venue) -> Result<Dbn, Error> {
        let (metadata, names) = Metadata::read(&mut input)?;
        let behind = if metadata.ts_out { TS_OUT } else { 0 };
        let (begun, sequence, ahead) = (false, 0, (0, 0));
        Ok(Dbn { input, metadata, names, behind, begun, sequence, ahead })
    }
}
