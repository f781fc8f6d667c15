//! A feed without a source: a ring, its writer and its socket.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tickline_shared::attach::Server;
use tickline_shared::clock::{ClockKind, Scale};
use tickline_shared::instruments::Registry;
use tickline_shared::memory::Region;
use tickline_shared::msg::{Flags, Kind, Msg, Side};
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::{Epoch, Geometry, Header, SLOTS_OFFSET, Streams, ring_bytes};
use tickline_shared::ring::writer::{Roster, Writer};
use tickline_shared::scenario::Pages;
use tickline_shared::units::{Price, Symbol};

/// A record whose every word follows from its number: a torn or stale one cannot pass.
pub(crate) fn record(number: u64) -> Record {
    let word = |salt: u64| (number + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let msg = Msg {
        id: word(1),
        price: Price(word(2) as i64),
        quantity: word(3) as u32,
        kind: Kind(word(4) as u8),
        side: Side(word(5) as u8),
        flags: Flags(word(6) as u8),
        venue: word(7) as u8,
        symbol: Symbol(word(8).to_le_bytes()),
    };
    Record { number, msg, exchange_ts: word(9), ingress: word(10), publish: word(11) }
}

pub(crate) struct Feed {
    pub(crate) name: String,
    pub(crate) writer: Writer,
    _server: Server,
}

impl Feed {
    pub(crate) fn start(test: &str, slots: usize) -> Feed {
        let name = format!("test-{test}-{}", std::process::id());
        let region = Region::create(ring_bytes(slots), Pages::Huge, false).unwrap();
        let region = Arc::new(region);
        let header = region.view::<Header>(0);
        header.identity.write(&Geometry {
            name: name.clone(),
            slots,
            clock: ClockKind::Monotonic,
            scale: Scale::NANOSECONDS,
            epoch: Epoch::Unix,
            streams: Streams::default(),
            venue: String::new(),
        });
        region.seal_future_writes().unwrap();
        let roster = Arc::new(Roster::default());
        let slots = region.view_slice(SLOTS_OFFSET, slots);
        let writer = Writer::new(slots, header, Arc::clone(&roster));
        let instruments = Registry::create().unwrap().memory();
        let server = Server::start(&name, region, instruments, roster).unwrap();
        Feed { name, writer, _server: server }
    }

    /// Lets readers in and out until there are as many as expected.
    pub(crate) fn wait_for(&mut self, readers: usize) {
        let start = Instant::now();
        while self.writer.readers() != readers {
            assert!(start.elapsed() < Duration::from_secs(30), "no reader came, or none went");
            self.writer.service();
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    pub(crate) fn publish(&mut self, count: u64) {
        for _ in 0..count {
            // The number is the writer's; everything else follows from it.
            while self.writer.publish(record(self.writer.published())).is_err() {
                std::thread::yield_now();
            }
        }
    }
}
