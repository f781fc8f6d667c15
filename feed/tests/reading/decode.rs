//! ITCH 5.0 against two decoders from the registry: every field of every message of every capture,
//! and of arbitrary bytes of every type.

use std::fmt::Debug;

use itch5::messages as theirs;
use proptest::prelude::*;
use tickline_feed::generate::{Day, Parameters};
use tickline_feed::source::Input;
use tickline_feed::venue::nasdaq_itch50::{KINDS, Message, decode, length};
use zerocopy::FromBytes;

use crate::captures::{all_files, captures};
use crate::wire::{Seen, play};

/// Asserts that two values print alike: their enums and ours are different types.
#[track_caller]
fn same(ours: impl Debug, theirs: impl Debug, bytes: &[u8]) {
    assert_eq!(format!("{ours:?}"), format!("{theirs:?}"), "{}", bytes.escape_ascii());
}

/// One field of ours beside the accessor of theirs.
macro_rules! compare {
    ($bytes:ident, $Type:ident, $ours:ident, $theirs:ident, $($left:expr => $right:expr,)*) => {{
        let $theirs = theirs::$Type::ref_from_bytes($bytes).unwrap();
        same($ours.header.tracking_number.get(), $theirs.tracking_number(), $bytes);
        same($ours.header.timestamp.get(), $theirs.timestamp().to_u64(), $bytes);
        $(same($left, $right, $bytes);)*
    }};
}

/// Two of their enums do not print.
fn authenticity(it: &theirs::Authenticity) -> u8 {
    match it {
        theirs::Authenticity::LiveProduction => b'P',
        theirs::Authenticity::Test => b'T',
        theirs::Authenticity::Unknown(byte) => *byte,
    }
}

fn mode(it: &theirs::MarketMakerMode) -> u8 {
    match it {
        theirs::MarketMakerMode::Normal => b'N',
        theirs::MarketMakerMode::Passive => b'P',
        theirs::MarketMakerMode::Syndicate => b'S',
        theirs::MarketMakerMode::PreSyndicate => b'R',
        theirs::MarketMakerMode::Penalty => b'L',
        theirs::MarketMakerMode::Unknown(byte) => *byte,
    }
}

fn text(field: [u8; 8]) -> u64 {
    u64::from_be_bytes(field)
}

