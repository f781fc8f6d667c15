//! Frames of every link layer, and etherparse as a second opinion on arbitrary ones.

use proptest::prelude::*;
use tickline_feed::counts::Skipped;
use tickline_feed::framing::link::{Link, Udp, dissect};
use tickline_feed::session::LineId;

use crate::wire::{ethernet, ipv4, ipv6, udp};

const PAYLOAD: &[u8] = b"a payload";

fn datagram() -> Vec<u8> {
    udp(26_477, PAYLOAD)
}

#[track_caller]
fn found(link: u32, frame: &[u8]) {
    let Udp { payload, whole, .. } = dissect(Link::from(link), frame).unwrap();
    assert_eq!((&frame[payload], whole), (PAYLOAD, true));
}

#[track_caller]
fn skipped(link: u32, frame: &[u8], why: Skipped) {
    assert_eq!(dissect(Link::from(link), frame), Err(why));
}

#[test]
fn ethernet_with_and_without_tags() {
    let packet = ipv4(1, &[], 17, &datagram());
    found(1, &ethernet(0x0800, &packet));
    for outer in [0x8100, 0x88a8, 0x9100] {
        let tagged = [&[0, 5, 8, 0], &packet[..]].concat();
        found(1, &ethernet(outer, &tagged));
        let twice = [&[0, 9, 0x81, 0], &tagged[..]].concat();
        found(1, &ethernet(outer, &twice));
    }
    skipped(1, &ethernet(0x0806, &packet), Skipped::NotIp);
    skipped(1, &ethernet(100, &packet), Skipped::NotIp);
    skipped(1, &[0; 13], Skipped::CutHeaders);
    skipped(147, &packet, Skipped::OtherLink);
}

#[test]
fn linux_cooked_loopback_and_raw() {
    let packet = ipv4(1, &[], 17, &datagram());
    let six = ipv6(17, &datagram());
    found(113, &[&[0; 14], &[8, 0][..], &packet].concat());
    found(113, &[&[0; 14], &[0x86, 0xdd][..], &six].concat());
    found(276, &[&[8, 0], &[0; 18][..], &packet].concat());
    for link in [12, 14, 101, 228, 229] {
        found(link, &packet);
        found(link, &six);
    }
    for link in [0, 108] {
        found(link, &[&[2, 0, 0, 0], &packet[..]].concat());
        found(link, &[&[0, 0, 0, 2], &packet[..]].concat());
        for family in [10, 24, 28, 30] {
            found(link, &[&[family, 0, 0, 0], &six[..]].concat());
            found(link, &[&[0, 0, 0, family], &six[..]].concat());
        }
        skipped(link, &[&[9, 0, 0, 0], &packet[..]].concat(), Skipped::NotIp);
    }
    skipped(101, &[0x50; 40], Skipped::NotIp);
    skipped(101, &[], Skipped::CutHeaders);
}

#[test]
fn ipv4_options_padding_and_fragments() {
    found(101, &ipv4(1, &[7; 12], 17, &datagram()));
    let padded = [ipv4(1, &[], 17, &datagram()), vec![0; 20]].concat();
    found(101, &padded);
    skipped(101, &ipv4(1, &[], 6, &datagram()), Skipped::NotUdp);
    let with = |at: usize, value: u8| {
        let mut packet = ipv4(1, &[], 17, &datagram());
        packet[at] = value;
        packet
    };
    // More fragments; an offset; neither, as segmentation offload leaves the length.
    skipped(101, &with(6, 0x20), Skipped::Fragment);
    skipped(101, &with(7, 1), Skipped::Fragment);
    found(101, &[&with(2, 0)[..3], &[0], &with(2, 0)[4..]].concat());
    // Header shorter than a header; total shorter than the header.
    skipped(101, &with(0, 0x44), Skipped::BadIp);
    skipped(101, &with(3, 19), Skipped::BadIp);
    skipped(228, &with(0, 0x55), Skipped::NotIp);
    skipped(1, &ethernet(0x0800, &with(0, 0x55)), Skipped::BadIp);
}

#[test]
fn ipv6_extension_headers() {
    let six = |next, extension: &[u8]| ipv6(next, &[extension, &datagram()].concat());
    for next in [0, 43, 60, 135, 139, 140] {
        found(101, &six(next, &[17, 0, 0, 0, 0, 0, 0, 0]));
        found(101, &six(next, &[&[17, 1], &[0; 14][..]].concat()));
    }
    // Authentication counts in words of 4 bytes; three headers in a row.
    found(101, &six(51, &[&[17, 4], &[0; 22][..]].concat()));
    found(101, &six(0, &[[60, 0, 0, 0, 0, 0, 0, 0], [17, 0, 0, 0, 0, 0, 0, 0]].concat()));
    // A fragment header without a fragment; the first and a later fragment.
    found(101, &six(44, &[17, 0, 0, 0, 0, 0, 0, 9]));
    skipped(101, &six(44, &[17, 0, 0, 1, 0, 0, 0, 9]), Skipped::Fragment);
    skipped(101, &six(44, &[17, 0, 0, 8, 0, 0, 0, 9]), Skipped::Fragment);
    skipped(101, &six(50, &[17, 0, 0, 0, 0, 0, 0, 0]), Skipped::NotUdp);
    skipped(101, &ipv6(0, &[17, 9, 0, 0, 0, 0, 0, 0]), Skipped::CutHeaders);
}

