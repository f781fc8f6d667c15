mod properties;

use super::scan::{Tail, Wrong};
use super::*;
use crate::clock::ClockKind;
use crate::instruments::{Listing, Name};
use crate::msg::{Flags, Kind as MsgKind, Side};
use crate::ring::layout::{Epoch, Streams};
use crate::units::{Price, Symbol};

fn header() -> Header {
    Header {
        created_unix_ns: 1_700_000_000_000_000_001,
        ring_created_unix_ns: 1_699_999_999_000_000_000,
        ring_first: 17,
        epoch: Epoch::Midnight,
        streams: Streams { orders: true, quotes: false, trades: true, levels: true },
        clock: ClockKind::Tsc,
        clock_multiplier: (1 << 32) * 10 / 26,
        ring: "a-ring-whose-name-has-all-32-by.".to_owned(),
        venue: "nasdaq-itch50".to_owned(),
        program: "0.1.0".to_owned(),
    }
}

/// Rows as a venue makes them: few shapes, times that run on, prices of all kinds.
fn rows(count: usize) -> Vec<Row> {
    let word = |n: usize, salt: u64| {
        (n as u64 + salt).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) >> 7
    };
    let row = |n: usize| {
        let price = match word(n, 1) % 7 {
            0 => Price::NONE,
            1 => Price(-(word(n, 2) as i64)),
            2 => Price::from_e4(word(n, 2) as u32),
            _ => Price((word(n, 2) % 100_000) as i64 * 10_000_000),
        };
        let msg = Msg {
            id: word(n, 3) % 1_000_000,
            price,
            quantity: word(n, 4) as u32 % 10_000,
            kind: MsgKind(word(n, 5) as u8 % 13 + 1),
            side: Side(word(n, 6) as u8 % 3),
            flags: Flags(word(n, 7) as u8 % 2),
            venue: 0,
            symbol: Symbol::from_padded([
                b'A' + word(n, 8) as u8 % 26,
                b'B',
                b' ',
                b' ',
                32,
                32,
                32,
                32,
            ]),
        };
        let time = n as u64 * 1_000 + word(n, 9) % 1_000;
        Row {
            msg,
            exchange_ts: 34_200_000_000_000 + time,
            ingress_ts: 1_700_000_000_000_000_000 + time,
        }
    };
    (0..count).map(row).collect()
}

/// A recording with blocks of these many records.
fn file(rows: &[Row], blocks: &[usize], end: bool) -> Vec<u8> {
    let mut out = header().to_bytes().to_vec();
    let mut encoder = Encoder::default();
    let mut rest = rows;
    for &count in blocks {
        let (some, behind) = rest.split_at(count);
        some.iter().for_each(|row| {
            encoder.push(row);
        });
        encoder.flush(&mut out);
        rest = behind;
    }
    assert!(rest.is_empty());
    assert_eq!(encoder.records(), rows.len() as u64);
    if end {
        encoder.end(&ending(rows.len()), &mut out);
    }
    out
}

fn ending(records: usize) -> End {
    let (why, lost, ring_next) = (Some(Why::FeedGone), 3, 20);
    End { why, ended_unix_ns: 9, records: records as u64, lost, ring_next }
}

/// What a reader gets out of a file.
#[derive(Default, Debug, PartialEq)]
struct Read {
    rows: Vec<(u64, Row)>,
    damages: Vec<Damage>,
    tail: Option<Tail>,
    end: Option<End>,
    listed: Vec<(Symbol, Listing)>,
}

/// Reads as a feed does, through a window that is never longer than it has to be.
fn read(bytes: &[u8]) -> Result<Read, RecordingError> {
    Header::read(bytes)?;
    let (mut scanner, mut unpacker, mut read) =
        (Scanner::default(), Unpacker::default(), Read::default());
    let (mut from, mut to) = (Header::SIZE, Header::SIZE);
    loop {
        let found = scanner.look(&bytes[from..to], to == bytes.len());
        match found {
            Found::More(length) => {
                assert!(length > to - from, "it asks for what it has");
                to = bytes.len().min(from + length);
                continue;
            }
            Found::Block(head) => {
                let body = &bytes[from + BlockHead::SIZE..from + head.block_bytes()];
                match head.kind {
                    Kind::Records => {
                        unpacker.begin(body, head.count).unwrap();
                        for number in head.first..head.first + u64::from(head.count) {
                            read.rows.push((number, unpacker.next(body).unwrap()));
                        }
                        assert_eq!((unpacker.left(), unpacker.at() + 64), (0, body.len()));
                    }
                    Kind::Instruments => read.listed.extend(
                        listing::entries(body).map(|entry| (entry.symbol(), entry.listing())),
                    ),
                    Kind::End => read.end = End::read(body),
                    Kind::Other(_) => {}
                }
                from += head.block_bytes();
            }
            Found::Damage(damage, length) => {
                read.damages.push(damage);
                from += length;
            }
            Found::Pass(length) => {
                assert!(length > 0);
                from += length;
            }
            Found::Tail(tail) => {
                read.tail = Some(tail);
                return Ok(read);
            }
            Found::End => return Ok(read),
        }
        to = to.max(from);
    }
}

