//! Bytes as they stand in files and on wires, written out by hand.

use tickline_feed::counts::Counts;
use tickline_feed::framing::{Event, Framing};
use tickline_feed::inspect::{Report, inspect};
use tickline_feed::session::{Gap, Sessions};
use tickline_feed::source::{Error, Input};
use tickline_feed::stream::{self, Stream, fits};
use tickline_feed::venue::WithDecoder;
use tickline_feed::venue::market::{Decoder, Setting};
use tickline_feed::with_stream;

/// A message of the shortest type, told apart by its reference.
pub fn delete(reference: u64) -> Vec<u8> {
    let mut message = vec![b'D', 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    message.extend(reference.to_be_bytes());
    message
}

pub fn binary_file(messages: &[Vec<u8>]) -> Vec<u8> {
    messages.iter().flat_map(|message| prefixed(message)).collect()
}

fn prefixed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u16).to_be_bytes(), message].concat()
}

pub const SESSION: &[u8; 10] = b"SESSION001";

/// A MoldUDP64 payload whose header tells the truth.
pub fn mold(sequence: u64, messages: &[Vec<u8>]) -> Vec<u8> {
    let count = messages.len() as u16;
    [mold_header(SESSION, sequence, count), binary_file(messages)].concat()
}

pub fn mold_header(session: &[u8; 10], sequence: u64, count: u16) -> Vec<u8> {
    [&session[..], &sequence.to_be_bytes(), &count.to_be_bytes()].concat()
}

/// `count` deletions, whose references are their sequence numbers, from `sequence` on.
pub fn numbered(sequence: u64, count: u64) -> Vec<u8> {
    let messages: Vec<_> = (sequence..sequence + count).map(delete).collect();
    mold(sequence, &messages)
}

pub fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let length = 8 + payload.len() as u16;
    [&7u16.to_be_bytes()[..], &port.to_be_bytes(), &length.to_be_bytes(), &[0, 0], payload].concat()
}

/// An IPv4 packet to 233.54.12.`host`.
pub fn ipv4(host: u8, options: &[u8], protocol: u8, payload: &[u8]) -> Vec<u8> {
    let words = 5 + options.len() as u8 / 4;
    let total = (20 + options.len() + payload.len()) as u16;
    let mut packet = vec![0x40 | words, 0];
    packet.extend(total.to_be_bytes());
    packet.extend([0, 0, 0x40, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 233, 54, 12, host]);
    packet.extend(options);
    packet.extend(payload);
    packet
}

pub fn ipv6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend((payload.len() as u16).to_be_bytes());
    packet.extend([next_header, 64]);
    packet.extend([1; 16]);
    packet.extend([0xff; 16]);
    packet.extend(payload);
    packet
}

pub fn ethernet(ether_type: u16, packet: &[u8]) -> Vec<u8> {
    [&[2; 12], &ether_type.to_be_bytes()[..], packet].concat()
}

/// The usual frame: Ethernet, IPv4, UDP. Line A is host 1, line B host 2.
pub fn frame(host: u8, payload: &[u8]) -> Vec<u8> {
    ethernet(0x0800, &ipv4(host, &[], 17, &udp(26_477, payload)))
}

/// The byte order of what a capturing host writes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Order {
    Little,
    Big,
}

impl Order {
    pub fn u16(self, value: u16) -> [u8; 2] {
        if self == Order::Little { value.to_le_bytes() } else { value.to_be_bytes() }
    }

    pub fn u32(self, value: u32) -> [u8; 4] {
        if self == Order::Little { value.to_le_bytes() } else { value.to_be_bytes() }
    }

    pub fn i64(self, value: i64) -> [u8; 8] {
        if self == Order::Little { value.to_le_bytes() } else { value.to_be_bytes() }
    }
}

pub const MICROSECONDS: u32 = 0xa1b2_c3d4;
pub const NANOSECONDS: u32 = 0xa1b2_3c4d;

pub fn pcap_header(order: Order, magic: u32, link: u32) -> Vec<u8> {
    let mut header = order.u32(magic).to_vec();
    header.extend([order.u16(2), order.u16(4)].concat());
    header.extend([order.u32(0), order.u32(0), order.u32(65_535), order.u32(link)].concat());
    header
}

pub fn pcap_record(order: Order, seconds: u32, fraction: u32, frame: &[u8]) -> Vec<u8> {
    cut_record(order, seconds, fraction, frame, frame.len() as u32)
}

/// A record of a frame that was `original` bytes long before it was captured.
pub fn cut_record(
    order: Order,
    seconds: u32,
    fraction: u32,
    frame: &[u8],
    original: u32,
) -> Vec<u8> {
    let words = [seconds, fraction, frame.len() as u32, original];
    [words.map(|word| order.u32(word)).concat(), frame.to_vec()].concat()
}

/// The common case: little-endian, microseconds, Ethernet; one second between packets.
pub fn pcap(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut file = pcap_header(Order::Little, MICROSECONDS, 1);
    for (second, frame) in (1..).zip(frames) {
        file.extend(pcap_record(Order::Little, second, 0, frame));
    }
    file
}

/// A capture of line A with these payloads.
pub fn line_a(payloads: &[Vec<u8>]) -> Vec<u8> {
    pcap(&payloads.iter().map(|payload| frame(1, payload)).collect::<Vec<_>>())
}

/// Blocks of a pcapng file.
#[derive(Clone, Copy)]
pub struct Pcapng(pub Order);

