//! What a file is, read from its first bytes.
//!
//! Captures have magic numbers. Files of messages have none, so their structure has to hold: the
//! lengths lead from message to message, and most types are the venue's, with its lengths.

use super::Format;
use crate::counts::Counts;
use crate::framing::capture::{Capture, LONGEST_PAYLOAD, Layout};
use crate::framing::datagrams::{Source, Transport};
use crate::framing::iex_tp::IexTp;
use crate::framing::mold_udp64::MoldUdp64;
use crate::framing::pcap::Pcap;
use crate::framing::pcapng::Pcapng;
use crate::session::{Carries, SessionId};
use crate::source::{Error, Input};
use crate::venue::{Family, Venue};

/// Bytes that are looked at: some hundred packets or two thousand messages.
const SAMPLE: usize = 64 << 10;

/// Messages of it that have to make sense.
const MESSAGES: usize = 64;

/// Datagrams of a file of payloads that have to make sense.
const DATAGRAMS: usize = 8;

/// By how many bytes a venue may have lengthened its messages.
const LONGER_MAX: usize = 64;

/// What a file was taken for.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) format: Format,
    pub(super) venue: Venue,
    /// What in the file says so.
    pub(super) evidence: String,
}

/// Finds out the format, and the venue whose messages the file holds: `asked`, or else it is refused.
pub(super) fn format(input: &mut Input, asked: Option<Venue>) -> Result<Found, Error> {
    let more = input.fill(SAMPLE)?;
    let sample = &input.window()[..input.window().len().min(SAMPLE)];
    if Pcap::is(sample) {
        return capture(input, Format::Pcap, Layout::Pcap, asked);
    }
    if Pcapng::is(sample) {
        return capture(input, Format::Pcapng, Layout::Pcapng, asked);
    }
    let file = |venue| prefixed(sample, more, venue) || unprefixed(sample, venue);
    let found = if let Some(venue) = of_family(asked, Family::Itch).find(|venue| file(*venue)) {
        let evidence = "types and lengths of its messages".to_owned();
        Found { format: Format::BinaryFile, venue, evidence }
    } else if payloads(sample)
        && let Some(venue) = of_family(asked, Family::Itch).next()
    {
        let evidence = "MoldUDP64 payloads".to_owned();
        Found { format: Format::MoldUdp64, venue, evidence }
    } else {
        let names: Vec<_> = of_family(None, Family::Itch).map(Venue::name).collect();
        let looked_for = format!(
            "gzip, Zstandard, pcap, pcapng, BinaryFILE ({}), MoldUDP64 payloads",
            names.join(", ")
        );
        let path = input.path().to_owned();
        return Err(Error::Undecided { path, looked_for, found: hex(sample) });
    };
    accept(input, found, asked)
}

/// Venues of a family, the one that was asked for first.
fn of_family(asked: Option<Venue>, family: Family) -> impl Iterator<Item = Venue> {
    let others = Venue::ALL.iter().map(|(venue, _)| *venue).filter(move |it| Some(*it) != asked);
    asked.into_iter().chain(others).filter(move |venue| venue.family() == family)
}

/// Refuses what is of another venue than the one that was asked for.
fn accept(input: &Input, found: Found, asked: Option<Venue>) -> Result<Found, Error> {
    match asked.filter(|asked| *asked != found.venue) {
        None => Ok(found),
        Some(asked) => Err(Error::OtherVenue {
            path: input.path().to_owned(),
            asked: asked.name(),
            found: found.venue.name(),
            evidence: found.evidence,
        }),
    }
}

/// A capture has to hold a datagram of a known protocol, or no datagram at all in the sample. One of
/// the venue that was asked for is enough, whatever else comes before it.
fn capture(
    input: &Input,
    format: Format,
    layout: Layout,
    asked: Option<Venue>,
) -> Result<Found, Error> {
    let window = input.window();
    let sample = Input::from_bytes(input.path(), window[..window.len().min(SAMPLE)].to_vec());
    let (mut foreign, mut other) = (None, None);
    let mut packets = Capture::new(sample, layout)?;
    // What is wrong further on, and that the sample ends within a packet, is not asked here.
    while let Ok(Some(arrival)) = packets.advance(&mut Counts::default()) {
        match whose(packets.payload(), arrival.whole, asked) {
            Some((venue, evidence)) => {
                let found = Found { format, venue, evidence };
                if asked.is_none_or(|asked| asked == venue) {
                    return Ok(found);
                }
                other.get_or_insert(found);
            }
            None => {
                foreign.get_or_insert_with(|| hex(packets.payload()));
            }
        }
    }
    match (other, foreign) {
        (Some(other), _) => accept(input, other, asked),
        (None, Some(payload)) => Err(Error::Undecided {
            path: input.path().to_owned(),
            looked_for: format!("MoldUDP64 or IEX-TP in the UDP datagrams of a {}", format.name()),
            found: format!("a first payload of {payload}"),
        }),
        (None, None) => Ok(Found {
            format,
            venue: asked.unwrap_or(Venue::NasdaqItch50),
            evidence: "no datagram says otherwise".to_owned(),
        }),
    }
}

/// The venue whose datagram this is, and what in it says so.
fn whose(payload: &[u8], whole: bool, asked: Option<Venue>) -> Option<(Venue, String)> {
    let of_iex = of_family(asked, Family::Iex).find_map(|venue| {
        let protocol = IexTp { protocols: venue.protocols() }.protocol(payload, whole)?;
        Some((venue, format!("IEX-TP datagrams of message protocol {protocol:#06x}")))
    });
    of_iex.or_else(|| {
        let venue = of_family(asked, Family::Itch).next()?;
        MoldUdp64.begins(payload, whole).then(|| (venue, "MoldUDP64 datagrams".to_owned()))
    })
}

/// BinaryFILE as it should be.
fn prefixed(sample: &[u8], more: bool, venue: Venue) -> bool {
    let (mut known, mut all) = (0, 0);
    let mut rest = sample;
    while let Some((prefix, behind)) = rest.split_first_chunk()
        && let length @ 1.. = usize::from(u16::from_be_bytes(*prefix))
        && let Some(&kind) = behind.first()
        && all < MESSAGES
    {
        let fits =
            venue.length(kind).is_some_and(|least| (least..=least + LONGER_MAX).contains(&length));
        // The sample may end within a message.
        (known, all) = (known + usize::from(fits), all + 1);
        let Some(next) = behind.get(length..) else { break };
        rest = next;
    }
    // Two bytes of zero are a session that ended before it began.
    known * 2 > all || (sample == [0, 0] && !more)
}

/// BinaryFILE whose prefixes are all zero.
fn unprefixed(sample: &[u8], venue: Venue) -> bool {
    let mut rest = sample;
    for message in 0..MESSAGES {
        let Some(([0, 0], behind)) = rest.split_first_chunk() else {
            return message > 0 && rest.len() < 2;
        };
        let Some(length) = behind.first().and_then(|&kind| venue.length(kind)) else {
            return message > 0 && behind.is_empty();
        };
        let Some(next) = behind.get(length..) else { break };
        rest = next;
    }
    true
}

/// MoldUDP64 payloads: lengths lead from message to message and from header to header, and the
/// headers are of one session.
fn payloads(sample: &[u8]) -> bool {
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

/// The first bytes, for an error message.
fn hex(bytes: &[u8]) -> String {
    const SHOWN: usize = 16;
    if bytes.is_empty() {
        return "no bytes at all".to_owned();
    }
    let shown: Vec<_> = bytes.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
    let rest = if bytes.len() > SHOWN { " …" } else { "" };
    format!("{}{rest}", shown.join(" "))
}