/// Whatever was read is right, and whatever was not is known to be missing.
fn check_nothing_is_wrong(read: &Read, rows: &[Row]) {
    for (number, row) in &read.rows {
        assert_eq!(*row, rows[*number as usize], "record {number}");
    }
    let mut seen = vec![0; rows.len()];
    read.rows.iter().for_each(|(number, _)| seen[*number as usize] += 1);
    for damage in &read.damages {
        (damage.first..damage.first + damage.records).for_each(|n| seen[n as usize] += 1);
    }
    let told = seen.iter().take_while(|times| **times == 1).count();
    assert!(seen[told..].iter().all(|times| *times == 0), "{seen:?} {:?}", read.damages);
    assert!(told == rows.len() || read.tail.is_some() || read.end.is_none(), "{read:?}");
}

#[test]
fn what_is_written_is_read() {
    let rows = rows(1_200);
    let bytes = file(&rows, &[1, 512, 512, 170, 5], true);
    let read = read(&bytes).unwrap();
    assert_eq!(Header::read(&bytes), Ok(header()));
    let found: Vec<_> = read.rows.iter().map(|(_, row)| *row).collect();
    assert_eq!(found, rows);
    assert_eq!((read.damages, read.tail, read.end), (vec![], None, Some(ending(1_200))));
    // The rows as a venue makes them, not those of a test.
    assert!(bytes.len() < 1_200 * 30, "{} bytes a record", bytes.len() / 1_200);
}

#[test]
fn instruments_are_kept_with_their_names() {
    let listed: Vec<_> = (0..20_000u32)
        .map(|n| {
            let listing = Listing::new(Name::of(format!("A LONG NAME {n}"))).with_lot(n % 3);
            let listing = match n % 2 {
                0 => listing.with_tick(Price(n.into())).with_price_decimals(2),
                _ => listing.with_quantity_decimals(n as u8 % 9),
            };
            (format!("I{n}").parse::<Symbol>().unwrap(), listing)
        })
        .collect();
    let mut bytes = header().to_bytes().to_vec();
    let mut encoder = Encoder::default();
    encoder.list(&listed, &mut bytes);
    encoder.end(&ending(0), &mut bytes);
    assert_eq!(read(&bytes).unwrap().listed, listed);
    assert_eq!(encoder.blocks(), 3, "a block has an end");
}

/// A recorder that is killed leaves a file that ends anywhere.
#[test]
fn a_file_that_is_cut_opens_and_says_what_it_lost() {
    let rows = rows(60);
    let whole = file(&rows, &[20, 20, 20], false);
    let sizes: Vec<_> =
        [0, 20, 40].map(|n| file(&rows[..n], &vec![20; n / 20], false).len()).into();
    for length in 0..whole.len() {
        let found = read(&whole[..length]);
        if length < Header::SIZE {
            let expected = match length {
                0..8 => RecordingError::NoRecording,
                _ => RecordingError::CutShort(length),
            };
            assert_eq!(found, Err(expected));
            continue;
        }
        let found = found.unwrap();
        check_nothing_is_wrong(&found, &rows);
        let blocks = sizes.iter().filter(|size| **size <= length).count() - 1;
        assert_eq!((found.rows.len(), found.damages), (20 * blocks, vec![]));
        let behind = (length - sizes[blocks]) as u64;
        let tail = found.tail;
        assert_eq!(tail.map(|tail| tail.bytes), (behind > 0).then_some(behind));
        if let Some(tail) = tail {
            assert_eq!(tail.offset, sizes[blocks] as u64);
            let of = (behind >= 32).then(|| {
                let next = sizes.get(blocks + 1).copied().unwrap_or(whole.len());
                ((next - sizes[blocks]) as u64, 20)
            });
            assert_eq!(tail.block, of, "{length}");
            let words = tail.to_string();
            assert!(words.contains(&format!("{behind} bytes")) && words.contains("incomplete"));
        }
    }
}

#[test]
fn every_bit_that_flips_is_found() {
    let rows = rows(30);
    let whole = file(&rows, &[10, 10, 10], true);
    for bit in 0..whole.len() * 8 {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(found) = read(&bytes) else {
            assert!(bit / 8 < Header::SIZE, "bit {bit}");
            continue;
        };
        assert!(bit / 8 >= Header::SIZE, "bit {bit} of the header");
        check_nothing_is_wrong(&found, &rows);
        let told = found.damages.len() + usize::from(found.tail.is_some());
        assert_eq!(told, 1, "bit {bit}: {found:?}");
        for damage in &found.damages {
            let at = damage.offset..damage.offset + damage.bytes;
            assert!(at.contains(&(bit as u64 / 8)), "bit {bit}: {damage}");
            assert!(matches!(damage.what, Wrong::Head | Wrong::Checksum));
        }
    }
}

