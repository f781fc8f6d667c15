//! itch5: casts the bytes to packed structures and visits each with a method of its own; fields
//! are turned round and codes become enums when they are asked for.

use std::ops::ControlFlow;

use anyhow::anyhow;
use itch5::messages::*;
use itch5::{MessageHandler, Parser};

use super::{Field, Sum};

/// Reads a whole file.
pub fn decode(bytes: &[u8]) -> anyhow::Result<Sum> {
    let mut sum = Sum::default();
    Parser::new(bytes).parse_stream(&mut sum).map_err(|error| anyhow!("itch5: {error}"))?;
    Ok(sum)
}

impl Field for &Timestamp {
    #[inline(always)]
    fn add_to(self, sum: &mut Sum) {
        sum.word(self.to_u64());
    }
}

impl Field for &Symbol {
    #[inline(always)]
    fn add_to(self, sum: &mut Sum) {
        sum.word(self.to_u64());
    }
}

impl Field for &Price4 {
    #[inline(always)]
    fn add_to(self, sum: &mut Sum) {
        sum.word(u64::from(self.into_u32()));
    }
}

impl Field for &Price8 {
    #[inline(always)]
    fn add_to(self, sum: &mut Sum) {
        sum.word(self.into_u64());
    }
}

impl Field for &[u8] {
    #[inline(always)]
    fn add_to(self, sum: &mut Sum) {
        sum.name(self);
    }
}

macro_rules! codes {
    ($($code:ty)*) => {$(
        impl Field for $code {
            #[inline(always)]
            fn add_to(self, sum: &mut Sum) {
                sum.code(self);
            }
        }
    )*};
}

codes! {
    SystemEventCode MarketCategory FinancialStatusIndicator RoundLotsOnly IssueClassificationCode
    IssueSubTypeCode Authenticity ShortSaleThresholdIndicator IpoFlag LuldReferencePriceTier
    EtpFlag InverseIndicator TradingState TradingActionReason RegShoAction PrimaryMarketMaker
    MarketMakerMode MarketParticipantState BreachedLevel IpoQuotationReleaseQualifier MarketCode
    OperationalHaltAction BuySellIndicator Printable CrossType ImbalanceDirection
    PriceVariationIndicator InterestFlag OpenEligibilityStatus
}

/// Each method adds all fields of its message.
macro_rules! visit {
    ($($method:ident($message:ident): $($field:ident)*;)*) => {
        impl MessageHandler for Sum {$(
            #[inline(always)]
            fn $method(&mut self, message: &$message) -> ControlFlow<()> {
                self.message();
                message.tracking_number().add_to(self);
                message.timestamp().add_to(self);
                $(message.$field().add_to(self);)*
                ControlFlow::Continue(())
            }
        )*}
    };
}

visit! {
    on_system_event(SystemEvent): stock_locate event_code;
    on_stock_directory(StockDirectory): stock_locate stock market_category
        financial_status_indicator round_lot_size round_lots_only issue_classification
        issue_sub_type authenticity short_sale_threshold_indicator ipo_flag
        luld_reference_price_tier etp_flag etp_leverage_factor inverse_indicator;
    on_stock_trading_action(StockTradingAction): stock_locate stock trading_state reason;
    on_reg_sho_restriction(RegSHORestriction): locate_code stock reg_sho_action;
    on_market_participant_position(MarketParticipantPosition): stock_locate mpid stock
        primary_market_maker market_maker_mode market_participant_state;
    on_mwcb_decline_level(MWCBDeclineLevel): stock_locate level_1 level_2 level_3;
    on_mwcb_status(MWCBStatus): stock_locate breached_level;
    on_quoting_period_update(QuotingPeriodUpdate): stock_locate stock ipo_quotation_release_time
        ipo_quotation_release_qualifier ipo_price;
    on_luld_auction_collar(LULDAuctionCollar): stock_locate stock auction_collar_reference_price
        upper_auction_collar_price lower_auction_collar_price auction_collar_extension;
    on_operational_halt(OperationalHalt): stock_locate stock market_code operational_halt_action;
    on_add_order_no_mpid_attribution(AddOrderNoMPIDAttribution): stock_locate
        order_reference_number buy_sell_indicator shares stock price;
    on_add_order_with_mpid_attribution(AddOrderWithMPIDAttribution): stock_locate
        order_reference_number buy_sell_indicator shares stock price attribution;
    on_order_executed(OrderExecuted): stock_locate order_reference_number executed_shares
        match_number;
    on_order_executed_with_price(OrderExecutedWithPrice): stock_locate order_reference_number
        executed_shares match_number printable execution_price;
    on_order_cancel(OrderCancel): stock_locate order_reference_number cancelled_shares;
    on_order_delete(OrderDelete): stock_locate order_reference_number;
    on_order_replace(OrderReplace): stock_locate original_order_reference_number
        new_order_reference_number shares price;
    on_trade(Trade): stock_locate order_reference_number buy_sell_indicator shares stock price
        match_number;
    on_cross_trade(CrossTrade): stock_locate shares stock cross_price match_number cross_type;
    on_broken_trade(BrokenTrade): stock_locate match_number;
    on_net_order_imbalance_indicator(NetOrderImbalanceIndicator): stock_locate paired_shares
        imbalance_shares imbalance_direction stock far_price near_price current_reference_price
        cross_type price_variation_indicator;
    on_retail_price_improvement_indicator(RetailPriceImprovementIndicator): stock_locate stock
        interest_flag;
    on_direct_listing_with_capital_raise_price_discovery(
        DirectListingwithCapitalRaisePriceDiscovery
    ): stock_locate stock open_eligibility_status minimum_allowable_price maximum_allowable_price
        near_execution_price near_execution_time lower_price_range_collar
        upper_price_range_collar;
}
