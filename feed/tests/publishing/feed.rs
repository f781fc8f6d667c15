//! A feed without a source, and a strategy's end of its ring.

use std::sync::{Arc, mpsc};

use tickline_feed::books::Books;
use tickline_feed::counts::Counts;
use tickline_feed::framing::{Event, Framing};
use tickline_feed::instruments::Instruments;
use tickline_feed::publish::{Publisher, Stamp};
use tickline_feed::session::Sessions;
use tickline_feed::source::Input;
use tickline_feed::stream::{self, Stream, fits};
use tickline_feed::venue::market::{Decoded, Decoder, Setting};
use tickline_feed::venue::{Venue, WithDecoder};
use tickline_feed::with_stream;
use tickline_shared::clock::Monotonic;
use tickline_shared::instruments::Name;
use tickline_shared::memory::{Region, Shared};
use tickline_shared::msg::Msg;
use tickline_shared::ring::layout::{Header, ReaderRegion, SLOTS_OFFSET, Streams, ring_bytes};
use tickline_shared::ring::park::Barrier;
use tickline_shared::ring::reader::{Poll, Reader};
use tickline_shared::ring::writer::{Change, Roster, Writer};
use tickline_shared::scenario::{Pages, ReaderMode};

const SLOTS: usize = 64;

/// When nothing is.
pub const STAMP: Stamp = Stamp { sequence: 0, exchange_ts: 0, ingress: 0 };

/// All streams of a venue that sends orders.
pub const ALL: Streams = Streams { orders: true, quotes: true, trades: true, levels: false };

/// See the head of this file.
pub struct Feed {
    pub publisher: Publisher<Monotonic>,
    reader: Reader,
}

impl Feed {
    pub fn new(venue: Venue, streams: Streams, filter: &[&str]) -> Feed {
        let region = Arc::new(Region::create(ring_bytes(SLOTS), Pages::Small, false).unwrap());
        let own = Region::create(size_of::<ReaderRegion>(), Pages::Small, false).unwrap();
        let own: Shared<ReaderRegion> = Arc::new(own).view(0);
        let header: Shared<Header> = region.view(0);
        let slots = region.view_slice(SLOTS_OFFSET, SLOTS);
        let roster = Arc::new(Roster::default());
        let mut writer = Writer::new(slots.clone(), header.clone(), Arc::clone(&roster));
        let (start, started) = mpsc::sync_channel(1);
        roster.push(Change::Join {
            index: 0,
            mode: ReaderMode::Lossless,
            region: own.clone(),
            barrier: Barrier::Fence,
            start,
        });
        writer.service();
        let reader = Reader::new(slots, header, own, 0, started.recv().unwrap(), Barrier::Fence);
        let filter = filter.iter().map(Name::of).collect();
        let books = Books::of(venue, 1 << 14).unwrap();
        let instruments = Instruments::new(filter, Vec::new()).unwrap();
        let publisher = Publisher::new(writer, books.orders, instruments, streams, Arc::default());
        let publisher = publisher.keeping(books.levels);
        Feed { publisher, reader }
    }

    /// What the ring holds since the last look.
    pub fn records(&mut self) -> Vec<Msg> {
        let mut msgs = Vec::new();
        while let Poll::Record(record) = self.reader.poll() {
            msgs.push(record.msg);
        }
        self.reader.release();
        msgs
    }
}

/// Every message of an input, decoded and followed as the loop does; after each, `check` sees what came
/// out. Gaps and new sessions are told in between.
pub fn play(feed: &mut Feed, input: Input, check: impl FnMut(&mut Feed, &[Msg])) {
    let opened = stream::open(input, None, Sessions::default()).unwrap();
    let venue = opened.venue;
    with_stream!(opened.stream, stream => venue.with(Play { feed, stream, check }));
}

struct Play<'a, F, K> {
    feed: &'a mut Feed,
    stream: Stream<F>,
    check: K,
}

impl<F: Framing, K: FnMut(&mut Feed, &[Msg])> WithDecoder for Play<'_, F, K> {
    type Output = ();

    fn with<D: Decoder>(mut self) {
        if const { !fits::<D, F>() } {
            unreachable!("a file is opened with a framing of its venue");
        }
        let mut counts = Counts::default();
        let mut decoder = D::new(&Setting::of(self.stream.path()));
        let feed = self.feed;
        loop {
            let done = match self.stream.next(&mut counts).unwrap() {
                Event::Message { sequence, bytes, .. } => {
                    let decoded = decoder.decode(bytes).unwrap();
                    let stamp = Stamp { sequence, exchange_ts: decoded.timestamp, ingress: 0 };
                    let mut done = feed.publisher.follow(&decoded, stamp);
                    while D::SEVERAL
                        && done.is_ok()
                        && let Some((instrument, event)) = decoder.more(bytes)
                    {
                        let decoded = Decoded { instrument, event, ..decoded };
                        done = feed.publisher.follow(&decoded, stamp);
                    }
                    done
                }
                Event::Gap(gap) if D::OWN_BOOKS => feed.publisher.announce_gap(gap, STAMP),
                Event::Gap(gap) => feed.publisher.gap(gap, STAMP),
                Event::SessionStart => {
                    decoder.begin_session();
                    feed.publisher.clear(STAMP)
                }
                Event::End => return,
                _ => Ok(()),
            };
            done.unwrap();
            let msgs = feed.records();
            (self.check)(feed, &msgs);
        }
    }
}
