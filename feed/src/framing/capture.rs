//! A file of datagrams: pcap, pcapng, or payloads laid end to end.

use std::ops::Range;
use std::path::Path;

use super::damaged::{Damage, Damaged};
use super::datagrams::{Arrival, Source, Transport};
use super::link::{self, Link};
use super::mold_udp64::MoldUdp64;
use super::pcap::Pcap;
use super::pcapng::Pcapng;
use crate::counts::{Counts, Skipped};
use crate::session::Carries;
use crate::source::{Error, Input, Progress};

/// Bytes of a captured packet at most: what libpcap allows (`MAXIMUM_SNAPLEN`).
pub const LONGEST_PACKET: usize = 262_144;

/// Bytes of a UDP payload at most (RFC 768, RFC 791): 65,535 less the headers.
pub const LONGEST_PAYLOAD: usize = 65_507;

/// How the datagrams of a file are laid out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Layout {
    /// Classic pcap.
    Pcap,
    /// pcapng.
    Pcapng,
    /// MoldUDP64 payloads end to end, with no packet headers.
    Payloads,
}

/// A captured packet, with the reader's cursor before its record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Bytes of the whole record.
    pub length: usize,
    /// Where in the record the frame lies.
    pub frame: Range<usize>,
    /// Nanoseconds since the Unix epoch.
    pub ts: Option<u64>,
    /// What the frame starts with.
    pub link: Link,
    /// False where the capture cut the packet.
    pub whole: bool,
}

/// Lends the UDP payloads of a capture file.
#[derive(Debug)]
pub struct Capture {
    input: Input,
    reader: Reader,
    /// Bytes of the current record, consumed when the next is asked for.
    length: usize,
    /// Where in the window the current payload lies.
    payload: Range<usize>,
}

#[derive(Debug)]
enum Reader {
    Pcap(Pcap),
    Pcapng(Pcapng),
    Payloads,
    /// Another capture, whose datagrams suffer; they are copied into the input of this one.
    Damaged(Box<Damaged<Capture>>),
}

impl Capture {
    /// Reads a file from its first byte on.
    pub fn new(input: Input, layout: Layout) -> Result<Capture, Error> {
        let mut capture =
            Capture { input, reader: Reader::Payloads, length: 0, payload: Range::default() };
        capture.begin(layout)?;
        Ok(capture)
    }

    fn begin(&mut self, layout: Layout) -> Result<(), Error> {
        self.reader = match layout {
            Layout::Pcap => Reader::Pcap(Pcap::begin(&mut self.input)?),
            Layout::Pcapng => Reader::Pcapng(Pcapng::begin()),
            Layout::Payloads => Reader::Payloads,
        };
        (self.length, self.payload) = (0, 0..0);
        Ok(())
    }

    /// Damages the datagrams from here on, on purpose. Does nothing to what is read before.
    #[cold]
    pub fn damage(&mut self, damage: Damage) {
        let copies = Capture {
            input: Input::from_bytes(self.input.path(), Vec::with_capacity(LONGEST_PAYLOAD)),
            reader: Reader::Payloads,
            length: 0,
            payload: 0..0,
        };
        let whole = std::mem::replace(self, copies);
        self.reader = Reader::Damaged(Box::new(Damaged::new(whole, damage)));
    }

    /// The next datagram that is left of a damaged capture, or was added.
    #[inline(never)]
    fn damaged(&mut self, counts: &mut Counts) -> Result<Option<Arrival>, Error> {
        let Reader::Damaged(inner) = &mut self.reader else { return Ok(None) };
        let arrival = inner.advance(counts)?;
        let payload = inner.payload();
        self.payload = 0..payload.len();
        self.input.replace(payload);
        Ok(arrival)
    }

    /// How the file is laid out.
    pub fn layout(&self) -> Layout {
        match &self.reader {
            Reader::Damaged(inner) => inner.source().layout(),
            Reader::Pcap(_) => Layout::Pcap,
            Reader::Pcapng(_) => Layout::Pcapng,
            Reader::Payloads => Layout::Payloads,
        }
    }

