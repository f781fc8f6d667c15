//! What is said of instruments: definitions, statuses, resets of channels.

use tickline_shared::instruments::{Listing, Name};
use tickline_shared::msg::{Status, Topic};

use super::*;

/// A definition up to its display factor, and groups: events, and a book of three levels.
fn definition(template: u16, behind: usize, factor: i64) -> Vec<u8> {
    let mut root = vec![END, 0xff, 0xff, 0xff, 0xff, b'A'];
    root.extend([0; 8]);
    root.extend([17, 0x36, 0x01, 64, 5]);
    root.extend(*b"XCMEES\0\0\0\0ES\0\0\0\0ESM6-ESU6\0\0\0\0\0\0\0\0\0\0\0");
    root.extend(7u32.to_le_bytes());
    root.extend(*b"FUT\0\0\0FMIXSX");
    root.resize(behind, 0);
    root.extend(250_000_000i64.to_le_bytes());
    // Only options have something in between.
    root.resize(root.len() + if matches!(template, 41 | 55) { 8 } else { 0 }, 0);
    root.extend(factor.to_le_bytes());
    root.resize(root.len() + 40, 0);
    let feeds = [b"GBI\x02".to_vec(), b"GBX\x03".to_vec()];
    message(template, &root, &[group(9, &[vec![5]]), group(4, &feeds)].concat())
}

#[test]
fn definitions_name_instruments_and_scale_their_prices() {
    let seven = [(27, 91), (29, 94), (41, 111)].map(|(id, behind)| (id, behind, 100_000, "0.25"));
    let nine = [(54, 91), (55, 111), (56, 94), (57, 86), (58, 86), (63, 89)]
        .map(|(id, behind)| (id, behind, 10_000_000, "0.0025"));
    for (template, behind, factor, tick) in seven.into_iter().chain(nine) {
        let mut heard = Heard::new();
        heard.of(&book(END, &[entry(1, action::NEW, BID, 1, 207_775_000_000_000, 5)]));
        let bytes = definition(template, behind, factor);
        let said = heard.of(&bytes);
        let (7, MarketEvent::Directory(listing)) = said[1] else { panic!("{said:?}") };
        assert_eq!(listing.tick().unwrap().to_string(), tick);
        let name = Listing::new(Name::of("ESM6-ESU6"));
        assert_eq!(listing, name.with_tick(listing.tick().unwrap()));
        // What stands in the book is told again under its name, as people quote it.
        let told = [
            MarketEvent::ClearBook,
            said[1].1,
            level(Side::Bid, 2_077_750_000_000, 5),
            MarketEvent::EventEnd,
        ];
        assert_eq!(said, told.map(|event| (7, event)));
        assert_eq!(heard.of(&bytes), [], "the same again");
        let deeper: Vec<_> =
            (2..=5).map(|n| entry(n, action::NEW, BID, n as u8, 100 * i64::from(n), 1)).collect();
        assert_eq!(heard.levels(&book(END, &deeper)).0.len(), 2, "a book of three levels");
        let mut deleted = bytes.clone();
        deleted[8 + 5] = b'D';
        assert_eq!(heard.of(&deleted), [(7, MarketEvent::ClearBook)]);
        for shorter in 0..bytes.len() {
            let mut heard = Heard::new();
            assert!(heard.0.decode(&bytes[..shorter]).is_err(), "{template} {shorter}");
        }
    }
}

fn security_status(id: i32, group: &[u8; 6], asset: &[u8; 6], codes: [u8; 3]) -> Vec<u8> {
    let mut root = TIME.to_le_bytes().to_vec();
    root.extend([&group[..], asset, &id.to_le_bytes(), &[0, 0, END], &codes].concat());
    message(30, &root, &[])
}

#[test]
fn statuses_of_instruments_and_groups() {
    let mut heard = Heard::new();
    let status = |code, reason: &[u8; 4]| {
        let status = Status { topic: Topic::Trading, code, reason: *reason };
        (7, MarketEvent::Status { status, symbol: Symbol::NONE })
    };
    let of_one = |codes| security_status(7, b"ES\0\0\0\0", &[0; 6], codes);
    assert_eq!(heard.of(&of_one([17, 0, 0])), [status(b'T', &[0; 4])]);
    assert_eq!(heard.of(&of_one([2, 2, 1])), [status(b'H', b"21\0\0")]);
    assert_eq!(heard.of(&of_one([103, 0, 4])), []);
    let of_group = |group, asset| security_status(i32::MAX, group, asset, [21, 0, 0]);
    assert_eq!(heard.of(&of_group(b"ES\0\0\0\0", &[0; 6])), [], "nobody said who is in it");
    heard.of(&definition(54, 91, 10_000_000));
    assert_eq!(heard.of(&of_group(b"ES\0\0\0\0", &[0; 6])), [status(b'O', &[0; 4])]);
    assert_eq!(heard.of(&of_group(b"ES\0\0\0\0", b"ES\0\0\0\0")), [status(b'O', &[0; 4])]);
    assert_eq!(heard.of(&of_group(b"ES\0\0\0\0", b"NQ\0\0\0\0")), []);
    assert_eq!(heard.of(&of_group(b"NQ\0\0\0\0", &[0; 6])), []);
}

#[test]
fn a_channel_is_reset() {
    let mut heard = Heard::new();
    let one = book(END, &[entry(9, action::NEW, BID, 1, 100, 5)]);
    let reset = |channel: i16| message(4, &at(END), &group(2, &[channel.to_le_bytes().to_vec()]));
    heard.of(&one);
    assert_eq!(heard.of(&reset(310)), [(7, MarketEvent::ClearBook)]);
    // Of channel 310, as its definition says.
    heard.of(&definition(54, 91, 10_000_000));
    heard.of(&one);
    assert_eq!(heard.of(&reset(311)), []);
    assert_eq!(heard.of(&reset(310)), [(7, MarketEvent::ClearBook)]);
    let anew = book(END, &[entry(1, action::NEW, BID, 1, 100_000_000, 5)]);
    assert_eq!(heard.levels(&anew), (vec![(Side::Bid, 1_000_000, 5)], true));
}
