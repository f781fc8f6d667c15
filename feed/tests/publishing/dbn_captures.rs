//! Real captures of DBN: the book against a naive model, and the way through the feed back into a file.

use std::collections::{BTreeMap, HashMap};
use std::io::Cursor;

use dbn::{BidAskPair, MboMsg, Mbp1Msg, Metadata, TradeMsg};
use tickline_feed::export::dbn as export;
use tickline_feed::publish::BookFaults;
use tickline_feed::source::Input;
use tickline_feed::venue::Venue;
use tickline_feed::venue::dbn::Dbn;
use tickline_shared::book::Level;
use tickline_shared::msg::{Flags, Kind, Msg, Side};
use tickline_shared::ring::Record;
use tickline_shared::ring::layout::Streams;
use tickline_shared::units::Price;

use crate::dbn_loop::{ORDERS, TOP, pipeline, records, stream};
use crate::feed::{ALL, Feed, play};
use dbn_files::{captures, of_type, small_files, theirs, unpacked};

#[path = "../support/dbn_files.rs"]
mod dbn_files;

/// A book as simple as can be, from the records as the crate has them.
#[derive(Default)]
struct Naive {
    orders: HashMap<u64, (u8, i64, u32)>,
}

impl Naive {
    fn follow(&mut self, it: &MboMsg) {
        let order = (it.side as u8, it.price, it.size);
        match it.action as u8 {
            b'R' => self.orders.clear(),
            b'A' | b'M' => drop(self.orders.insert(it.order_id, order)),
            b'C' => {
                let (.., size) = self.orders.get_mut(&it.order_id).unwrap();
                *size -= it.size;
                if *size == 0 {
                    self.orders.remove(&it.order_id);
                }
            }
            _ => {}
        }
    }

    /// Price, quantity and orders of each level, best first.
    fn side(&self, side: u8) -> Vec<Level> {
        let mut levels: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
        for (_, price, size) in self.orders.values().filter(|(it, ..)| *it == side) {
            let level = levels.entry(*price).or_default();
            *level = (level.0 + u64::from(*size), level.1 + 1);
        }
        let level = |(price, (quantity, orders))| Level { price: Price(price), quantity, orders };
        let levels = levels.into_iter().map(level);
        if side == b'B' { levels.rev().collect() } else { levels.collect() }
    }
}

#[test]
fn a_real_book_is_that_of_a_naive_model() {
    let Some(root) = captures() else { return };
    let bytes = unpacked(&root.join("mbo-20240508.dbn.zst"));
    let their: Vec<MboMsg> = of_type(&theirs(&bytes).1);
    let (mut naive, mut count, mut looks) = (Naive::default(), 0usize, 0);
    let mut feed = Feed::new(Venue::Dbn, ALL, &[]);
    play(&mut feed, Input::from_bytes("a file", bytes), |feed, _| {
        // A session begins before the first message.
        let Some(it) = count.checked_sub(1).and_then(|index| their.get(index)) else {
            count += 1;
            return;
        };
        naive.follow(it);
        // The last ones too, one by one: there the trades are.
        if count % 1_000 == 0 || count >= 13_700 {
            let book = feed.publisher.book();
            assert_eq!(book.live_orders(), naive.orders.len(), "after {count}");
            for (side, theirs) in [(Side::Bid, b'B'), (Side::Ask, b'A')] {
                let ours: Vec<_> = book.depth(1, side).collect();
                assert_eq!(ours, naive.side(theirs), "after {count}");
            }
            looks += 1;
        }
        count += 1;
    });
    assert_eq!(feed.publisher.faults(), BookFaults::default());
    assert_eq!(looks, 13 + 97);
    assert_eq!(naive.orders.len(), 13_598);
}

