//! What a datagram says of itself, whatever its protocol: its session, its numbers, its line.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

/// A venue's own name for a session: ten bytes, as MoldUDP64 has it; shorter names are followed by
/// zeros. Held as a number: two loads to read, two comparisons to tell from another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(u128);

impl SessionId {
    /// From its bytes on the wire.
    #[inline]
    pub const fn new(name: [u8; 10]) -> SessionId {
        let [a, b, c, d, e, f, g, h, i, j] = name;
        let first = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        let rest = u16::from_le_bytes([i, j]);
        SessionId((rest as u128) << 64 | first as u128)
    }

    /// Its bytes on the wire.
    pub fn name(self) -> [u8; 10] {
        let bytes = self.0.to_le_bytes();
        std::array::from_fn(|i| bytes[i])
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({})", self.name().escape_ascii())
    }
}

/// The address and port that a line's datagrams are sent to, as one number: the port in the lowest
/// 16 bits, above it the address, which is exact for IPv4 and folded for IPv6.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LineId(u64);

impl LineId {
    /// Set where the address is one of IPv6.
    const FOLDED: u64 = 1 << 47;

    /// The line that is sent to this address and port.
    #[inline]
    pub fn new(address: IpAddr, port: u16) -> LineId {
        let address = match address {
            IpAddr::V4(address) => u64::from(address.to_bits()),
            IpAddr::V6(address) => {
                let bits = address.to_bits();
                let folded = (bits >> 64) as u64 ^ bits as u64;
                (folded ^ folded >> 47) | LineId::FOLDED
            }
        };
        LineId(address << 16 | u64::from(port))
    }

    /// The address; `None` where it is one of IPv6.
    pub fn ipv4(self) -> Option<Ipv4Addr> {
        u32::try_from(self.0 >> 16).ok().map(Ipv4Addr::from_bits)
    }

    /// The port.
    pub fn port(self) -> u16 {
        self.0 as u16
    }
}

/// As `224.0.31.64:14340`; what is left of an IPv6 address is hexadecimal.
impl fmt::Display for LineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.ipv4() {
            Some(address) => write!(f, "{address}:{}", self.port()),
            None => write!(f, "[ipv6 {:012x}]:{}", self.0 >> 16, self.port()),
        }
    }
}

impl fmt::Debug for LineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LineId({self})")
    }
}

/// What the sequence numbers of a protocol count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Numbers {
    /// Messages: a datagram takes as many numbers as it carries (MoldUDP64, IEX-TP).
    Messages,
    /// Datagrams: each takes one number, however many messages it carries (CME MDP 3.0).
    Datagrams,
}

/// What a datagram carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carries {
    /// So many messages.
    Messages(u16),
    /// None: the venue is alive.
    Heartbeat,
    /// None: the session is over.
    EndOfSession,
}

/// What the header of a datagram says, whatever its protocol.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// The session that the numbers belong to.
    pub session: SessionId,
    /// Number of the first message, or of the datagram where those are numbered; of the next one in
    /// a heartbeat or an end of session; 0 for unsequenced.
    pub sequence: u64,
    /// What the numbers count.
    pub numbers: Numbers,
    /// What comes behind the header.
    pub carries: Carries,
}

impl Header {
    /// How many numbers the datagram takes.
    #[inline]
    pub fn takes(&self) -> u16 {
        match (self.carries, self.numbers) {
            (Carries::Messages(count), Numbers::Messages) => count,
            (Carries::Messages(_), Numbers::Datagrams) => 1,
            (Carries::Heartbeat | Carries::EndOfSession, _) => 0,
        }
    }

    /// The number that comes next, behind those that it takes.
    #[inline]
    pub fn next(&self) -> u64 {
        self.sequence.saturating_add(self.takes().into())
    }

    /// How many messages it carries.
    #[inline]
    pub fn messages(&self) -> u16 {
        match self.carries {
            Carries::Messages(count) => count,
            Carries::Heartbeat | Carries::EndOfSession => 0,
        }
    }
}