/// Compares a message of exactly its length with what `itch5` reads.
fn compare_with_itch5(bytes: &[u8]) {
    match decode(bytes).unwrap() {
        Message::SystemEvent(o) => compare!(bytes, SystemEvent, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            theirs::SystemEventCode::from(o.event_code) => t.event_code(),
        ),
        Message::StockDirectory(o) => compare!(bytes, StockDirectory, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            text(o.stock) => t.stock().to_u64(),
            theirs::MarketCategory::from(o.market_category) => t.market_category(),
            theirs::FinancialStatusIndicator::from(o.financial_status)
                => t.financial_status_indicator(),
            o.round_lot_size.get() => t.round_lot_size(),
            theirs::RoundLotsOnly::from(o.round_lots_only) => t.round_lots_only(),
            theirs::IssueClassificationCode::from(o.issue_classification)
                => t.issue_classification(),
            theirs::IssueSubTypeCode::from(o.issue_sub_type) => t.issue_sub_type(),
            authenticity(&theirs::Authenticity::from(o.authenticity))
                => authenticity(&t.authenticity()),
            theirs::ShortSaleThresholdIndicator::from(o.short_sale_threshold)
                => t.short_sale_threshold_indicator(),
            theirs::IpoFlag::from(o.ipo_flag) => t.ipo_flag(),
            theirs::LuldReferencePriceTier::from(o.luld_reference_price_tier)
                => t.luld_reference_price_tier(),
            theirs::EtpFlag::from(o.etp_flag) => t.etp_flag(),
            o.etp_leverage_factor.get() => t.etp_leverage_factor(),
            theirs::InverseIndicator::from(o.inverse_indicator) => t.inverse_indicator(),
        ),
        Message::StockTradingAction(o) => {
            let halt = theirs::TradingHaltReason::from_bytes(&o.reason);
            let resumption = theirs::TradingResumptionReason::from_bytes(&o.reason);
            let reason = match o.trading_state {
                b'H' => theirs::TradingActionReason::Halted(halt),
                b'P' => theirs::TradingActionReason::Paused(halt),
                b'Q' => theirs::TradingActionReason::QuotationOnly(resumption),
                b'T' => theirs::TradingActionReason::Trading(resumption),
                state => theirs::TradingActionReason::Unknown { state, reason_bytes: o.reason },
            };
            compare!(bytes, StockTradingAction, o, t,
                o.header.stock_locate.get() => t.stock_locate(),
                text(o.stock) => t.stock().to_u64(),
                theirs::TradingState::from(o.trading_state) => t.trading_state(),
                o.reserved => t.reserved(),
                reason => t.reason(),
            )
        }
        Message::RegSho(o) => compare!(bytes, RegSHORestriction, o, t,
            o.header.stock_locate.get() => t.locate_code(),
            text(o.stock) => t.stock().to_u64(),
            theirs::RegShoAction::from(o.action) => t.reg_sho_action(),
        ),
        Message::MarketParticipantPosition(o) => compare!(bytes, MarketParticipantPosition, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.mpid => t.mpid(),
            text(o.stock) => t.stock().to_u64(),
            theirs::PrimaryMarketMaker::from(o.primary_market_maker) => t.primary_market_maker(),
            mode(&theirs::MarketMakerMode::from(o.mode)) => mode(&t.market_maker_mode()),
            theirs::MarketParticipantState::from(o.state) => t.market_participant_state(),
        ),
        Message::MwcbDeclineLevel(o) => compare!(bytes, MWCBDeclineLevel, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.level_1.get() => t.level_1().into_u64(),
            o.level_2.get() => t.level_2().into_u64(),
            o.level_3.get() => t.level_3().into_u64(),
        ),
        Message::MwcbStatus(o) => compare!(bytes, MWCBStatus, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            theirs::BreachedLevel::from(o.breached_level) => t.breached_level(),
        ),
        Message::IpoQuotingPeriod(o) => compare!(bytes, QuotingPeriodUpdate, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            text(o.stock) => t.stock().to_u64(),
            o.release_time_s.get() => t.ipo_quotation_release_time(),
            theirs::IpoQuotationReleaseQualifier::from(o.release_qualifier)
                => t.ipo_quotation_release_qualifier(),
            o.price.get() => t.ipo_price().into_u32(),
        ),
        Message::LuldAuctionCollar(o) => compare!(bytes, LULDAuctionCollar, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            text(o.stock) => t.stock().to_u64(),
            o.reference_price.get() => t.auction_collar_reference_price().into_u32(),
            o.upper_price.get() => t.upper_auction_collar_price().into_u32(),
            o.lower_price.get() => t.lower_auction_collar_price().into_u32(),
            o.extension.get() => t.auction_collar_extension().into_u32(),
        ),
        Message::OperationalHalt(o) => compare!(bytes, OperationalHalt, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            text(o.stock) => t.stock().to_u64(),
            theirs::MarketCode::from(o.market) => t.market_code(),
            theirs::OperationalHaltAction::from(o.action) => t.operational_halt_action(),
        ),
        Message::AddOrder(o) => compare!(bytes, AddOrderNoMPIDAttribution, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.order_reference.get() => t.order_reference_number(),
            theirs::BuySellIndicator::from(o.side) => t.buy_sell_indicator(),
            o.shares.get() => t.shares(),
            text(o.stock) => t.stock().to_u64(),
            o.price.get() => t.price().into_u32(),
        ),
        Message::AddOrderMpid(o) => compare!(bytes, AddOrderWithMPIDAttribution, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.order_reference.get() => t.order_reference_number(),
            theirs::BuySellIndicator::from(o.side) => t.buy_sell_indicator(),
            o.shares.get() => t.shares(),
            text(o.stock) => t.stock().to_u64(),
            o.price.get() => t.price().into_u32(),
            o.attribution => t.attribution(),
        ),
        Message::OrderExecuted(o) => compare!(bytes, OrderExecuted, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.order_reference.get() => t.order_reference_number(),
            o.executed_shares.get() => t.executed_shares(),
            o.match_number.get() => t.match_number(),
        ),
        Message::OrderExecutedWithPrice(o) => compare!(bytes, OrderExecutedWithPrice, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.order_reference.get() => t.order_reference_number(),
            o.executed_shares.get() => t.executed_shares(),
            o.match_number.get() => t.match_number(),
            theirs::Printable::from(o.printable) => t.printable(),
            o.execution_price.get() => t.execution_price().into_u32(),
        ),
        Message::OrderCancel(o) => compare!(bytes, OrderCancel, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.order_reference.get() => t.order_reference_number(),
            o.cancelled_shares.get() => t.cancelled_shares(),
        ),
        Message::OrderDelete(o) => compare!(bytes, OrderDelete, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.order_reference.get() => t.order_reference_number(),
        ),
        Message::OrderReplace(o) => compare!(bytes, OrderReplace, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.original_order_reference.get() => t.original_order_reference_number(),
            o.new_order_reference.get() => t.new_order_reference_number(),
            o.shares.get() => t.shares(),
            o.price.get() => t.price().into_u32(),
        ),
        Message::Trade(o) => compare!(bytes, Trade, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.order_reference.get() => t.order_reference_number(),
            theirs::BuySellIndicator::from(o.side) => t.buy_sell_indicator(),
            o.shares.get() => t.shares(),
            text(o.stock) => t.stock().to_u64(),
            o.price.get() => t.price().into_u32(),
            o.match_number.get() => t.match_number(),
        ),
        Message::CrossTrade(o) => compare!(bytes, CrossTrade, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.shares.get() => t.shares(),
            text(o.stock) => t.stock().to_u64(),
            o.cross_price.get() => t.cross_price().into_u32(),
            o.match_number.get() => t.match_number(),
            theirs::CrossType::from(o.cross_type) => t.cross_type(),
        ),
        Message::BrokenTrade(o) => compare!(bytes, BrokenTrade, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.match_number.get() => t.match_number(),
        ),
        Message::Noii(o) => compare!(bytes, NetOrderImbalanceIndicator, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.paired_shares.get() => t.paired_shares(),
            o.imbalance_shares.get() => t.imbalance_shares(),
            theirs::ImbalanceDirection::from(o.imbalance_direction) => t.imbalance_direction(),
            text(o.stock) => t.stock().to_u64(),
            o.far_price.get() => t.far_price().into_u32(),
            o.near_price.get() => t.near_price().into_u32(),
            o.current_reference_price.get() => t.current_reference_price().into_u32(),
            theirs::CrossType::from(o.cross_type) => t.cross_type(),
            theirs::PriceVariationIndicator::from(o.price_variation)
                => t.price_variation_indicator(),
        ),
        Message::Rpii(o) => compare!(bytes, RetailPriceImprovementIndicator, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            text(o.stock) => t.stock().to_u64(),
            theirs::InterestFlag::from(o.interest_flag) => t.interest_flag(),
        ),
        Message::Dlcr(o) => compare!(bytes, DirectListingwithCapitalRaisePriceDiscovery, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            text(o.stock) => t.stock().to_u64(),
            theirs::OpenEligibilityStatus::from(o.open_eligibility)
                => t.open_eligibility_status(),
            o.minimum_allowable_price.get() => t.minimum_allowable_price().into_u32(),
            o.maximum_allowable_price.get() => t.maximum_allowable_price().into_u32(),
            o.near_execution_price.get() => t.near_execution_price().into_u32(),
            o.near_execution_time.get() => t.near_execution_time(),
            o.lower_price_range_collar.get() => t.lower_price_range_collar().into_u32(),
            o.upper_price_range_collar.get() => t.upper_price_range_collar().into_u32(),
        ),
    }
}