#[test]
fn a_block_that_is_not_there_is_missed() {
    let rows = rows(30);
    let [a, b, c] = [10, 20, 30].map(|n| file(&rows[..n], &vec![10; n / 10], false).len());
    let mut bytes = file(&rows, &[10, 10, 10], true);
    bytes.drain(a..b);
    let found = read(&bytes).unwrap();
    check_nothing_is_wrong(&found, &rows);
    let (offset, what) = (a as u64, Wrong::Missing);
    let damage = Damage { block: 1, offset, bytes: 0, first: 10, records: 10, what };
    assert_eq!(found.damages, [damage]);
    assert!(damage.to_string().contains("10 records from record 10 on"), "{damage}");
    // The end tells of records behind the last block, and blocks that come again are no news.
    let mut bytes = file(&rows, &[10, 10, 10], true);
    let again = bytes[a..b].to_vec();
    bytes.splice(c..c, again);
    let found = read(&bytes).unwrap();
    check_nothing_is_wrong(&found, &rows);
    assert_eq!((found.rows.len(), found.damages.len()), (30, 1));
    bytes.drain(b..c + (b - a));
    let found = read(&bytes).unwrap();
    assert_eq!((found.rows.len(), found.damages[0].records), (20, 10));
}

#[test]
fn other_versions_are_told_from_damage() {
    let patch = |at: usize, value: u8| {
        let mut bytes = header().to_bytes();
        bytes[at] = value;
        let sum = checksum(&bytes[..252]).to_le_bytes();
        bytes[252..].copy_from_slice(&sum);
        Header::read(&bytes)
    };
    assert_eq!(patch(8, 2), Err(RecordingError::Version { found: 2 }));
    assert_eq!(patch(12, 9), Ok(header()), "a minor version");
    assert_eq!(patch(40, 7), Err(RecordingError::Field { field: "epoch", value: 7 }));
    assert_eq!(patch(48, 0), Err(RecordingError::Field { field: "clock", value: 0 }));
    let mut bytes = header().to_bytes();
    bytes[100] ^= 1;
    assert!(matches!(Header::read(&bytes), Err(RecordingError::Checksum { .. })));
    // A block of a kind that is not known yet is no damage.
    let rows = rows(4);
    let mut bytes = file(&rows[..2], &[2], false);
    block::append(&mut bytes, Kind::Other(b'Z'), 1, 0, 2, |out| out.extend([1, 2, 3]));
    let found = read(&bytes).unwrap();
    assert_eq!((found.rows.len(), found.damages.len(), found.tail), (2, 0, None));
}

/// A body that its checksum vouches for and that is none: no panic, and no record.
#[test]
fn a_body_that_contradicts_itself_is_refused() {
    let rows = rows(8);
    let mut packer = Packer::default();
    rows.iter().for_each(|row| packer.push(row));
    let mut body = Vec::new();
    packer.finish(&mut body);
    let mut unpacker = Unpacker::default();
    assert_eq!(unpacker.begin(&[], 1), Err(Contradiction));
    assert_eq!(unpacker.begin(&[255; 100], 1), Err(Contradiction));
    assert_eq!(unpacker.begin(&body, 513), Err(Contradiction));
    for byte in 4..body.len() - 64 {
        for value in [0, 0x0f, 0xf0, 0x99, 0xff] {
            let mut bad = body.clone();
            bad[byte] = value;
            if unpacker.begin(&bad, 100).is_ok() {
                while unpacker.left() > 0 && unpacker.next(&bad).is_ok() {}
            }
            assert!(unpacker.left() > 0, "a hundred records of eight");
        }
    }
}

/// Numbers that nobody can count on from, with checksums that are right: nothing of them is taken.
#[test]
fn the_last_of_all_numbers_are_none() {
    let rows = rows(2);
    let check = |number, count, first| {
        let mut bytes = file(&rows, &[2], false);
        let whole = bytes.len();
        block::append(&mut bytes, Kind::Other(b'Z'), number, count, first, |_| {});
        let found = read(&bytes).unwrap();
        assert_eq!((found.rows.len(), found.damages.len()), (2, 0));
        let tail = Tail { offset: whole as u64, bytes: BlockHead::SIZE as u64, block: None };
        assert_eq!(found.tail, Some(tail));
    };
    check(u32::MAX, 0, 2);
    check(1, u32::MAX, u64::MAX - 7);
    check(1, 0, u64::MAX);
}
