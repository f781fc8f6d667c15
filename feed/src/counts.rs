//! What happened in a run, as plain integers in fixed places: counting is an addition, and names
//! come into it only when somebody asks for a report.

use std::fmt;

use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};
use tickline_shared::ring::counters::REASONS_MAX;
use tickline_shared::summary::LineSummary;

use crate::venue::market::MarketEvent;
use crate::venue::{Refused, Venue};

/// Defines an enum whose values index an array of counters.
macro_rules! reasons {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $value:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $name { $($(#[$vdoc])* $value,)* }

        impl $name {
            /// Every reason, in the order of its counters.
            pub const ALL: &[$name] = &[$($name::$value,)*];

            /// The name in reports and metrics.
            pub const fn name(self) -> &'static str {
                match self { $($name::$value => $text,)* }
            }
        }
    };
}

reasons! {
    /// What was wrong with input that should have been right. It is dropped and the run goes on.
    Malformed {
        /// A message of no bytes.
        EmptyMessage = "empty_message",
        /// A message shorter than its type says.
        ShortMessage = "short_message",
        /// A message that is not what its type says: text that does not read, or a number that no
        /// record holds.
        DamagedMessage = "damaged_message",
        /// A line of text that is neither a message nor anything that recorders write around them.
        Line = "line",
        /// A line of text that is longer than any message.
        LongLine = "long_line",
        /// A datagram shorter than the header of its protocol.
        ShortHeader = "short_header",
        /// A message that reaches beyond the end of its datagram; those before it count.
        MessagePastEnd = "message_past_end",
        /// A record of the capture file whose inner lengths do not fit its outer length.
        Record = "record",
    }
}

reasons! {
    /// Why a packet of a capture is not looked into. Captures hold other traffic too.
    Skipped {
        /// Another link layer than those that are read.
        OtherLink = "other_link",
        /// Neither IPv4 nor IPv6.
        NotIp = "not_ip",
        /// IP, but not UDP.
        NotUdp = "not_udp",
        /// A fragment of an IP packet.
        Fragment = "fragment",
        /// An IP header that contradicts itself.
        BadIp = "bad_ip",
        /// A UDP length that contradicts the IP length.
        BadUdp = "bad_udp",
        /// The capture holds less than the headers.
        CutHeaders = "cut_headers",
        /// UDP, but not the venue's protocol.
        Foreign = "foreign",
        /// A line of a recording that tells of the connection, or of a frame that was sent.
        NotReceived = "not_received",
    }
}

reasons! {
    /// What was done to a datagram on purpose, to rehearse losses.
    Fault {
        /// It does not come.
        Dropped = "dropped",
        /// It comes twice.
        Duplicated = "duplicated",
        /// It comes behind later ones of its line.
        Reordered = "reordered",
    }
}

// All of them have a place in shared memory.
const _: () = assert!(Malformed::ALL.len() <= REASONS_MAX);

/// The counters of one feed. Names are those of `summary.json` and of the metrics.
#[derive(Clone, PartialEq, Eq)]
pub struct Counts {
    /// Whose types `by_type` and `unknown` count; `None` while that is not known.
    pub venue: Option<Venue>,
    /// Datagrams that carry the venue's protocol, on all lines.
    pub packets: u64,
    /// Bytes of those datagrams, or of a file's messages with their length prefixes.
    pub bytes: u64,
    /// Messages delivered: known, unknown and malformed ones, duplicates not.
    pub messages: u64,
    /// Messages that the venue's decoder knows, by their type.
    pub by_type: [u64; 256],
    /// Messages of a type that it does not know.
    pub unknown: [u64; 256],
    /// The sum of `unknown`.
    pub unknown_messages: u64,
    /// Messages with bytes behind those that the decoder knows; they count in `by_type` too.
    pub longer: u64,
    /// See [`Malformed`].
    pub malformed: [u64; Malformed::ALL.len()],
    /// Datagrams that carry no message.
    pub heartbeats: u64,
    /// Sessions begun, resets included.
    pub sessions: u64,
    /// Datagrams, or marks in a file, that end a session; venues repeat them.
    pub ends_of_session: u64,
    /// Jumps of the sequence number, or of what a venue numbers for each instrument instead.
    pub gaps: u64,
    /// Numbers that were jumped over.
    pub gap_messages: u64,
    /// Messages dropped because they had been seen.
    pub duplicates: u64,
    /// Packets of the capture that were not looked into; see [`Skipped`].
    pub skipped: [u64; Skipped::ALL.len()],
    /// Datagrams of which the capture holds only the beginning.
    pub cut_packets: u64,
    /// What was done to datagrams on purpose; see [`Fault`].
    pub faults: [u64; Fault::ALL.len()],
    /// Whether a file ended inside a record or message.
    pub truncated: bool,
    /// Time of the first message: see [`Counts::at`].
    pub first_ts: Option<u64>,
    /// Time of the last message.
    pub last_ts: Option<u64>,
    /// What each line brought: known at the end of a run.
    pub lines: Vec<LineSummary>,
}

impl Default for Counts {
    fn default() -> Counts {
        Counts {
            venue: None,
            packets: 0,
            bytes: 0,
            messages: 0,
            by_type: [0; 256],
            unknown: [0; 256],
            unknown_messages: 0,
            longer: 0,
            malformed: [0; _],
            heartbeats: 0,
            sessions: 0,
            ends_of_session: 0,
            gaps: 0,
            gap_messages: 0,
            duplicates: 0,
            skipped: [0; _],
            cut_packets: 0,
            faults: [0; _],
            truncated: false,
            first_ts: None,
            last_ts: None,
            lines: Vec::new(),
        }
    }
}

impl Counts {
    /// A message that the decoder knows.
    #[inline]
    pub fn message(&mut self, kind: u8) {
        self.messages += 1;
        self.by_type[kind as usize] += 1;
    }

    /// A message that it does not.
    #[cold]
    pub fn refused(&mut self, refused: Refused) {
        self.messages += 1;
        match refused {
            Refused::Empty => self.malformed(Malformed::EmptyMessage),
            Refused::Short(_) => self.malformed(Malformed::ShortMessage),
            Refused::Damaged => self.malformed(Malformed::DamagedMessage),
            Refused::Unknown(kind) => {
                self.unknown[kind as usize] += 1;
                self.unknown_messages += 1;
            }
        }
    }

    /// What a message says that says several things: a decoder may find that numbers are missing.
    #[inline]
    pub fn said(&mut self, event: &MarketEvent) {
        if let MarketEvent::Missing(Some(gap)) = event {
            self.gaps += 1;
            self.gap_messages = self.gap_messages.saturating_add(gap.count);
        }
    }

    /// Something that is wrong in itself.
    #[cold]
    pub fn malformed(&mut self, what: Malformed) {
        self.malformed[what as usize] += 1;
    }

    /// A packet of the capture that is not looked into.
    #[inline]
    pub fn skipped(&mut self, why: Skipped) {
        self.skipped[why as usize] += 1;
    }

    /// A datagram was damaged on purpose.
    #[cold]
    pub fn fault(&mut self, what: Fault) {
        self.faults[what as usize] += 1;
    }

    /// Those of the counters by type that are not zero, with the venue's names of the types, in their
    /// order.
    pub fn named<'a>(
        &'a self,
        counters: &'a [u64; 256],
    ) -> impl Iterator<Item = (String, u64)> + 'a {
        let present = (0..=255u8).zip(counters).filter(|(_, count)| **count > 0);
        present.map(move |(kind, &count)| (type_name(self.venue, kind), count))
    }

    /// Time passes: nanoseconds since the Unix epoch where the capture has a clock, else
    /// nanoseconds since midnight of the venue's day.
    #[inline]
    pub fn at(&mut self, ts: u64) {
        self.first_ts.get_or_insert(ts);
        self.last_ts = Some(ts);
    }
}

