//! One fuzz target for each venue of the list, and one for whatever a file may be.
//!
//! `TICKLINE_FUZZ` names it: a venue, or `auto`. An input is a file. It is opened, cut, decoded and
//! followed into books and records as a feed does; and once more its bytes are messages without a
//! framing, so that the decoder sees bytes that no framing lets through. Nothing may panic, overflow
//! or go on for ever.

#![no_main]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::{LazyLock, Mutex};

use libfuzzer_sys::fuzz_target;
use tickline_feed::books::Books;
use tickline_feed::framing::{Event, Framing};
use tickline_feed::instruments::Instruments;
use tickline_feed::offline::Still;
use tickline_feed::publish::{Publisher, Sink, Stamp};
use tickline_feed::session::Sessions;
use tickline_feed::source::Input;
use tickline_feed::stream::{self, Stream, fits};
use tickline_feed::venue::market::{Decoded, Decoder, Setting};
use tickline_feed::venue::{Venue, WithDecoder};
use tickline_feed::with_stream;
use tickline_shared::ring::Record;
use tickline_shared::ring::writer::Full;

/// Takes records, and says that it has none, so that a new session need not clear large tables.
struct Nobody;

impl Sink for Nobody {
    fn publish(&mut self, _: Record) -> Result<(), Full> {
        Ok(())
    }

    fn published(&self) -> u64 {
        0
    }
}

/// The venue of this run; `None` for files of any.
static VENUE: LazyLock<Option<Venue>> = LazyLock::new(|| {
    let name = std::env::var("TICKLINE_FUZZ").expect("TICKLINE_FUZZ names a venue, or `auto`");
    (name != "auto").then(|| name.parse().unwrap_or_else(|error| panic!("{error}")))
});

/// Made once: its tables are large.
static PUBLISHER: LazyLock<Mutex<Publisher<Still, Nobody>>> = LazyLock::new(|| {
    let venue = VENUE.unwrap_or(Venue::NasdaqItch50);
    let books = Books::of(venue, 1_024).expect("memory");
    let stop = Arc::new(AtomicBool::new(false));
    let instruments = Instruments::new(Vec::new(), Vec::new()).unwrap();
    let publisher = Publisher::new(Nobody, books.orders, instruments, venue.streams(), stop);
    Mutex::new(publisher.keeping(books.levels))
});

/// When nothing is.
const STAMP: Stamp = Stamp { sequence: 0, exchange_ts: 0, ingress: 0 };

/// Says everything that a message says to the publisher.
fn follow<D: Decoder>(decoder: &mut D, bytes: &[u8], publisher: &mut Publisher<Still, Nobody>) {
    let Ok(decoded) = decoder.decode(bytes) else { return };
    let _ = publisher.follow(&decoded, STAMP);
    while D::SEVERAL
        && let Some((instrument, event)) = decoder.more(bytes)
    {
        let _ = publisher.follow(&Decoded { instrument, event, ..decoded }, STAMP);
    }
}

struct PlayFile<F>(Stream<F>);

impl<F: Framing> WithDecoder for PlayFile<F> {
    type Output = ();

    fn with<D: Decoder>(mut self) {
        if const { !fits::<D, F>() } {
            unreachable!("a file is opened with a framing of its venue");
        }
        let mut publisher = PUBLISHER.lock().expect("no panic was caught");
        let mut decoder = D::new(&Setting::of(self.0.path()));
        for (key, listing) in self.0.listings() {
            publisher.listed::<D::Instrument>(key, &listing);
        }
        let mut counts = Default::default();
        loop {
            let _ = match self.0.next(&mut counts) {
                Ok(Event::Message { bytes, .. }) => {
                    follow(&mut decoder, bytes, &mut publisher);
                    Ok(())
                }
                Ok(Event::Gap(gap)) => publisher.gap(gap, STAMP),
                Ok(Event::SessionStart) => publisher.clear(STAMP),
                Ok(Event::EndOfSession) => publisher.end_of_session(STAMP),
                Ok(Event::Heartbeat) => Ok(()),
                Ok(Event::End) | Err(_) => break,
            };
            while self.0.ahead().is_some() {}
        }
        let _ = self.0.notes();
    }
}

/// The bytes as messages: a byte of length, then so many.
struct PlayMessages<'a>(&'a [u8]);

impl WithDecoder for PlayMessages<'_> {
    type Output = ();

    fn with<D: Decoder>(self) {
        let mut publisher = PUBLISHER.lock().expect("no panic was caught");
        let mut decoder = D::new(&Setting::of(Path::new("fuzz")));
        let mut rest = self.0;
        while let Some((length, behind)) = rest.split_first() {
            let (message, behind) = behind.split_at(behind.len().min(usize::from(*length)));
            let _ = D::concerns(message);
            follow(&mut decoder, message, &mut publisher);
            rest = behind;
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let input = Input::from_bytes("fuzz", data.to_vec());
    if let Ok(opened) = stream::open(input, *VENUE, Sessions::default()) {
        let venue = opened.venue;
        with_stream!(opened.stream, stream => venue.with(PlayFile(stream)));
    }
    if let Some(venue) = *VENUE {
        venue.with(PlayMessages(data));
    }
});
