//! What holds for any records and any bytes.

use proptest::prelude::*;

use super::*;

fn any_row() -> impl Strategy<Value = Row> {
    let small = || prop_oneof![any::<u64>(), 0u64..100, Just(0), Just(u64::MAX)];
    (small(), small(), small(), any::<[u8; 4]>(), any::<[u8; 8]>(), small(), small()).prop_map(
        |(id, price, quantity, [kind, side, flags, venue], symbol, exchange_ts, ingress_ts)| {
            let msg = Msg {
                id,
                price: Price(price as i64),
                quantity: quantity as u32,
                kind: MsgKind(kind),
                side: Side(side),
                flags: Flags(flags),
                venue,
                symbol: Symbol(symbol),
            };
            Row { msg, exchange_ts, ingress_ts }
        },
    )
}

proptest! {
    /// Records of any bit pattern.
    #[test]
    fn any_record_is_kept(rows in prop::collection::vec(any_row(), 1..600)) {
        let blocks: Vec<_> = rows.chunks(BLOCK_RECORDS).map(<[Row]>::len).collect();
        let read = read(&file(&rows, &blocks, true)).unwrap();
        let found: Vec<_> = read.rows.iter().map(|(_, row)| *row).collect();
        prop_assert_eq!(found, rows);
    }

    /// Bytes overwritten, taken out and put in, anywhere.
    #[test]
    fn damage_gives_no_wrong_record(
        blocks in prop::collection::vec(1usize..40, 1..6),
        at in any::<prop::sample::Index>(),
        taken in 0usize..200,
        put in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let rows = rows(blocks.iter().sum());
        let mut bytes = file(&rows, &blocks, true);
        let from = at.index(bytes.len());
        bytes.splice(from..bytes.len().min(from + taken), put);
        if let Ok(read) = read(&bytes) {
            check_nothing_is_wrong(&read, &rows);
        }
    }

    #[test]
    fn no_bytes_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..600), begin in any::<bool>()) {
        if begin {
            bytes.splice(0..0, header().to_bytes());
        }
        let _ = read(&bytes);
        let _ = listing::entries(&bytes).count();
        let _ = End::read(&bytes);
    }
}
