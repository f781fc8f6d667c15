//! itchy: a stream that parses each message into an owned one, every field of it.
//!
//! Its reader copies the bytes through a buffer of 8 KiB: there is no other way in. It does not
//! know the types `h` and `O`, and panics at them.

use itchy::*;

use super::{Field, Sum};

/// Reads a whole file.
pub fn decode(bytes: &[u8]) -> anyhow::Result<Sum> {
    let mut sum = Sum::default();
    for message in MessageStream::from_reader(bytes) {
        add(message?, &mut sum);
    }
    Ok(sum)
}

impl Field for Price4 {
    #[inline(always)]
    fn add_to(self, sum: &mut Sum) {
        sum.word(u64::from(self.raw()));
    }
}

impl Field for Price8 {
    #[inline(always)]
    fn add_to(self, sum: &mut Sum) {
        sum.word(self.raw());
    }
}

impl<const N: usize> Field for ArrayString<N> {
    #[inline(always)]
    fn add_to(self, sum: &mut Sum) {
        sum.name(self.as_bytes());
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
    bool Option<bool> char EventCode MarketCategory FinancialStatus IssueClassification
    IssueSubType LuldRefPriceTier MarketMakerMode MarketParticipantState RegShoAction TradingState
    Side CrossType ImbalanceDirection InterestFlag LevelBreached IpoReleaseQualifier
}

macro_rules! fields {
    ($sum:ident: $($field:expr),*) => {{
        $($field.add_to($sum);)*
    }};
}

/// Adds all fields of a message.
#[inline(always)]
fn add(message: Message, sum: &mut Sum) {
    sum.message();
    fields!(sum: message.stock_locate, message.tracking_number, message.timestamp);
    match message.body {
        Body::AddOrder(m) => {
            fields!(sum: m.reference, m.side, m.shares, m.stock, m.price);
            if let Some(mpid) = m.mpid {
                mpid.add_to(sum);
            }
        }
        Body::Breach(level) => level.add_to(sum),
        Body::BrokenTrade { match_number } => match_number.add_to(sum),
        Body::CrossTrade(m) => {
            fields!(sum: m.shares, m.stock, m.cross_price, m.match_number, m.cross_type)
        }
        Body::DeleteOrder { reference } => reference.add_to(sum),
        Body::Imbalance(m) => {
            fields!(sum: m.paired_shares, m.imbalance_shares, m.imbalance_direction, m.stock);
            fields!(sum: m.far_price, m.near_price, m.current_ref_price, m.cross_type);
            m.price_variation_indicator.add_to(sum);
        }
        Body::IpoQuotingPeriod(m) => {
            fields!(sum: m.stock, m.release_time, m.release_qualifier, m.price)
        }
        Body::LULDAuctionCollar { stock, ref_price, upper_price, lower_price, extension } => {
            fields!(sum: stock, ref_price, upper_price, lower_price, extension)
        }
        Body::MwcbDeclineLevel { level1, level2, level3 } => fields!(sum: level1, level2, level3),
        Body::NonCrossTrade(m) => {
            fields!(sum: m.reference, m.side, m.shares, m.stock, m.price, m.match_number)
        }
        Body::OrderCancelled { reference, cancelled } => fields!(sum: reference, cancelled),
        Body::OrderExecuted { reference, executed, match_number } => {
            fields!(sum: reference, executed, match_number)
        }
        Body::OrderExecutedWithPrice { reference, executed, match_number, printable, price } => {
            fields!(sum: reference, executed, match_number, printable, price)
        }
        Body::ParticipantPosition(m) => {
            fields!(sum: m.mpid, m.stock, m.primary_market_maker, m.market_maker_mode);
            m.market_participant_state.add_to(sum);
        }
        Body::RegShoRestriction { stock, action } => fields!(sum: stock, action),
        Body::ReplaceOrder(m) => fields!(sum: m.old_reference, m.new_reference, m.shares, m.price),
        Body::StockDirectory(m) => {
            fields!(sum: m.stock, m.market_category, m.financial_status, m.round_lot_size);
            fields!(sum: m.round_lots_only, m.issue_classification, m.issue_subtype);
            fields!(sum: m.authenticity, m.short_sale_threshold, m.ipo_flag);
            fields!(sum: m.luld_ref_price_tier, m.etp_flag, m.etp_leverage_factor);
            m.inverse_indicator.add_to(sum);
        }
        Body::SystemEvent { event } => event.add_to(sum),
        Body::TradingAction { stock, trading_state, reason } => {
            fields!(sum: stock, trading_state);
            // A code, for those who know what it means.
            sum.code(reason);
        }
        Body::RetailPriceImprovementIndicator(m) => fields!(sum: m.stock, m.interest_flag),
    }
}