    /// The end of the file, and whether something was left that is no whole record.
    #[cold]
    fn end(&mut self, counts: &mut Counts) {
        let rest = self.input.window().len();
        counts.truncated |= rest > 0;
        self.input.consume(rest);
    }

    /// Cuts the payload at the cursor, which nothing but its own messages delimits.
    #[inline(never)]
    fn headless(&mut self, counts: &mut Counts) -> Result<Option<Arrival>, Error> {
        let mut end = 0;
        let mut left = None;
        let whole = loop {
            let window = self.input.window();
            let step = match left {
                None => MoldUdp64::open(window).map(|(header, at)| {
                    let count = match header.carries {
                        Carries::Messages(count) => count,
                        Carries::Heartbeat | Carries::EndOfSession => 0,
                    };
                    left = Some(count);
                    at
                }),
                Some(0) => break true,
                Some(count) => MoldUdp64::cut(window, end).map(|message| {
                    left = Some(count - 1);
                    message.end
                }),
            };
            match step {
                Some(to) if to > LONGEST_PAYLOAD => {
                    return Err(Error::Container {
                        path: self.input.path().to_owned(),
                        offset: self.input.offset(),
                        expected: "a MoldUDP64 payload of at most 65,507 bytes",
                        found: format!("one of {to} or more"),
                    });
                }
                Some(to) => end = to,
                None if self.input.refill()? => {}
                None => break false,
            }
        };
        if !whole {
            counts.truncated |= !self.input.window().is_empty();
            end = self.input.window().len();
            if left.is_none() {
                self.input.consume(end);
                return Ok(None);
            }
        }
        (self.length, self.payload) = (end, 0..end);
        Ok(Some(Arrival { capture_ts: None, line: None, whole }))
    }
}

impl Source for Capture {
    fn path(&self) -> &Path {
        self.input.path()
    }

    #[inline]
    fn advance(&mut self, counts: &mut Counts) -> Result<Option<Arrival>, Error> {
        loop {
            self.input.consume(std::mem::take(&mut self.length));
            self.payload = 0..0;
            let record = match &mut self.reader {
                Reader::Pcap(pcap) => pcap.record(&mut self.input)?,
                Reader::Pcapng(pcapng) => pcapng.record(&mut self.input, counts)?,
                Reader::Payloads => return self.headless(counts),
                Reader::Damaged(_) => return self.damaged(counts),
            };
            let Some(record) = record else {
                self.end(counts);
                return Ok(None);
            };
            self.length = record.length;
            let start = record.frame.start;
            let frame = self.input.window().get(record.frame).unwrap_or_default();
            match link::dissect(record.link, frame) {
                Ok(udp) if udp.whole || !record.whole => {
                    self.payload = start + udp.payload.start..start + udp.payload.end;
                    let line = Some(udp.line);
                    let whole = udp.whole;
                    return Ok(Some(Arrival { capture_ts: record.ts, line, whole }));
                }
                // Longer than its frame, which the capture did not cut.
                Ok(_) => counts.skipped(Skipped::BadIp),
                Err(reason) => counts.skipped(reason),
            }
        }
    }

    #[inline]
    fn payload(&self) -> &[u8] {
        self.input.window().get(self.payload.clone()).unwrap_or_default()
    }

    fn rewind(&mut self) -> Result<(), Error> {
        if let Reader::Damaged(inner) = &mut self.reader {
            return inner.rewind();
        }
        let layout = self.layout();
        self.input.rewind()?;
        self.begin(layout)
    }

    fn offset(&self) -> u64 {
        match &self.reader {
            Reader::Damaged(inner) => inner.offset(),
            _ => self.input.offset(),
        }
    }

    fn progress(&self) -> Progress {
        match &self.reader {
            Reader::Damaged(inner) => inner.progress(),
            _ => self.input.progress(),
        }
    }

    fn wait_ready(&self) {
        match &self.reader {
            Reader::Damaged(inner) => inner.wait_ready(),
            _ => self.input.wait_ready(),
        }
    }
}
