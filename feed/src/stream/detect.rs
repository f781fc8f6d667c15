//! What a file is, read from its first bytes.
//!
//! Captures have magic numbers, and hold datagrams that a protocol claims. Files of messages are
//! claimed by what their own framing recognises.

use super::{FILES, PROTOCOLS, datagram, file, in_datagrams};
use crate::counts::Counts;
use crate::framing::Claim;
use crate::framing::capture::{Capture, Layout};
use crate::framing::datagrams::{Source, Transport};
use crate::framing::dbn;
use crate::framing::mold_udp64::{self, MoldUdp64};
use crate::framing::pcap::Pcap;
use crate::framing::pcapng::Pcapng;
use crate::source::{Error, Input};
use crate::venue::{Family, Venue};

/// Bytes that are looked at: some hundred packets or two thousand messages.
const SAMPLE: usize = 64 << 10;

/// What a file is on the outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Format {
    /// Datagrams, laid out like this.
    Datagrams(Layout),
    /// Messages, in the container of this name.
    File(&'static str),
}

impl Format {
    /// The name in reports.
    pub(super) fn name(self) -> &'static str {
        match self {
            Format::Datagrams(Layout::Pcap) => "pcap",
            Format::Datagrams(Layout::Pcapng) => "pcapng",
            Format::Datagrams(Layout::Payloads) => MoldUdp64::NAME,
            Format::File(name) => name,
        }
    }
}

/// Finds out the format, and the venue whose messages the file holds: `asked`, or else it is refused.
pub(super) fn format(input: &mut Input, asked: Option<Venue>) -> Result<(Format, Claim), Error> {
    dbn::refuse_dbz(input)?;
    let more = input.fill(SAMPLE)?;
    let sample = &input.window()[..input.window().len().min(SAMPLE)];
    if Pcap::is(sample) {
        return capture(input, Layout::Pcap, asked);
    }
    if Pcapng::is(sample) {
        return capture(input, Layout::Pcapng, asked);
    }
    let (format, claim) = if let Some((name, claim)) = file(sample, more, asked) {
        (Format::File(name), claim)
    } else if mold_udp64::payloads(sample)
        && let Some(venue) = Venue::of_family(Family::Itch, asked).next()
    {
        let evidence = "MoldUDP64 payloads".to_owned();
        (Format::Datagrams(Layout::Payloads), Claim { venue, evidence })
    } else {
        let looked_for =
            format!("gzip, Zstandard, pcap, pcapng, {}, MoldUDP64 payloads", FILES.join(", "));
        let path = input.path().to_owned();
        return Err(Error::Undecided { path, looked_for, found: hex(sample) });
    };
    accept(input, format, claim, asked)
}

/// Refuses what is of another venue than the one that was asked for.
fn accept(
    input: &Input,
    format: Format,
    claim: Claim,
    asked: Option<Venue>,
) -> Result<(Format, Claim), Error> {
    match asked.filter(|asked| *asked != claim.venue) {
        None => Ok((format, claim)),
        Some(asked) => Err(Error::OtherVenue {
            path: input.path().to_owned(),
            asked: asked.name(),
            found: claim.venue.name(),
            evidence: claim.evidence,
        }),
    }
}

/// A capture has to hold a datagram of a known protocol, or no datagram at all in the sample. One of
/// the venue that was asked for is enough, whatever else comes before it.
fn capture(input: &Input, layout: Layout, asked: Option<Venue>) -> Result<(Format, Claim), Error> {
    let window = input.window();
    let sample = Input::from_bytes(input.path(), window[..window.len().min(SAMPLE)].to_vec());
    let format = Format::Datagrams(layout);
    let (mut foreign, mut other) = (None, None);
    let mut packets = Capture::new(sample, layout)?;
    // What is wrong further on, and that the sample ends within a packet, is not asked here.
    while let Ok(Some(arrival)) = packets.advance(&mut Counts::default()) {
        match datagram(packets.payload(), arrival.whole, asked) {
            Some(claim) => {
                if asked.is_none_or(|asked| asked == claim.venue) {
                    return Ok((format, claim));
                }
                other.get_or_insert(claim);
            }
            None => {
                foreign.get_or_insert_with(|| hex(packets.payload()));
            }
        }
    }
    let venue = asked.unwrap_or(Venue::NasdaqItch50);
    let found = match (other, foreign) {
        (Some(other), _) => return accept(input, format, other, asked),
        (None, Some(payload)) => format!("a first payload of {payload}"),
        (None, None) if in_datagrams(venue.family()) => {
            let evidence = "no datagram says otherwise".to_owned();
            return Ok((format, Claim { venue, evidence }));
        }
        (None, None) => format!("no datagram, and {venue} never comes in any"),
    };
    let (protocols, name) = (PROTOCOLS.join(" or "), format.name());
    let looked_for = format!("{protocols} in the UDP datagrams of a {name}");
    Err(Error::Undecided { path: input.path().to_owned(), looked_for, found })
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