#[test]
fn udp_lengths() {
    let with = |length: u8| {
        let mut segment = datagram();
        segment[5] = length;
        ipv4(1, &[], 17, &segment)
    };
    skipped(101, &with(7), Skipped::BadUdp);
    skipped(101, &with(PAYLOAD.len() as u8 + 9), Skipped::BadUdp);
    let short = with(8 + 4);
    let udp = dissect(Link::RawIp, &short).unwrap();
    assert_eq!(&short[udp.payload], b"a pa");
}

#[test]
fn what_the_capture_cut_is_not_whole() {
    let packet = ipv4(1, &[], 17, &datagram());
    let cut = &packet[..packet.len() - 4];
    let udp = dissect(Link::RawIp, cut).unwrap();
    assert_eq!((&cut[udp.payload], udp.whole), (&b"a pay"[..], false));
    skipped(101, &packet[..25], Skipped::CutHeaders);
}

#[test]
fn lines_differ_in_address_and_port() {
    let line =
        |host, port| dissect(Link::RawIp, &ipv4(host, &[], 17, &udp(port, PAYLOAD))).unwrap().line;
    assert_eq!(line(1, 5), line(1, 5));
    assert_ne!(line(1, 5), line(2, 5));
    assert_ne!(line(1, 5), line(1, 6));
}

/// A frame with any tags, options, extension headers and padding; whether it is as it should be, or
/// has a byte changed or its end cut off.
fn frames() -> impl Strategy<Value = (Vec<u8>, bool)> {
    let payload = prop::collection::vec(any::<u8>(), 0..60);
    let tags = prop::collection::vec(prop::sample::select(vec![0x8100u16, 0x88a8, 0x9100]), 0..3);
    let options = prop::collection::vec(any::<[u8; 4]>(), 0..10).prop_map(|o| o.concat());
    let protocol = prop_oneof![4 => Just(17u8), 1 => Just(6u8), 1 => Just(89u8)];
    // Etherparse wants hop-by-hop options first and nothing twice, as the standard recommends.
    let extensions = prop::sample::subsequence(vec![0u8, 60, 43, 44], 0..=4);
    let flip = prop::option::weighted(0.3, (any::<prop::sample::Index>(), any::<u8>()));
    let cut = prop::option::weighted(0.2, any::<prop::sample::Index>());
    (any::<bool>(), payload, tags, options, protocol, extensions, 0..20usize, flip, cut).prop_map(
        |(six, payload, tags, options, protocol, extensions, padding, flip, cut)| {
            let mut segment = udp(26_477, &payload);
            let (mut kind, mut packet) = if six {
                let mut next = protocol;
                for extension in extensions.iter().rev() {
                    segment = [&[next, 0, 0, 0, 1, 2, 3, 4], &segment[..]].concat();
                    next = *extension;
                }
                (0x86dd, ipv6(next, &segment))
            } else {
                (0x0800, ipv4(3, &options, protocol, &segment))
            };
            for tag in tags {
                packet = [&[0, 7], &u16::to_be_bytes(kind)[..], &packet].concat();
                kind = tag;
            }
            let mut frame = ethernet(kind, &packet);
            frame.resize(frame.len() + padding, 0xee);
            if let Some((at, value)) = flip {
                let at = at.index(frame.len());
                frame[at] = value;
            }
            if let Some(cut) = cut {
                frame.truncate(cut.index(frame.len()));
            }
            (frame, flip.is_none() && cut.is_none())
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Wherever etherparse finds a UDP payload, so do we, and the same. In sound frames it finds
    /// all that we find; in others it is stricter.
    #[test]
    fn etherparse_agrees((frame, sound) in frames()) {
        let theirs = opinion(&frame);
        let ours = match dissect(Link::Ethernet, &frame) {
            Ok(udp) if udp.whole => Some((udp.line, frame[udp.payload].to_vec())),
            _ => None,
        };
        if sound || theirs.is_some() {
            prop_assert_eq!(ours, theirs);
        }
    }

    #[test]
    fn no_frame_panics(
        link in prop::sample::select(vec![0u32, 1, 12, 101, 108, 113, 228, 229, 276, 9]),
        frame in prop::collection::vec(any::<u8>(), 0..120),
    ) {
        if let Ok(udp) = dissect(Link::from(link), &frame) {
            prop_assert!(udp.payload.end <= frame.len());
        }
    }
}

/// What etherparse says of a frame; `None` where it finds no unfragmented UDP.
fn opinion(frame: &[u8]) -> Option<(LineId, Vec<u8>)> {
    use etherparse::{NetSlice, SlicedPacket, TransportSlice};
    let packet = SlicedPacket::from_ethernet(frame).ok()?;
    let address = match packet.net? {
        NetSlice::Ipv4(ip) => ip.header().destination_addr().into(),
        NetSlice::Ipv6(ip) => ip.header().destination_addr().into(),
        _ => return None,
    };
    let Some(TransportSlice::Udp(udp)) = packet.transport else { return None };
    Some((LineId::new(address, udp.destination_port()), udp.payload().to_vec()))
}
