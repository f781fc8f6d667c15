//! From a captured frame to the UDP payload in it: link layers, VLAN tags, IPv4 and IPv6.
//!
//! Padding behind the IP length is ignored, options and extension headers are stepped over, and
//! fragments are refused: whoever reassembles them adds latency, so venues send none. Checksums are
//! not verified: the capturing host's hardware may not have filled them in yet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use zerocopy::big_endian::{U16, U32};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

use crate::counts::Skipped;
use crate::session::LineId;

/// A UDP payload in its frame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Udp {
    /// Where it was sent to.
    pub line: LineId,
    /// Where in the frame it lies.
    pub payload: Range<usize>,
    /// False where the frame ends before the payload does.
    pub whole: bool,
}

/// The link layers that are read, by their number at <https://www.tcpdump.org/linktypes.html>.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    /// 1: Ethernet, with any number of VLAN tags.
    Ethernet,
    /// 113: Linux "cooked".
    Sll,
    /// 276: Linux "cooked", version 2.
    Sll2,
    /// 101, 228, 229 (and 12, 14 as some BSDs number it): the packet starts with IP.
    RawIp,
    /// 0, 108: an address family in either byte order, then IP.
    Loopback,
    /// Any other.
    Other(u32),
}

impl From<u32> for Link {
    fn from(number: u32) -> Link {
        match number {
            1 => Link::Ethernet,
            113 => Link::Sll,
            276 => Link::Sll2,
            12 | 14 | 101 | 228 | 229 => Link::RawIp,
            0 | 108 => Link::Loopback,
            other => Link::Other(other),
        }
    }
}

#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Ethernet {
    destination: [u8; 6],
    source: [u8; 6],
    ether_type: U16,
}

#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct VlanTag {
    control: U16,
    ether_type: U16,
}

#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Sll {
    packet_type: U16,
    hardware: U16,
    address_length: U16,
    address: [u8; 8],
    ether_type: U16,
}

#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Sll2 {
    ether_type: U16,
    reserved: U16,
    interface: U32,
    hardware: U16,
    packet_type: u8,
    address_length: u8,
    address: [u8; 8],
}

/// RFC 791 3.1, without options.
#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Ipv4 {
    version_and_words: u8,
    service: u8,
    total_length: U16,
    identification: U16,
    flags_and_offset: U16,
    time_to_live: u8,
    protocol: u8,
    checksum: U16,
    source: [u8; 4],
    destination: [u8; 4],
}

/// RFC 8200 section 3.
#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Ipv6 {
    version_class_flow: U32,
    payload_length: U16,
    next_header: u8,
    hop_limit: u8,
    source: [u8; 16],
    destination: [u8; 16],
}

/// RFC 8200 4.3, 4.4, 4.6; RFC 4302 2.2.
#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct Extension {
    next_header: u8,
    length: u8,
}

/// RFC 8200 4.5.
#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct FragmentHeader {
    next_header: u8,
    reserved: u8,
    offset_and_more: U16,
    identification: U32,
}

/// RFC 768.
#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct UdpHeader {
    source: U16,
    destination: U16,
    length: U16,
    checksum: U16,
}

const _: () = {
    assert!(size_of::<Ethernet>() == 14 && size_of::<VlanTag>() == 4);
    assert!(size_of::<Sll>() == 16 && size_of::<Sll2>() == 20);
    assert!(size_of::<Ipv4>() == 20 && size_of::<Ipv6>() == 40);
    assert!(size_of::<Extension>() == 2 && size_of::<FragmentHeader>() == 8);
    assert!(size_of::<UdpHeader>() == 8);
};

const ETHER_IPV4: u16 = 0x0800;
const ETHER_IPV6: u16 = 0x86dd;
/// 802.1Q, 802.1ad, and the number that was used before 802.1ad.
const ETHER_VLAN: [u16; 3] = [0x8100, 0x88a8, 0x9100];

const IP_UDP: u8 = 17;
const IP_FRAGMENT: u8 = 44;
const IP_AUTHENTICATION: u8 = 51;
/// Hop-by-hop, routing, destination options, mobility, HIP, Shim6: all of the same form.
const IP_EXTENSIONS: [u8; 6] = [0, 43, 60, 135, 139, 140];

/// The flag "more fragments" and the offset of an IPv4 fragment.
const IPV4_FRAGMENT: u16 = 0x3fff;
/// The same of an IPv6 fragment; both zero is a whole packet nevertheless (RFC 6946).
const IPV6_FRAGMENT: u16 = 0xfff9;

/// Address families: IPv4 everywhere; IPv6 of NetBSD, FreeBSD, macOS and Linux.
const FAMILY_IPV4: u32 = 2;
const FAMILIES_IPV6: [u32; 4] = [24, 28, 30, 10];