/// Compares the numbers and names of a message with what `itchy` reads. It stops at codes that it
/// does not know, and panics on types that it does not (`h`, `O`): those are left out.
fn compare_with_itchy(bytes: &[u8]) -> bool {
    use itchy::Body;
    if matches!(bytes[0], b'h' | b'O') {
        return false;
    }
    let framed = [&(bytes.len() as u16).to_be_bytes(), bytes].concat();
    let Some(Ok(it)) = itchy::MessageStream::from_reader(&framed[..]).next() else { return false };
    let ours = decode(bytes).unwrap();
    let header = ours.header();
    assert_eq!(
        (header.kind, header.stock_locate.get(), header.tracking_number.get()),
        (it.tag, it.stock_locate, it.tracking_number)
    );
    assert_eq!(header.timestamp.get(), it.timestamp);
    let name = |field: &[u8]| String::from_utf8(field.to_vec()).unwrap();
    match (ours, it.body) {
        (Message::AddOrder(o), Body::AddOrder(t)) => {
            let side = if t.side == itchy::Side::Buy { b'B' } else { b'S' };
            assert_eq!((o.order_reference.get(), o.side), (t.reference, side));
            assert_eq!((o.shares.get(), o.price.get()), (t.shares, t.price.raw()));
            assert_eq!((name(&o.stock), None), (t.stock.to_string(), t.mpid));
        }
        (Message::AddOrderMpid(o), Body::AddOrder(t)) => {
            let side = if t.side == itchy::Side::Buy { b'B' } else { b'S' };
            assert_eq!((o.order_reference.get(), o.side), (t.reference, side));
            assert_eq!((o.shares.get(), o.price.get()), (t.shares, t.price.raw()));
            assert_eq!(name(&o.stock), t.stock.to_string());
            assert_eq!(Some(name(&o.attribution)), t.mpid.map(|mpid| mpid.to_string()));
        }
        (Message::BrokenTrade(o), Body::BrokenTrade { match_number }) => {
            assert_eq!(o.match_number.get(), match_number);
        }
        (Message::CrossTrade(o), Body::CrossTrade(t)) => {
            assert_eq!((o.shares.get(), o.match_number.get()), (t.shares, t.match_number));
            assert_eq!(o.cross_price.get(), t.cross_price.raw());
            assert_eq!(name(&o.stock), t.stock.to_string());
        }
        (Message::OrderDelete(o), Body::DeleteOrder { reference }) => {
            assert_eq!(o.order_reference.get(), reference);
        }
        (Message::Noii(o), Body::Imbalance(t)) => {
            assert_eq!(o.paired_shares.get(), t.paired_shares);
            assert_eq!(o.imbalance_shares.get(), t.imbalance_shares);
            assert_eq!(
                (o.far_price.get(), o.near_price.get()),
                (t.far_price.raw(), t.near_price.raw())
            );
            assert_eq!(o.current_reference_price.get(), t.current_ref_price.raw());
            assert_eq!(char::from(o.price_variation), t.price_variation_indicator);
            assert_eq!(name(&o.stock), t.stock.to_string());
        }
        (Message::IpoQuotingPeriod(o), Body::IpoQuotingPeriod(t)) => {
            assert_eq!((o.release_time_s.get(), o.price.get()), (t.release_time, t.price.raw()));
            assert_eq!(name(&o.stock), t.stock.to_string());
        }
        (
            Message::LuldAuctionCollar(o),
            Body::LULDAuctionCollar { stock, ref_price, upper_price, lower_price, extension },
        ) => {
            assert_eq!((o.reference_price.get(), o.extension.get()), (ref_price.raw(), extension));
            assert_eq!(o.upper_price.get(), upper_price.raw());
            assert_eq!(o.lower_price.get(), lower_price.raw());
            assert_eq!(name(&o.stock), stock.to_string());
        }
        (Message::MwcbDeclineLevel(o), Body::MwcbDeclineLevel { level1, level2, level3 }) => {
            let levels = [o.level_1, o.level_2, o.level_3].map(|level| level.get());
            assert_eq!(levels, [level1.raw(), level2.raw(), level3.raw()]);
        }
        (Message::Trade(o), Body::NonCrossTrade(t)) => {
            assert_eq!(
                (o.order_reference.get(), o.match_number.get()),
                (t.reference, t.match_number)
            );
            assert_eq!((o.shares.get(), o.price.get()), (t.shares, t.price.raw()));
            assert_eq!(name(&o.stock), t.stock.to_string());
        }
        (Message::OrderCancel(o), Body::OrderCancelled { reference, cancelled }) => {
            assert_eq!((o.order_reference.get(), o.cancelled_shares.get()), (reference, cancelled));
        }
        (Message::OrderExecuted(o), Body::OrderExecuted { reference, executed, match_number }) => {
            assert_eq!((o.order_reference.get(), o.executed_shares.get()), (reference, executed));
            assert_eq!(o.match_number.get(), match_number);
        }
        (
            Message::OrderExecutedWithPrice(o),
            Body::OrderExecutedWithPrice { reference, executed, match_number, printable, price },
        ) => {
            assert_eq!((o.order_reference.get(), o.executed_shares.get()), (reference, executed));
            assert_eq!(
                (o.match_number.get(), o.execution_price.get()),
                (match_number, price.raw())
            );
            assert_eq!(o.printable == b'Y', printable);
        }
        (Message::MarketParticipantPosition(o), Body::ParticipantPosition(t)) => {
            assert_eq!((name(&o.mpid), name(&o.stock)), (t.mpid.to_string(), t.stock.to_string()));
            assert_eq!(o.primary_market_maker == b'Y', t.primary_market_maker);
        }
        (Message::RegSho(o), Body::RegShoRestriction { stock, .. }) => {
            assert_eq!(name(&o.stock), stock.to_string());
        }
        (Message::OrderReplace(o), Body::ReplaceOrder(t)) => {
            assert_eq!(o.original_order_reference.get(), t.old_reference);
            assert_eq!(o.new_order_reference.get(), t.new_reference);
            assert_eq!((o.shares.get(), o.price.get()), (t.shares, t.price.raw()));
        }
        (Message::StockDirectory(o), Body::StockDirectory(t)) => {
            assert_eq!(name(&o.stock), t.stock.to_string());
            assert_eq!(o.round_lot_size.get(), t.round_lot_size);
            assert_eq!(o.etp_leverage_factor.get(), t.etp_leverage_factor);
            assert_eq!(
                (o.authenticity == b'P', o.inverse_indicator == b'Y'),
                (t.authenticity, t.inverse_indicator)
            );
        }
        (Message::StockTradingAction(o), Body::TradingAction { stock, reason, .. }) => {
            assert_eq!((name(&o.stock), name(&o.reason)), (stock.to_string(), reason.to_string()));
        }
        (Message::Rpii(o), Body::RetailPriceImprovementIndicator(t)) => {
            assert_eq!(name(&o.stock), t.stock.to_string());
        }
        (Message::SystemEvent(_), Body::SystemEvent { .. }) => {}
        (Message::MwcbStatus(_), Body::Breach(_)) => {}
        (ours, theirs) => panic!("{ours:?} is not {theirs:?}"),
    }
    true
}

