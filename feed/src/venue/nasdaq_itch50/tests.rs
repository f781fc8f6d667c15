//! One example a type, put together in the order of the specification, and the same cut short.

use super::*;

const STOCK: &[u8; 8] = b"TICK    ";

/// A header with locate 258, tracking number 3 and time 0x0405060708_09.
fn message(kind: u8, body: &[&[u8]]) -> Vec<u8> {
    [&[kind, 1, 2, 0, 3, 4, 5, 6, 7, 8, 9], &body.concat()[..]].concat()
}

/// Decodes an example; every shorter one is refused, and a longer one is the same message.
#[track_caller]
fn check(bytes: &[u8], inspect: impl Fn(Message<'_>)) {
    let decoded = decode(bytes).unwrap();
    let header = decoded.header();
    assert_eq!((header.kind, header.stock_locate.get()), (bytes[0], 258));
    assert_eq!((header.tracking_number.get(), header.timestamp.get()), (3, 0x0405_0607_0809));
    assert_eq!(timestamp(bytes), Some(0x0405_0607_0809));
    assert_eq!(length(bytes[0]), Some(bytes.len()));
    inspect(decoded);
    for shorter in 1..bytes.len() {
        assert_eq!(decode(&bytes[..shorter]), Err(Refused::Short(bytes[0])));
    }
    let longer = [bytes, &[0xff; 9]].concat();
    assert_eq!(decode(&longer), Ok(decoded));
}

/// `check`, where the message is of one type.
macro_rules! example {
    ($name:ident, [$($piece:expr),* $(,)?], |$message:ident| $body:block) => {
        check(&message($name::KIND, &[$($piece.as_ref()),*]), |decoded| {
            let Message::$name($message) = decoded else { panic!("{decoded:?}") };
            $body
        });
    };
}

fn u32be(value: u32) -> [u8; 4] {
    value.to_be_bytes()
}

fn u64be(value: u64) -> [u8; 8] {
    value.to_be_bytes()
}

#[test]
fn the_day_and_its_securities() {
    example!(SystemEvent, [b"O"], |m| { assert_eq!(m.event_code, b'O') });
    example!(
        StockDirectory,
        [
            STOCK,
            b"Q",
            b"N",
            u32be(100),
            b"Y",
            b"C",
            b"PO",
            b"P",
            b"N",
            b" ",
            b"1",
            b"N",
            u32be(3),
            b"Y"
        ],
        |m| {
            assert_eq!((&m.stock, m.market_category, m.financial_status), (STOCK, b'Q', b'N'));
            assert_eq!((m.round_lot_size.get(), m.round_lots_only), (100, b'Y'));
            assert_eq!((m.issue_classification, &m.issue_sub_type), (b'C', b"PO"));
            assert_eq!((m.authenticity, m.short_sale_threshold, m.ipo_flag), (b'P', b'N', b' '));
            assert_eq!((m.luld_reference_price_tier, m.etp_flag), (b'1', b'N'));
            assert_eq!((m.etp_leverage_factor.get(), m.inverse_indicator), (3, b'Y'));
        }
    );
    example!(StockTradingAction, [STOCK, b"H", b" ", b"LUDP"], |m| {
        assert_eq!((&m.stock, m.trading_state, m.reserved), (STOCK, b'H', b' '));
        assert_eq!(&m.reason, b"LUDP");
    });
    example!(RegSho, [STOCK, b"1"], |m| { assert_eq!((&m.stock, m.action), (STOCK, b'1')) });
    example!(MarketParticipantPosition, [b"MPID", STOCK, b"Y", b"N", b"A"], |m| {
        assert_eq!((&m.mpid, &m.stock), (b"MPID", STOCK));
        assert_eq!((m.primary_market_maker, m.mode, m.state), (b'Y', b'N', b'A'));
    });
    example!(MwcbDeclineLevel, [u64be(3), u64be(2), u64be(1)], |m| {
        assert_eq!((m.level_1.get(), m.level_2.get(), m.level_3.get()), (3, 2, 1));
    });
    example!(MwcbStatus, [b"2"], |m| { assert_eq!(m.breached_level, b'2') });
    example!(IpoQuotingPeriod, [STOCK, u32be(34_200), b"A", u32be(170_000)], |m| {
        assert_eq!((&m.stock, m.release_time_s.get()), (STOCK, 34_200));
        assert_eq!((m.release_qualifier, m.price.get()), (b'A', 170_000));
    });
    example!(LuldAuctionCollar, [STOCK, u32be(1), u32be(2), u32be(3), u32be(4)], |m| {
        assert_eq!((&m.stock, m.reference_price.get(), m.upper_price.get()), (STOCK, 1, 2));
        assert_eq!((m.lower_price.get(), m.extension.get()), (3, 4));
    });
    example!(OperationalHalt, [STOCK, b"X", b"H"], |m| {
        assert_eq!((&m.stock, m.market, m.action), (STOCK, b'X', b'H'));
    });
}

#[test]
fn orders_and_trades() {
    example!(AddOrder, [u64be(7), b"S", u32be(200), STOCK, u32be(123_400)], |m| {
        assert_eq!((m.order_reference.get(), m.side, m.shares.get()), (7, b'S', 200));
        assert_eq!((&m.stock, m.price.get()), (STOCK, 123_400));
    });
    example!(AddOrderMpid, [u64be(7), b"B", u32be(200), STOCK, u32be(5), b"MPID"], |m| {
        assert_eq!((m.order_reference.get(), m.side, m.shares.get()), (7, b'B', 200));
        assert_eq!((&m.stock, m.price.get(), &m.attribution), (STOCK, 5, b"MPID"));
    });
    example!(OrderExecuted, [u64be(7), u32be(10), u64be(99)], |m| {
        assert_eq!((m.order_reference.get(), m.executed_shares.get()), (7, 10));
        assert_eq!(m.match_number.get(), 99);
    });
    example!(OrderExecutedWithPrice, [u64be(7), u32be(10), u64be(99), b"N", u32be(6)], |m| {
        assert_eq!((m.order_reference.get(), m.executed_shares.get()), (7, 10));
        assert_eq!((m.match_number.get(), m.printable), (99, b'N'));
        assert_eq!(m.execution_price.get(), 6);
    });
    example!(OrderCancel, [u64be(7), u32be(10)], |m| {
        assert_eq!((m.order_reference.get(), m.cancelled_shares.get()), (7, 10));
    });
    example!(OrderDelete, [u64be(7)], |m| { assert_eq!(m.order_reference.get(), 7) });
    example!(OrderReplace, [u64be(7), u64be(8), u32be(10), u32be(20)], |m| {
        assert_eq!(m.original_order_reference.get(), 7);
        assert_eq!(m.new_order_reference.get(), 8);
        assert_eq!((m.shares.get(), m.price.get()), (10, 20));
    });
    example!(Trade, [u64be(0), b"B", u32be(10), STOCK, u32be(20), u64be(99)], |m| {
        assert_eq!((m.order_reference.get(), m.side, m.shares.get()), (0, b'B', 10));
        assert_eq!((&m.stock, m.price.get(), m.match_number.get()), (STOCK, 20, 99));
    });
    example!(CrossTrade, [u64be(1 << 40), STOCK, u32be(20), u64be(99), b"O"], |m| {
        assert_eq!((m.shares.get(), &m.stock, m.cross_price.get()), (1 << 40, STOCK, 20));
        assert_eq!((m.match_number.get(), m.cross_type), (99, b'O'));
    });
    example!(BrokenTrade, [u64be(99)], |m| { assert_eq!(m.match_number.get(), 99) });
}

#[test]
fn auctions_and_listings() {
    let prices = [u32be(1), u32be(2), u32be(3)].concat();
    example!(Noii, [u64be(5), u64be(6), b"B", STOCK, prices, b"C", b"L"], |m| {
        assert_eq!((m.paired_shares.get(), m.imbalance_shares.get()), (5, 6));
        assert_eq!((m.imbalance_direction, &m.stock), (b'B', STOCK));
        assert_eq!((m.far_price.get(), m.near_price.get()), (1, 2));
        assert_eq!((m.current_reference_price.get(), m.cross_type), (3, b'C'));
        assert_eq!(m.price_variation, b'L');
    });
    example!(Rpii, [STOCK, b"A"], |m| { assert_eq!((&m.stock, m.interest_flag), (STOCK, b'A')) });
    example!(Dlcr, [STOCK, b"Y", prices, u64be(9), u32be(4), u32be(5)], |m| {
        assert_eq!((&m.stock, m.open_eligibility), (STOCK, b'Y'));
        assert_eq!((m.minimum_allowable_price.get(), m.maximum_allowable_price.get()), (1, 2));
        assert_eq!((m.near_execution_price.get(), m.near_execution_time.get()), (3, 9));
        assert_eq!(m.lower_price_range_collar.get(), 4);
        assert_eq!(m.upper_price_range_collar.get(), 5);
    });
}

#[test]
fn every_type_has_a_length_and_no_other_byte_has() {
    assert_eq!(KINDS.len(), 23);
    for kind in 0..=255 {
        assert_eq!(length(kind).is_some(), KINDS.contains(&kind));
        if !KINDS.contains(&kind) {
            assert_eq!(decode(&[kind; 60]), Err(Refused::Unknown(kind)));
        }
    }
    assert_eq!(decode(&[]), Err(Refused::Empty));
    assert_eq!(timestamp(&[b'A'; 10]), None);
}

#[test]
fn u48_keeps_48_bits() {
    assert_eq!(U48::new(34_199_999_894_278).get(), 34_199_999_894_278);
    assert_eq!(U48::new(u64::MAX).get(), (1 << 48) - 1);
    assert_eq!(U48::new(0x0102_0304_0506).as_bytes(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn what_is_written_is_read() {
    let header = Header {
        kind: OrderDelete::KIND,
        stock_locate: 5.into(),
        tracking_number: 0.into(),
        timestamp: U48::new(77),
    };
    let written = OrderDelete { header, order_reference: 9.into() };
    assert_eq!(decode(written.as_bytes()), Ok(Message::OrderDelete(&written)));
}