impl Pcapng {
    pub fn block(self, kind: u32, body: &[u8]) -> Vec<u8> {
        let mut padded = body.to_vec();
        padded.resize(body.len().next_multiple_of(4), 0);
        let length = self.0.u32(12 + padded.len() as u32);
        [&self.0.u32(kind)[..], &length, &padded, &length].concat()
    }

    pub fn section(self) -> Vec<u8> {
        let mut body = self.0.u32(0x1a2b_3c4d).to_vec();
        body.extend([self.0.u16(1), self.0.u16(0)].concat());
        body.extend(self.0.i64(-1));
        self.block(0x0a0d_0d0a, &body)
    }

    /// An interface; options are codes with their bytes.
    pub fn interface(self, link: u16, snaplen: u32, options: &[(u16, Vec<u8>)]) -> Vec<u8> {
        let mut body = [self.0.u16(link), self.0.u16(0)].concat();
        body.extend(self.0.u32(snaplen));
        for (code, value) in options {
            body.extend([self.0.u16(*code), self.0.u16(value.len() as u16)].concat());
            body.extend(value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        if !options.is_empty() {
            body.extend([0; 4]);
        }
        self.block(1, &body)
    }

    pub fn enhanced(self, interface: u32, ticks: u64, frame: &[u8], original: u32) -> Vec<u8> {
        let words = [interface, (ticks >> 32) as u32, ticks as u32, frame.len() as u32, original];
        let mut body = words.map(|word| self.0.u32(word)).concat();
        body.extend(frame);
        body.resize(body.len().next_multiple_of(4), 0);
        // epb_flags and a comment: options must not be taken for the frame.
        body.extend([self.0.u16(2), self.0.u16(4)].concat());
        body.extend(self.0.u32(1));
        body.extend([self.0.u16(1), self.0.u16(2)].concat());
        body.extend(*b"ok\0\0\0\0\0\0");
        self.block(6, &body)
    }

    pub fn simple(self, frame: &[u8], original: u32) -> Vec<u8> {
        self.block(3, &[&self.0.u32(original), frame].concat())
    }

    pub fn obsolete(self, interface: u16, ticks: u64, frame: &[u8]) -> Vec<u8> {
        let mut body = [self.0.u16(interface), self.0.u16(0xffff)].concat();
        let length = frame.len() as u32;
        let words = [(ticks >> 32) as u32, ticks as u32, length, length];
        body.extend(words.map(|word| self.0.u32(word)).concat());
        body.extend(frame);
        self.block(2, &body)
    }
}

/// An event with its bytes, to keep.
#[derive(Clone, PartialEq, Debug)]
pub enum Seen {
    Message { sequence: u64, capture_ts: Option<u64>, bytes: Vec<u8> },
    Gap(Gap),
    SessionStart,
    EndOfSession,
    Heartbeat,
}

/// Everything that a stream says, what it counted (messages by the venue's decoder included), and
/// the error that ended it.
pub fn play(input: Input) -> (Vec<Seen>, Counts, Option<Error>) {
    let opened = stream::open(input, None, Sessions::default()).unwrap();
    with_stream!(opened.stream, stream => opened.venue.with(Drain(stream)))
}

struct Drain<F>(Stream<F>);

impl<F: Framing> WithDecoder for Drain<F> {
    type Output = (Vec<Seen>, Counts, Option<Error>);

    fn with<D: Decoder>(mut self) -> Self::Output {
        if const { !fits::<D, F>() } {
            unreachable!("a file is opened with a framing of its venue");
        }
        let (mut seen, mut counts) = (Vec::new(), Counts::default());
        let mut decoder = D::new(&Setting::of(self.0.path()));
        loop {
            seen.push(match self.0.next(&mut counts) {
                Ok(Event::Message { sequence, capture_ts, bytes }) => {
                    match decoder.decode(bytes) {
                        Ok(decoded) => counts.message(decoded.kind),
                        Err(refused) => counts.refused(refused),
                    }
                    Seen::Message { sequence, capture_ts, bytes: bytes.to_vec() }
                }
                Ok(Event::Gap(gap)) => Seen::Gap(gap),
                Ok(Event::SessionStart) => Seen::SessionStart,
                Ok(Event::EndOfSession) => Seen::EndOfSession,
                Ok(Event::Heartbeat) => Seen::Heartbeat,
                Ok(Event::End) => return (seen, counts, None),
                Err(error) => return (seen, counts, Some(error)),
            });
        }
    }
}

pub fn play_bytes(bytes: &[u8]) -> (Vec<Seen>, Counts) {
    let (seen, counts, error) = play(Input::from_bytes("test", bytes.to_vec()));
    assert!(error.is_none(), "{error:?}");
    (seen, counts)
}

pub fn report(bytes: &[u8]) -> Report {
    inspect(Input::from_bytes("test", bytes.to_vec()), None).unwrap()
}

/// The references of the deletions among the events.
pub fn references(seen: &[Seen]) -> Vec<u64> {
    let message = |event: &Seen| match event {
        Seen::Message { bytes, .. } => Some(u64::from_be_bytes(*bytes.last_chunk()?)),
        _ => None,
    };
    seen.iter().filter_map(message).collect()
}

/// The capture times of the messages.
pub fn times(seen: &[Seen]) -> Vec<Option<u64>> {
    let time = |event: &Seen| match event {
        Seen::Message { capture_ts, .. } => Some(*capture_ts),
        _ => None,
    };
    seen.iter().filter_map(time).collect()
}