#[test]
fn every_message_of_every_capture() {
    let Some(root) = captures() else { return };
    let (mut compared, mut by_itchy, mut kinds) = (0, 0, std::collections::BTreeSet::new());
    for path in all_files(&root) {
        let (seen, _, error) = play(Input::open(&path).unwrap());
        assert!(error.is_none(), "{error:?}");
        for event in seen {
            let Seen::Message { bytes, .. } = event else { continue };
            // One capture holds another dialect, whose types have other lengths.
            if length(bytes[0]) != Some(bytes.len()) {
                continue;
            }
            compare_with_itch5(&bytes);
            by_itchy += usize::from(compare_with_itchy(&bytes));
            compared += 1;
            kinds.insert(char::from(bytes[0]));
        }
    }
    println!("{compared} messages, {by_itchy} of them by itchy too, of types {kinds:?}");
    assert!(compared >= 13_000 && by_itchy >= 13_000 && kinds.len() >= 16);
}

/// A message of any type, of arbitrary bytes.
fn messages() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(KINDS).prop_flat_map(|kind| {
        let rest = prop::collection::vec(any::<u8>(), length(kind).unwrap() - 1);
        rest.prop_map(move |rest| [&[kind], &rest[..]].concat())
    })
}

/// A message of any type whose codes `itchy` knows: printable text.
fn plain_messages() -> impl Strategy<Value = Vec<u8>> {
    prop::sample::select(KINDS).prop_flat_map(|kind| {
        let letters = prop::sample::select(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789".as_slice());
        let rest = prop::collection::vec(letters, length(kind).unwrap() - 1);
        rest.prop_map(move |rest| [&[kind], &rest[..]].concat())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn arbitrary_messages_of_every_type(bytes in messages()) {
        compare_with_itch5(&bytes);
    }

    #[test]
    fn plain_messages_of_every_type(bytes in plain_messages()) {
        compare_with_itchy(&bytes);
    }
}

#[test]
fn every_message_of_a_generated_day() {
    let messages = if cfg!(debug_assertions) { 50_000 } else { 1_000_000 };
    let mut day = Day::new(&Parameters::of(messages)).unwrap();
    let (mut compared, mut by_itchy) = (0, 0);
    while let Some(bytes) = day.next_message() {
        compare_with_itch5(bytes);
        by_itchy += u64::from(compare_with_itchy(bytes));
        compared += 1;
    }
    // One `h` and one `O`.
    assert_eq!((compared, by_itchy), (messages, messages - 2));
}
