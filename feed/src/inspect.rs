//! What a capture holds: a run over all of it that only counts.

use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::counts::Counts;
use crate::framing::{Event, Framing};
use crate::session::{Gap, Sessions};
use crate::source::{Compression, Error, Input};
use crate::stream::{self, Stream, fits};
use crate::venue::market::{Decoder, MarketEvent, Setting};
use crate::venue::{Refused, Venue, WithDecoder};

/// Gaps whose ranges are kept.
const GAPS_MAX: usize = 20;

/// Malformed messages that are described one by one.
const DESCRIBED_MAX: usize = 5;

/// What was found. Serializes to the object of `inspect --json`.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The file.
    #[serde(skip)]
    pub path: PathBuf,
    /// What it is on the outside.
    pub format: &'static str,
    /// How it is packed.
    #[serde(serialize_with = "compression_name")]
    pub compression: Compression,
    /// How its bytes are cut into messages.
    pub framing: &'static str,
    /// Whose messages they are.
    #[serde(serialize_with = "venue_name")]
    pub venue: Venue,
    /// What in the file says so.
    pub evidence: String,
    /// Everything that was counted.
    #[serde(flatten)]
    pub counts: Counts,
    /// Which clock `first_ts` and `last_ts` are of.
    pub clock: Clock,
    /// The first gaps.
    #[serde(serialize_with = "ranges")]
    pub gap_ranges: Vec<Gap>,
    /// What a person should know, in words.
    pub notes: Vec<String>,
    /// What ended the run before the end of the file.
    #[serde(serialize_with = "message")]
    pub error: Option<Error>,
}

/// What times are counted from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// Nanoseconds since the Unix epoch, of the capturing host.
    Capture,
    /// Nanoseconds since midnight of the venue's day, from its messages.
    Venue,
}

/// Reads a file, up to `limit` messages of it. Fails only where it cannot begin; what goes wrong
/// later is in the report.
pub fn survey(path: &Path, limit: Option<u64>) -> Result<Report, Error> {
    inspect(Input::open(path)?, limit)
}

/// See [`survey`].
pub fn inspect(input: Input, limit: Option<u64>) -> Result<Report, Error> {
    let path = input.path().to_owned();
    let opened = stream::open(input, None, Sessions::default())?;
    let mut report = Report {
        path,
        format: opened.format,
        compression: opened.compression,
        framing: opened.framing,
        venue: opened.venue,
        evidence: opened.evidence,
        counts: Counts::default(),
        clock: Clock::Venue,
        gap_ranges: Vec::new(),
        notes: Vec::new(),
        error: None,
    };
    let limit = limit.unwrap_or(u64::MAX);
    report.counts.venue = Some(opened.venue);
    let result = with_stream!(opened.stream, stream => {
        opened.venue.with(Survey { stream, limit, report: &mut report })
    });
    report.error = result.err();
    report.counts.truncated |= matches!(report.error, Some(Error::CutShort { .. }));
    Ok(report)
}

/// A run over a stream.
struct Survey<'a, F> {
    stream: Stream<F>,
    limit: u64,
    report: &'a mut Report,
}

impl<F: Framing> WithDecoder for Survey<'_, F> {
    type Output = Result<(), Error>;

    fn with<D: Decoder>(mut self) -> Result<(), Error> {
        if const { !fits::<D, F>() } {
            unreachable!("a file is opened with a framing of its venue");
        }
        let result = self.run::<D>();
        self.report.notes.extend(self.stream.notes());
        self.report.counts.lines = self.stream.sessions().lines();
        result
    }
}

impl<F: Framing> Survey<'_, F> {
    fn run<D: Decoder>(&mut self) -> Result<(), Error> {
        let Survey { stream, limit, report } = self;
        let mut decoder = D::new(&Setting::of(stream.path()));
        let mut described = 0;
        while report.counts.messages < *limit {
            let counts = &mut report.counts;
            let (sequence, capture_ts, bytes) = match stream.next(counts)? {
                Event::Message { sequence, capture_ts, bytes } => (sequence, capture_ts, bytes),
                Event::Gap(gap) => {
                    report.gap_ranges.extend((report.gap_ranges.len() < GAPS_MAX).then_some(gap));
                    continue;
                }
                Event::SessionStart | Event::EndOfSession | Event::Heartbeat => continue,
                Event::End => return Ok(()),
            };
            match decoder.decode(bytes) {
                Ok(decoded) => {
                    let mut event = D::SEVERAL.then_some(decoded.event);
                    while let Some(said) = event {
                        counts.said(&said);
                        if let MarketEvent::Missing(Some(gap)) = said {
                            let room = report.gap_ranges.len() < GAPS_MAX;
                            report.gap_ranges.extend(room.then_some(gap));
                        }
                        event = decoder.more(bytes).map(|(_, event)| event);
                    }
                    counts.message(decoded.kind);
                    counts.longer += u64::from(decoded.longer);
                    counts.at(capture_ts.unwrap_or(decoded.timestamp));
                    if capture_ts.is_some() {
                        report.clock = Clock::Capture;
                    }
                }
                Err(refused) => {
                    let what = description::<D>(refused, bytes.len());
                    counts.refused(refused);
                    if let Some(what) = what
                        && described < DESCRIBED_MAX
                    {
                        described += 1;
                        let offset = stream.offset();
                        report
                            .notes
                            .push(format!("message {sequence} (near byte {offset}): {what}"));
                    }
                }
            }
        }
        report.notes.push(format!("stopped after {limit} messages"));
        Ok(())
    }
}

/// Says what is wrong with a message; unknown types have a counter of their own.
fn description<D: Decoder>(refused: Refused, length: usize) -> Option<String> {
    match refused {
        Refused::Empty => Some("no bytes".to_owned()),
        Refused::Short(kind) => {
            Some(format!("{length} bytes are too few for type {}", D::type_name(kind)))
        }
        Refused::Damaged => Some(format!("{length} bytes that do not read as a message")),
        Refused::Unknown(_) => None,
    }
}

fn compression_name<S: Serializer>(it: &Compression, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(it.name())
}

fn venue_name<S: Serializer>(venue: &Venue, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(venue.name())
}

fn ranges<S: Serializer>(gaps: &[Gap], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(gaps.iter().map(|gap| [gap.first, gap.count]))
}

fn message<S: Serializer>(error: &Option<Error>, serializer: S) -> Result<S::Ok, S::Error> {
    match error {
        Some(error) => serializer.collect_str(error),
        None => serializer.serialize_none(),
    }
}
