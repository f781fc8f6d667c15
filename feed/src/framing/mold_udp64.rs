//! MoldUDP64 1.00: a header, then `count` times `[u16 length][message]`, all big-endian.

use std::ops::Range;

use zerocopy::big_endian::{U16, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::Claim;
use super::capture::LONGEST_PAYLOAD;
use super::datagrams::Transport;
use crate::session::{self, Carries, Numbers, SessionId};
use crate::venue::{Family, Venue};

/// What stands before the messages of a datagram ("Downstream Packet"); a request has the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /// ASCII, padded with spaces; NUL where a file was wrapped into datagrams.
    pub session: [u8; 10],
    /// Number of the first message; of the next one where there is none.
    pub sequence: U64,
    /// Messages in the datagram; see [`Header::HEARTBEAT`] and [`Header::END_OF_SESSION`].
    pub count: U16,
}

const _: () = assert!(size_of::<Header>() == 20);

impl Header {
    /// A count: the server is alive.
    pub const HEARTBEAT: u16 = 0;
    /// A count: the session is over. Repeated for a while.
    pub const END_OF_SESSION: u16 = 0xFFFF;
}

/// No session numbers so many messages: a million a second for nine years. Text that is taken for a
/// header does.
const SEQUENCE_MAX: u64 = 1 << 48;

/// The protocol, as a [`Transport`].
#[derive(Clone, Copy, Debug)]
pub struct MoldUdp64;

impl Transport for MoldUdp64 {
    const NAME: &'static str = "moldudp64";
    const FAMILY: Family = Family::Itch;

    fn of(_: Venue) -> MoldUdp64 {
        MoldUdp64
    }

    fn claim(payload: &[u8], whole: bool, asked: Option<Venue>) -> Option<Claim> {
        let venue = Venue::of_family(Family::Itch, asked).next()?;
        let evidence = "MoldUDP64 datagrams".to_owned();
        MoldUdp64.begins(payload, whole).then_some(Claim { venue, evidence })
    }

    #[inline]
    fn open(payload: &[u8]) -> Option<(session::Header, usize)> {
        let (header, _) = Header::ref_from_prefix(payload).ok()?;
        let carries = match header.count.get() {
            Header::HEARTBEAT => Carries::Heartbeat,
            Header::END_OF_SESSION => Carries::EndOfSession,
            count => Carries::Messages(count),
        };
        let (session, sequence) = (SessionId::new(header.session), header.sequence.get());
        let header = session::Header { session, sequence, numbers: Numbers::Messages, carries };
        Some((header, size_of::<Header>()))
    }

    #[inline]
    fn cut(payload: &[u8], at: usize) -> Option<Range<usize>> {
        let length = payload.get(at..)?.first_chunk::<2>()?;
        let start = at + 2;
        let end = start + usize::from(u16::from_be_bytes(*length));
        (end <= payload.len()).then_some(start..end)
    }

    fn begins(&self, payload: &[u8], whole: bool) -> bool {
        let Some((header, at)) = MoldUdp64::open(payload) else { return false };
        let numbered = header.sequence <= SEQUENCE_MAX;
        let named =
            header.session.name().iter().all(|&b| b == 0 || b == b' ' || b.is_ascii_graphic());
        let sound = match header.carries {
            Carries::Messages(_) => MoldUdp64::cut(payload, at).is_some() || !whole,
            Carries::Heartbeat | Carries::EndOfSession => payload.len() == at,
        };
        named && numbered && sound
    }
}

/// Datagrams of a file of payloads that have to make sense.
const DATAGRAMS: usize = 8;

/// Whether a file that begins like this holds payloads end to end: lengths lead from message to
/// message and from header to header, and the headers are of one session.
pub fn payloads(sample: &[u8]) -> bool {
    let mut rest = sample;
    let mut session = None;
    for _ in 0..DATAGRAMS {
        let Some((header, mut at)) = MoldUdp64::open(rest) else { break };
        if !MoldUdp64.begins(&rest[..at], false) || session.is_some_and(|id| id != header.session) {
            return false;
        }
        let Carries::Messages(count) = header.carries else {
            // A file of zeros is a row of heartbeats, and no capture.
            if header.session == SessionId::new([0; 10]) {
                return false;
            }
            (session, rest) = (Some(header.session), &rest[at..]);
            continue;
        };
        for message in 0..count {
            let Some(cut) = MoldUdp64::cut(rest, at) else {
                // The file, or the sample, ends here.
                return session.is_some() || message > 0;
            };
            at = cut.end;
        }
        if at > LONGEST_PAYLOAD {
            return false;
        }
        (session, rest) = (Some(header.session), &rest[at..]);
    }
    session.is_some()
}
