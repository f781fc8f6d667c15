//! CME MDP 3.0 packets: a header, then `[u16 size][SBE message]` up to the end, all little-endian
//! ("MDP 3.0 - Binary Packet Header", "MDP 3.0 - SBE Technical Headers").
//!
//! A packet takes one sequence number, however many messages it carries. Its channel stands nowhere
//! in it: it is known by the address that it is sent to.

use std::ops::Range;

use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::Claim;
use super::datagrams::Transport;
use crate::session::{self, Carries, LineId, Numbers, SessionId};
use crate::venue::cme_mdp3::templates::Template;
use crate::venue::cme_mdp3::{SCHEMA_ID, wire};
use crate::venue::{Family, Venue};

/// What stands before the messages of a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[derive(FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /// Number of the packet in its channel, from 1 on.
    pub sequence: U32,
    /// When it was sent: nanoseconds since the Unix epoch.
    pub sending_time: U64,
}

const _: () = assert!(size_of::<Header>() == 12);

/// Bytes of a message's size, which counts them too.
const SIZE: usize = size_of::<U16>();

/// The least size of a message: a header and no block.
const SIZE_MIN: usize = SIZE + size_of::<wire::Header>();

/// No schema has had so many versions. Other data that is taken for a header does.
const VERSION_MAX: u16 = 99;

/// The protocol, as a [`Transport`].
#[derive(Clone, Copy, Debug)]
pub struct Mdp3;

impl Mdp3 {
    /// The version of the schema of which the messages of a packet are that may begin a session.
    fn version(payload: &[u8], whole: bool) -> Option<u16> {
        let mut at = size_of::<Header>();
        let (mut version, mut known) = (None, false);
        while at < payload.len() || version.is_none() {
            let Some(message) = Mdp3::cut(payload, at) else {
                // Of a packet that the capture cut, the messages before are enough.
                return version.filter(|_| known && !whole);
            };
            at = message.end;
            let message = wire::Message::open(payload.get(message)?)?;
            let its = message.header.version.get();
            let ours = message.header.schema_id.get() == SCHEMA_ID;
            if !ours || !(1..=VERSION_MAX).contains(&its) {
                return None;
            }
            version = Some(its);
            known |= Template::of(message.header.template_id.get()).is_some();
        }
        version.filter(|_| known)
    }
}

impl Transport for Mdp3 {
    const NAME: &'static str = "mdp3";
    const FAMILY: Family = Family::Cme;
    const BY_LINE: bool = true;

    fn of(_: Venue) -> Mdp3 {
        Mdp3
    }

    fn claim(payload: &[u8], whole: bool, asked: Option<Venue>) -> Option<Claim> {
        let version = Mdp3::version(payload, whole)?;
        let venue = Venue::of_family(Family::Cme, asked).next()?;
        Some(Claim { venue, evidence: format!("MDP 3.0 packets of schema version 1.{version}") })
    }

    #[inline]
    fn open(payload: &[u8]) -> Option<(session::Header, usize)> {
        let (header, _) = Header::ref_from_prefix(payload).ok()?;
        let mut count = 0;
        let mut at = size_of::<Header>();
        while at < payload.len() {
            count += 1;
            // One that does not fit is counted too, and found missing when it is its turn.
            at = Mdp3::cut(payload, at).map_or(payload.len(), |message| message.end);
        }
        let header = session::Header {
            session: SessionId::new([0; 10]),
            sequence: header.sequence.get().into(),
            numbers: Numbers::Datagrams,
            carries: Carries::Messages(count),
        };
        Some((header, size_of::<Header>()))
    }

    /// Lines A and B of a channel are sent to 224.0.31.x:14nnn and 224.0.32.x:15nnn, or to x:14nnn
    /// and x + 128:15nnn of one network, where nnn is the channel and x tells its feeds apart.
    #[inline]
    fn session(&self, _: &session::Header, line: Option<LineId>) -> SessionId {
        let Some(line) = line else { return SessionId::new([0; 10]) };
        let last = line.ipv4().map_or(0, |address| address.octets()[3]);
        let [low, high] = (line.port() % 1_000).to_le_bytes();
        SessionId::new([b'C', b'M', b'E', last & 0x7f, low, high, 0, 0, 0, 0])
    }

    #[inline]
    fn cut(payload: &[u8], at: usize) -> Option<Range<usize>> {
        let size = usize::from(u16::from_le_bytes(*payload.get(at..)?.first_chunk::<SIZE>()?));
        let end = at + size;
        (size >= SIZE_MIN && end <= payload.len()).then_some(at + SIZE..end)
    }

    fn begins(&self, payload: &[u8], whole: bool) -> bool {
        Mdp3::version(payload, whole).is_some()
    }
}
