//! Every field beside that of the crate `itch5`.

use std::fmt::Debug;

use itch5::messages as theirs;
use tickline_feed::venue::nasdaq_itch50::{Message, decode};
use zerocopy::FromBytes;

/// Asserts that two values print alike: their enums and ours are different types.
#[track_caller]
fn same(ours: impl Debug, theirs: impl Debug, bytes: &[u8]) {
    assert_eq!(format!("{ours:?}"), format!("{theirs:?}"), "{}", bytes.escape_ascii());
}

/// One field of ours beside the accessor of theirs.
macro_rules! fields {
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
pub(super) fn compare(bytes: &[u8]) {
    match decode(bytes).unwrap() {
        Message::SystemEvent(o) => fields!(bytes, SystemEvent, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            theirs::SystemEventCode::from(o.event_code) => t.event_code(),
        ),
        Message::StockDirectory(o) => fields!(bytes, StockDirectory, o, t,
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
            fields!(bytes, StockTradingAction, o, t,
                o.header.stock_locate.get() => t.stock_locate(),
                text(o.stock) => t.stock().to_u64(),
                theirs::TradingState::from(o.trading_state) => t.trading_state(),
                o.reserved => t.reserved(),
                reason => t.reason(),
            )
        }
        Message::RegSho(o) => fields!(bytes, RegSHORestriction, o, t,
            o.header.stock_locate.get() => t.locate_code(),
            text(o.stock) => t.stock().to_u64(),
            theirs::RegShoAction::from(o.action) => t.reg_sho_action(),
        ),
        Message::MarketParticipantPosition(o) => fields!(bytes, MarketParticipantPosition, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.mpid => t.mpid(),
            text(o.stock) => t.stock().to_u64(),
            theirs::PrimaryMarketMaker::from(o.primary_market_maker) => t.primary_market_maker(),
            mode(&theirs::MarketMakerMode::from(o.mode)) => mode(&t.market_maker_mode()),
            theirs::MarketParticipantState::from(o.state) => t.market_participant_state(),
        ),
        Message::MwcbDeclineLevel(o) => fields!(bytes, MWCBDeclineLevel, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.level_1.get() => t.level_1().into_u64(),
            o.level_2.get() => t.level_2().into_u64(),
            o.level_3.get() => t.level_3().into_u64(),
        ),
        Message::MwcbStatus(o) => fields!(bytes, MWCBStatus, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            theirs::BreachedLevel::from(o.breached_level) => t.breached_level(),
        ),
        Message::IpoQuotingPeriod(o) => fields!(bytes, QuotingPeriodUpdate, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            text(o.stock) => t.stock().to_u64(),
            o.release_time_s.get() => t.ipo_quotation_release_time(),
            theirs::IpoQuotationReleaseQualifier::from(o.release_qualifier)
                => t.ipo_quotation_release_qualifier(),
            o.price.get() => t.ipo_price().into_u32(),
        ),
        Message::LuldAuctionCollar(o) => fields!(bytes, LULDAuctionCollar, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            text(o.stock) => t.stock().to_u64(),
            o.reference_price.get() => t.auction_collar_reference_price().into_u32(),
            o.upper_price.get() => t.upper_auction_collar_price().into_u32(),
            o.lower_price.get() => t.lower_auction_collar_price().into_u32(),
            o.extension.get() => t.auction_collar_extension().into_u32(),
        ),
        Message::OperationalHalt(o) => fields!(bytes, OperationalHalt, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            text(o.stock) => t.stock().to_u64(),
            theirs::MarketCode::from(o.market) => t.market_code(),
            theirs::OperationalHaltAction::from(o.action) => t.operational_halt_action(),
        ),
        Message::AddOrder(o) => fields!(bytes, AddOrderNoMPIDAttribution, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.order_reference.get() => t.order_reference_number(),
            theirs::BuySellIndicator::from(o.side) => t.buy_sell_indicator(),
            o.shares.get() => t.shares(),
            text(o.stock) => t.stock().to_u64(),
            o.price.get() => t.price().into_u32(),
        ),
        Message::AddOrderMpid(o) => fields!(bytes, AddOrderWithMPIDAttribution, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.order_reference.get() => t.order_reference_number(),
            theirs::BuySellIndicator::from(o.side) => t.buy_sell_indicator(),
            o.shares.get() => t.shares(),
            text(o.stock) => t.stock().to_u64(),
            o.price.get() => t.price().into_u32(),
            o.attribution => t.attribution(),
        ),
        Message::OrderExecuted(o) => fields!(bytes, OrderExecuted, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.order_reference.get() => t.order_reference_number(),
            o.executed_shares.get() => t.executed_shares(),
            o.match_number.get() => t.match_number(),
        ),
        Message::OrderExecutedWithPrice(o) => fields!(bytes, OrderExecutedWithPrice, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.order_reference.get() => t.order_reference_number(),
            o.executed_shares.get() => t.executed_shares(),
            o.match_number.get() => t.match_number(),
            theirs::Printable::from(o.printable) => t.printable(),
            o.execution_price.get() => t.execution_price().into_u32(),
        ),
        Message::OrderCancel(o) => fields!(bytes, OrderCancel, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.order_reference.get() => t.order_reference_number(),
            o.cancelled_shares.get() => t.cancelled_shares(),
        ),
        Message::OrderDelete(o) => fields!(bytes, OrderDelete, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.order_reference.get() => t.order_reference_number(),
        ),
        Message::OrderReplace(o) => fields!(bytes, OrderReplace, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.original_order_reference.get() => t.original_order_reference_number(),
            o.new_order_reference.get() => t.new_order_reference_number(),
            o.shares.get() => t.shares(),
            o.price.get() => t.price().into_u32(),
        ),
        Message::Trade(o) => fields!(bytes, Trade, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.order_reference.get() => t.order_reference_number(),
            theirs::BuySellIndicator::from(o.side) => t.buy_sell_indicator(),
            o.shares.get() => t.shares(),
            text(o.stock) => t.stock().to_u64(),
            o.price.get() => t.price().into_u32(),
            o.match_number.get() => t.match_number(),
        ),
        Message::CrossTrade(o) => fields!(bytes, CrossTrade, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.shares.get() => t.shares(),
            text(o.stock) => t.stock().to_u64(),
            o.cross_price.get() => t.cross_price().into_u32(),
            o.match_number.get() => t.match_number(),
            theirs::CrossType::from(o.cross_type) => t.cross_type(),
        ),
        Message::BrokenTrade(o) => fields!(bytes, BrokenTrade, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            o.match_number.get() => t.match_number(),
        ),
        Message::Noii(o) => fields!(bytes, NetOrderImbalanceIndicator, o, t,
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
        Message::Rpii(o) => fields!(bytes, RetailPriceImprovementIndicator, o, t,
            o.header.stock_locate.get() => t.stock_locate(),
            text(o.stock) => t.stock().to_u64(),
            theirs::InterestFlag::from(o.interest_flag) => t.interest_flag(),
        ),
        Message::Dlcr(o) => fields!(bytes, DirectListingwithCapitalRaisePriceDiscovery, o, t,
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
