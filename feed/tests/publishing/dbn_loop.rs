//! The feed's own loop over DBN, without a ring: every record with its time.

use tickline_feed::books::Books;
use tickline_feed::framing::dbn::Dbn as Framing;
use tickline_feed::instruments::Instruments;
use tickline_feed::offline::Still;
use tickline_feed::pace::Pacer;
use tickline_feed::pipeline::{Ending, Pipeline};
use tickline_feed::publish::{BookFaults, Publisher, Sink};
use tickline_feed::scenario::Speed;
use tickline_feed::session::Sessions;
use tickline_feed::source::Input;
use tickline_feed::stream::{AnyStream, Stream, open};
use tickline_feed::venue::Venue;
use tickline_feed::venue::dbn::Dbn;
use tickline_shared::clock::Scale;
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::Streams;
use tickline_shared::ring::writer::Full;

/// Keeps every record.
#[derive(Default)]
pub struct Kept(pub Vec<Record>);

impl Sink for Kept {
    fn publish(&mut self, record: Record) -> Result<(), Full> {
        self.0.push(record);
        Ok(())
    }

    fn published(&self) -> u64 {
        self.0.len() as u64
    }
}

pub type Loop = Pipeline<Still, Kept>;

/// The feed's own loop, without a ring.
pub fn pipeline(streams: Streams, filter: &[&str]) -> Loop {
    let filter = filter.iter().map(|name| name.parse().unwrap()).collect();
    let books = Books::of(Venue::Dbn, 1 << 14).unwrap();
    let instruments = Instruments::new(filter, Vec::new()).unwrap();
    let sink = Kept::default();
    let publisher = Publisher::new(sink, books.orders, instruments, streams, Default::default());
    Pipeline {
        pacer: Pacer::new(Speed::Max, Scale::measure::<Still>()),
        counts: Default::default(),
        publisher: publisher.keeping(books.levels),
        stop: Default::default(),
        span: None,
        turned: None,
        exchange_ts: 0,
        waited: false,
    }
}

pub fn stream(bytes: &[u8]) -> Stream<Framing> {
    let input = Input::from_bytes("a file", bytes.to_vec());
    match open(input, Some(Venue::Dbn), Sessions::default()).unwrap().stream {
        AnyStream::Dbn(stream) => stream,
        other => panic!("{other:?}"),
    }
}

/// Everything that is published of a file.
pub fn records(bytes: &[u8], streams: Streams) -> (Vec<Record>, BookFaults) {
    let mut pipeline = pipeline(streams, &[]);
    assert_eq!(pipeline.run::<Dbn, _>(&mut stream(bytes)).unwrap(), Ending::End);
    let faults = pipeline.publisher.faults();
    (std::mem::take(&mut pipeline.publisher.sink().0), faults)
}

/// Orders, and the trades among them.
pub const ORDERS: Streams = Streams { orders: true, quotes: false, trades: true, levels: false };
/// The top of the book, and trades.
pub const TOP: Streams = Streams { orders: false, quotes: true, trades: true, levels: false };
