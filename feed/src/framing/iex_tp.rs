//! IEX-TP 1.25: a header, then `count` times `[u16 length][message]`, all little-endian.
//!
//! Lines A and B carry the same messages in the same order, but may pack them differently, so what
//! is seen twice is found by the numbers of messages, never by those of datagrams.

use std::ops::Range;

use zerocopy::little_endian::{I64, U16, U32};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::Claim;
use super::datagrams::Transport;
use crate::session::{self, Carries, Numbers, SessionId};
use crate::venue::{Family, Venue};

/// What stands before the messages of a datagram ("Transport Header").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /// See [`Header::VERSION`].
    pub version: u8,
    /// Reserved.
    pub reserved: u8,
    /// Which messages follow: the feed and its version.
    pub message_protocol: U16,
    /// Which of the feed's streams this is.
    pub channel: U32,
    /// The session: one of a channel, most often a day.
    pub session: U32,
    /// Bytes behind the header; 0 in a heartbeat.
    pub payload_length: U16,
    /// Messages in the datagram; 0 in a heartbeat.
    pub message_count: U16,
    /// Bytes of the stream before this datagram's.
    pub stream_offset: I64,
    /// Number of the first message; of the next one where there is none.
    pub first_sequence: I64,
    /// When it was sent: nanoseconds since the Unix epoch.
    pub send_time: I64,
}

const _: () = assert!(size_of::<Header>() == 40);

impl Header {
    /// The only version of the transport.
    pub const VERSION: u8 = 1;
}

/// No session numbers so many messages. Other data that is taken for a header does.
const SEQUENCE_MAX: i64 = 1 << 48;

/// The protocol, as a [`Transport`] of one feed's messages.
#[derive(Clone, Copy, Debug)]
pub struct IexTp {
    /// The message protocols that the feed has.
    pub protocols: &'static [u16],
}

impl IexTp {
    /// The message protocol of a datagram of one of the feed's that may begin a session.
    pub fn protocol(self, payload: &[u8], whole: bool) -> Option<u16> {
        let (header, behind) = Header::ref_from_prefix(payload).ok()?;
        let protocol = header.message_protocol.get();
        let ours = header.version == Header::VERSION && self.protocols.contains(&protocol);
        let numbered = (0..=SEQUENCE_MAX).contains(&header.first_sequence.get());
        let fits = usize::from(header.payload_length.get()) <= behind.len();
        let sound = match header.message_count.get() {
            0 => header.payload_length.get() == 0,
            _ => IexTp::cut(payload, size_of::<Header>()).is_some() || !whole,
        };
        (ours && numbered && sound && (fits || !whole)).then_some(protocol)
    }
}

impl Transport for IexTp {
    const NAME: &'static str = "iex-tp";
    const FAMILY: Family = Family::Iex;

    fn of(venue: Venue) -> IexTp {
        IexTp { protocols: venue.protocols() }
    }

    fn claim(payload: &[u8], whole: bool, asked: Option<Venue>) -> Option<Claim> {
        Venue::of_family(Family::Iex, asked).find_map(|venue| {
            let protocol = IexTp::of(venue).protocol(payload, whole)?;
            let evidence = format!("IEX-TP datagrams of message protocol {protocol:#06x}");
            Some(Claim { venue, evidence })
        })
    }

    #[inline]
    fn open(payload: &[u8]) -> Option<(session::Header, usize)> {
        let (header, _) = Header::ref_from_prefix(payload).ok()?;
        let carries = match header.message_count.get() {
            0 => Carries::Heartbeat,
            count => Carries::Messages(count),
        };
        // Other channels and other feeds number on their own.
        let [a, b, c, d] = header.session.to_bytes();
        let [e, f, g, h] = header.channel.to_bytes();
        let [i, j] = header.message_protocol.to_bytes();
        let session = SessionId::new([a, b, c, d, e, f, g, h, i, j]);
        // Numbers start at 1: a negative one is none.
        let sequence = header.first_sequence.get().try_into().unwrap_or(0);
        let header = session::Header { session, sequence, numbers: Numbers::Messages, carries };
        Some((header, size_of::<Header>()))
    }

    #[inline]
    fn cut(payload: &[u8], at: usize) -> Option<Range<usize>> {
        let length = payload.get(at..)?.first_chunk::<2>()?;
        let start = at + 2;
        let end = start + usize::from(u16::from_le_bytes(*length));
        (end <= payload.len()).then_some(start..end)
    }

    fn begins(&self, payload: &[u8], whole: bool) -> bool {
        self.protocol(payload, whole).is_some()
    }
}