/// Finds the UDP payload of a frame of which `frame` was captured.
#[inline]
pub fn dissect(link: Link, frame: &[u8]) -> Result<Udp, Skipped> {
    let (ether_type, packet) = match link {
        Link::Ethernet => {
            let (header, rest) = header::<Ethernet>(frame)?;
            (header.ether_type.get(), rest)
        }
        Link::Sll => {
            let (header, rest) = header::<Sll>(frame)?;
            (header.ether_type.get(), rest)
        }
        Link::Sll2 => {
            let (header, rest) = header::<Sll2>(frame)?;
            (header.ether_type.get(), rest)
        }
        Link::RawIp => (by_version(frame)?, frame),
        Link::Loopback => {
            let (family, rest) = header::<U32>(frame)?;
            (by_family(family.get())?, rest)
        }
        Link::Other(_) => return Err(Skipped::OtherLink),
    };
    let (ether_type, packet) = untag(ether_type, packet)?;
    let (protocol, address, segment, whole) = match ether_type {
        ETHER_IPV4 => ipv4(packet)?,
        ETHER_IPV6 => ipv6(packet)?,
        _ => return Err(Skipped::NotIp),
    };
    if protocol != IP_UDP {
        return Err(Skipped::NotUdp);
    }
    let (udp, rest) = header::<UdpHeader>(segment)?;
    let length = usize::from(udp.length.get());
    let Some(length) = length.checked_sub(size_of::<UdpHeader>()) else {
        return Err(Skipped::BadUdp);
    };
    if whole && length > rest.len() {
        return Err(Skipped::BadUdp);
    }
    // `rest` starts where it starts in the frame, whatever was cut off behind it.
    let start = rest.as_ptr().addr() - frame.as_ptr().addr();
    let payload = start..start + length.min(rest.len());
    let line = LineId::new(address, udp.destination.get());
    Ok(Udp { line, whole: length <= rest.len(), payload })
}

fn header<T: FromBytes + Immutable + KnownLayout + Unaligned>(
    bytes: &[u8],
) -> Result<(&T, &[u8]), Skipped> {
    T::ref_from_prefix(bytes).map_err(|_| Skipped::CutHeaders)
}

fn by_version(packet: &[u8]) -> Result<u16, Skipped> {
    match packet.first().map(|byte| byte >> 4) {
        Some(4) => Ok(ETHER_IPV4),
        Some(6) => Ok(ETHER_IPV6),
        Some(_) => Err(Skipped::NotIp),
        None => Err(Skipped::CutHeaders),
    }
}

/// The family is in the byte order of the host that captured.
fn by_family(family: u32) -> Result<u16, Skipped> {
    let is = |wanted: u32| family == wanted || family.swap_bytes() == wanted;
    if is(FAMILY_IPV4) {
        Ok(ETHER_IPV4)
    } else if FAMILIES_IPV6.into_iter().any(is) {
        Ok(ETHER_IPV6)
    } else {
        Err(Skipped::NotIp)
    }
}

/// Steps over VLAN tags.
fn untag(mut ether_type: u16, mut packet: &[u8]) -> Result<(u16, &[u8]), Skipped> {
    while ETHER_VLAN.contains(&ether_type) {
        let (tag, rest) = header::<VlanTag>(packet)?;
        (ether_type, packet) = (tag.ether_type.get(), rest);
    }
    Ok((ether_type, packet))
}

/// What an IP packet carries: protocol, where to, the bytes, and whether those are all.
type Carried<'a> = (u8, IpAddr, &'a [u8], bool);

fn ipv4(packet: &[u8]) -> Result<Carried<'_>, Skipped> {
    let (ip, rest) = header::<Ipv4>(packet)?;
    let header_length = usize::from(ip.version_and_words & 0x0f) * 4;
    let Some(options) = header_length.checked_sub(size_of::<Ipv4>()) else {
        return Err(Skipped::BadIp);
    };
    let carried = match usize::from(ip.total_length.get()) {
        // Left to the hardware to fill in (segmentation offload): all that was captured.
        0 => rest.len().saturating_sub(options),
        total => total.checked_sub(header_length).ok_or(Skipped::BadIp)?,
    };
    if ip.version_and_words >> 4 != 4 {
        return Err(Skipped::BadIp);
    }
    if ip.flags_and_offset.get() & IPV4_FRAGMENT != 0 {
        return Err(Skipped::Fragment);
    }
    let segment = rest.get(options..).ok_or(Skipped::CutHeaders)?;
    let address = Ipv4Addr::from_octets(ip.destination).into();
    let whole = carried <= segment.len();
    Ok((ip.protocol, address, &segment[..carried.min(segment.len())], whole))
}

fn ipv6(packet: &[u8]) -> Result<Carried<'_>, Skipped> {
    let (ip, rest) = header::<Ipv6>(packet)?;
    if ip.version_class_flow.get() >> 28 != 6 {
        return Err(Skipped::BadIp);
    }
    let carried = usize::from(ip.payload_length.get());
    let whole = carried <= rest.len();
    let mut segment = &rest[..carried.min(rest.len())];
    let mut protocol = ip.next_header;
    loop {
        let length = match protocol {
            IP_FRAGMENT => {
                let (fragment, _) = header::<FragmentHeader>(segment)?;
                if fragment.offset_and_more.get() & IPV6_FRAGMENT != 0 {
                    return Err(Skipped::Fragment);
                }
                size_of::<FragmentHeader>()
            }
            // In words of 4 bytes, less two; the others in words of 8, less one.
            IP_AUTHENTICATION => (usize::from(header::<Extension>(segment)?.0.length) + 2) * 4,
            extension if IP_EXTENSIONS.contains(&extension) => {
                (usize::from(header::<Extension>(segment)?.0.length) + 1) * 8
            }
            _ => break,
        };
        protocol = header::<Extension>(segment)?.0.next_header;
        segment = segment.get(length..).ok_or(Skipped::CutHeaders)?;
    }
    Ok((protocol, Ipv6Addr::from_octets(ip.destination).into(), segment, whole))
}
