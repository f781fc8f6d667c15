//! Against the crate `dbn`: which types there are, how long their records are, what a status says.

use dbn::{RType, rtype as theirs};

use super::*;

#[test]
fn every_type_of_the_crate_is_known() {
    for rtype in 0..=u8::MAX {
        // Version 4 has a type of its own for tbbo.
        let known = RType::try_from(rtype).is_ok() && rtype != theirs::TBBO;
        assert_eq!(rtype::schema(rtype).is_some(), known, "{rtype:#x}");
        assert_eq!(Dbn::length(rtype).is_some(), known);
    }
    assert_eq!(Dbn::type_name(theirs::CBBO_1M), "cbbo-1m");
    assert_eq!(Dbn::type_name(0x99), "0x99");
}

#[test]
fn every_length_of_the_crate_is_known() {
    use dbn::{
        BboMsg, CbboMsg, Cmbp1Msg, ErrorMsg, ImbalanceMsg, InstrumentDefMsg, MboMsg, Mbp1Msg,
        Mbp10Msg, OhlcvMsg, StatMsg, StatusMsg, SymbolMappingMsg, SystemMsg, TradeMsg, v1, v2,
    };
    let sizes: &[(u8, &[usize])] = &[
        (theirs::MBO, &[size_of::<MboMsg>()]),
        (theirs::MBP_0, &[size_of::<TradeMsg>()]),
        (theirs::MBP_1, &[size_of::<Mbp1Msg>()]),
        (theirs::MBP_10, &[size_of::<Mbp10Msg>()]),
        (theirs::BBO_1S, &[size_of::<BboMsg>()]),
        (theirs::CMBP_1, &[size_of::<Cmbp1Msg>()]),
        (theirs::CBBO_1S, &[size_of::<CbboMsg>()]),
        (theirs::OHLCV_1D, &[size_of::<OhlcvMsg>()]),
        (theirs::STATUS, &[size_of::<StatusMsg>()]),
        (theirs::IMBALANCE, &[size_of::<ImbalanceMsg>()]),
        (theirs::STATISTICS, &[size_of::<v1::StatMsg>(), size_of::<StatMsg>()]),
        (theirs::ERROR, &[size_of::<v1::ErrorMsg>(), size_of::<ErrorMsg>()]),
        (theirs::SYSTEM, &[size_of::<v1::SystemMsg>(), size_of::<SystemMsg>()]),
        (
            theirs::SYMBOL_MAPPING,
            &[size_of::<v1::SymbolMappingMsg>(), size_of::<SymbolMappingMsg>()],
        ),
        (
            theirs::INSTRUMENT_DEF,
            &[
                size_of::<v1::InstrumentDefMsg>(),
                size_of::<v2::InstrumentDefMsg>(),
                size_of::<InstrumentDefMsg>(),
            ],
        ),
    ];
    for (rtype, sizes) in sizes {
        assert_eq!(rtype::lengths(*rtype), Some(*sizes), "{rtype:#x}");
    }
}

/// Action, reason, whether it trades, whether it is quoted, whether short sales are restricted.
#[track_caller]
fn says(action: u16, reason: u16, said: [u8; 3], expected: &str) {
    let [is_trading, is_quoting, is_short_sell_restricted] = said.map(|it| it as _);
    let status = dbn::StatusMsg {
        action,
        reason,
        is_trading,
        is_quoting,
        is_short_sell_restricted,
        ..dbn::StatusMsg::default()
    };
    let event = Dbn::default().decode(status.as_ref()).unwrap().event;
    let MarketEvent::Status { status, .. } = event else { panic!("{event:?}") };
    let reason = String::from_utf8_lossy(&status.reason).replace('\0', "");
    assert_eq!(format!("{:?} {} {reason}", status.topic, char::from(status.code)), expected);
}

#[test]
fn statuses_in_the_terms_of_all_venues() {
    says(7, 1, *b"YY~", "Trading T 1");
    says(7, 0, *b"~~~", "Trading T ");
    says(6, 1, *b"YY~", "Trading T 1");
    says(1, 1, *b"NY~", "Trading O 1");
    says(4, 0, *b"~~~", "Trading O ");
    says(11, 0, *b"NN~", "Trading H ");
    says(8, 30, *b"NN~", "Trading H 30");
    says(9, 10_000, *b"NN~", "Trading P 1000");
    says(10, 0, *b"~Y~", "Trading H ");
    says(13, 0, *b"~~~", "Trading H ");
    says(14, 0, *b"YYY", "ShortSale 1 ");
    says(14, 0, *b"YYN", "ShortSale 0 ");
    says(99, 0, *b"~~~", "Trading H ");
}