/// A type of message as people know it.
pub fn type_name(venue: Option<Venue>, kind: u8) -> String {
    venue.map_or_else(|| kind.escape_ascii().to_string(), |venue| venue.type_name(kind))
}

/// The object of `inspect --json` and of `feed` in `summary.json`.
impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Counts", 19)?;
        object.serialize_field("packets", &self.packets)?;
        object.serialize_field("bytes", &self.bytes)?;
        object.serialize_field("messages", &self.messages)?;
        object.serialize_field("by_type", &Types(self, &self.by_type))?;
        object.serialize_field("heartbeats", &self.heartbeats)?;
        object.serialize_field("sessions", &self.sessions)?;
        object.serialize_field("ends_of_session", &self.ends_of_session)?;
        object.serialize_field("gaps", &self.gaps)?;
        object.serialize_field("gap_messages", &self.gap_messages)?;
        object.serialize_field("duplicates", &self.duplicates)?;
        object.serialize_field("truncated", &self.truncated)?;
        let malformed = Malformed::ALL.iter().map(|reason| reason.name()).zip(self.malformed);
        object.serialize_field("malformed", &Present(malformed))?;
        object.serialize_field("unknown", &Types(self, &self.unknown))?;
        object.serialize_field("longer", &self.longer)?;
        let skipped = Skipped::ALL.iter().map(|reason| reason.name()).zip(self.skipped);
        object.serialize_field("skipped", &Present(skipped))?;
        object.serialize_field("cut_packets", &self.cut_packets)?;
        object.serialize_field("first_ts", &self.first_ts)?;
        object.serialize_field("last_ts", &self.last_ts)?;
        object.serialize_field("lines", &self.lines)?;
        object.end()
    }
}

/// As JSON: three arrays of mostly zeros are nothing to look at.
impl fmt::Debug for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

struct Types<'a>(&'a Counts, &'a [u64; 256]);

impl Serialize for Types<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.named(self.1))
    }
}

/// The counters that are not zero.
struct Present<I>(I);

impl<I: Iterator<Item = (&'static str, u64)> + Clone> Serialize for Present<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, count) in self.0.clone().filter(|(_, count)| *count > 0) {
            map.serialize_entry(name, &count)?;
        }
        map.end()
    }
}