/// A quote comes where the venue's event ends, and the top is another one than before.
#[test]
fn quotes_of_a_real_book_wait_for_the_end_of_the_event() {
    let Some(root) = captures() else { return };
    let bytes = unpacked(&root.join("mbo-20240508.dbn.zst"));
    let their: Vec<MboMsg> = of_type(&theirs(&bytes).1);
    let (mut naive, mut expected) = (Naive::default(), Vec::new());
    let best = |levels: Vec<Level>| levels.first().copied().unwrap_or(Level::NONE);
    let mut before = (Level::NONE, Level::NONE);
    for it in &their {
        naive.follow(it);
        if it.flags.is_last() {
            let top = (best(naive.side(b'B')), best(naive.side(b'A')));
            let same = |a: Level, b: Level| a.price == b.price && a.quantity == b.quantity;
            if !same(before.0, top.0) || !same(before.1, top.1) {
                expected.push((it.hd.ts_event, top));
            }
            before = top;
        }
    }
    let (records, _) = records(&bytes, Streams { quotes: true, ..Streams::default() });
    let clear = records.first().unwrap();
    assert_eq!((clear.msg.kind, clear.msg.flags), (Kind::Clear, Flags::FROM_SNAPSHOT));
    let pairs = records[1..].chunks_exact(2).map(|pair| {
        let level = |msg: Msg| (msg.price, u64::from(msg.quantity));
        assert!(pair.iter().all(|record| record.msg.kind == Kind::Quote));
        assert!(pair[1].msg.flags.contains(Flags::LAST));
        (pair[0].exchange_ts, level(pair[0].msg), level(pair[1].msg))
    });
    let expected = expected
        .into_iter()
        .map(|(ts, (bid, ask))| (ts, (bid.price, bid.quantity), (ask.price, ask.quantity)));
    assert_eq!(pairs.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}

/// The fields of an order's record that are carried through the feed and back.
fn carried(it: &MboMsg) -> impl PartialEq + std::fmt::Debug {
    let flags = (it.flags.is_last(), it.flags.is_snapshot(), it.flags.is_maybe_bad_book());
    let what = (it.action as u8 as char, it.side as u8 as char);
    (it.hd.ts_event, it.order_id, it.price, it.size, what, flags)
}

/// Names by number, as the metadata have them.
fn symbols(metadata: &Metadata) -> HashMap<u32, String> {
    let date = metadata.mappings.first().map(|mapping| mapping.intervals[0].start_date);
    let map = metadata.symbol_map_for_date(date.unwrap()).unwrap();
    map.inner().iter().map(|(id, name)| (*id, name.to_string())).collect()
}

fn written(schema: export::Schema, records: &[Record]) -> Vec<u8> {
    let mut writer = export::Writer::new(schema, "GLBX.MDP3", 0, Cursor::new(Vec::new()));
    for record in records {
        writer.record(&record.msg, record.exchange_ts).unwrap();
    }
    let mut file = Vec::new();
    writer.finish(&HashMap::new(), &mut file).unwrap();
    file
}

/// Every record of every file of orders comes back as it was.
#[test]
fn orders_go_through_the_feed_and_back() {
    let Some(root) = captures() else { return };
    let small = small_files(&root);
    let of_mbo = small.iter().filter(|path| path.to_str().unwrap().contains("test_data.mbo."));
    let files = of_mbo.filter(|path| path.extension().unwrap() != "dbz").cloned();
    let mut count = 0;
    for path in files.chain([root.join("mbo-20240508.dbn.zst")]) {
        let bytes = unpacked(&path);
        let (metadata, their) = theirs(&bytes);
        let their: Vec<MboMsg> = of_type(&their);
        let (records, faults) = records(&bytes, ORDERS);
        let file = written(export::Schema::Mbo, &records);
        let (own, back) = theirs(&file);
        let back: Vec<MboMsg> = of_type(&back);
        assert_eq!(back.len(), their.len(), "{}", path.display());
        let (theirs, ours) = (symbols(&metadata.unwrap()), symbols(&own.unwrap()));
        for (it, back) in their.iter().zip(&back) {
            assert_eq!(carried(it), carried(back), "{}", path.display());
            assert_eq!(theirs[&it.hd.instrument_id], ours[&back.hd.instrument_id]);
            count += 1;
        }
        // The fixtures begin in the middle of a day, with cancels.
        let cancels = their.iter().filter(|it| it.action as u8 == b'C').count() as u64;
        let unknown = if their.len() == 2 { cancels } else { 0 };
        assert_eq!(faults, BookFaults { unknown_orders: unknown, ..faults });
    }
    assert_eq!(count, 13_796 + 4 + 5 * 2);
}

/// Of the top of a book the changes come back, and every trade.
#[test]
fn tops_go_through_the_feed_and_back() {
    let Some(root) = captures() else { return };
    let bytes = unpacked(&root.join("mbp1-20240701.dbn.zst"));
    let their: Vec<Mbp1Msg> = of_type(&theirs(&bytes).1);
    let (records, _) = records(&bytes, TOP);
    let file = written(export::Schema::Mbp1, &records);
    let (metadata, back) = theirs(&file);
    let back: Vec<Mbp1Msg> = of_type(&back);
    let is_trade = |it: &&Mbp1Msg| it.action as u8 == b'T';
    let trade = |it: &Mbp1Msg| (it.hd.ts_event, it.price, it.size, it.side);
    let trades: Vec<_> = their.iter().filter(is_trade).map(trade).collect();
    assert_eq!(trades.len(), 120);
    assert_eq!(back.iter().filter(is_trade).map(trade).collect::<Vec<_>>(), trades);
    let top = |it: &Mbp1Msg| {
        let BidAskPair { bid_px, ask_px, bid_sz, ask_sz, .. } = it.levels[0];
        (bid_px, bid_sz, ask_px, ask_sz)
    };
    let shown = their.iter().filter(|it| it.flags.is_last() || is_trade(it));
    let mut changes: Vec<_> = shown.map(|it| (it.hd.ts_event, top(it))).collect();
    changes.dedup_by_key(|(_, top)| *top);
    assert_eq!(changes.len(), 2_168);
    let quotes = back.iter().filter(|it| !is_trade(it)).map(|it| (it.hd.ts_event, top(it)));
    assert_eq!(quotes.collect::<Vec<_>>(), changes);
    assert_eq!(symbols(&metadata.unwrap()), HashMap::from([(1, "ESU4".to_owned())]));

    let file = written(export::Schema::Trades, &records);
    let trade = |it: &TradeMsg| (it.hd.ts_event, it.price, it.size, it.side);
    let back: Vec<TradeMsg> = of_type(&theirs(&file).1);
    assert_eq!(back.iter().map(trade).collect::<Vec<_>>(), trades);
}

/// A filter lets through what concerns its symbols, which the metadata name.
#[test]
fn symbols_are_chosen_by_name() {
    let Some(root) = captures() else { return };
    let bytes = unpacked(&root.join("mbo-20240508.dbn.zst"));
    for (filter, published) in [("ESM4", true), ("5602", false)] {
        let mut pipeline = pipeline(ORDERS, &[filter]);
        pipeline.run::<Dbn, _>(&mut stream(&bytes)).unwrap();
        assert_eq!(pipeline.publisher.sink_ref().0.len() > 13_000, published, "{filter}");
        assert_eq!(pipeline.publisher.instruments().missing().is_empty(), published);
    }
}
