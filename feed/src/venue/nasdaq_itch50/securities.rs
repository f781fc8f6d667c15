//! The day, its securities and what may be done with them (sections 1.1 and 1.2).

use zerocopy::big_endian::U32;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{Header, Price4, Price8};

message! {
    /// The day reaches one of its marks.
    b'S', 12, SystemEvent {
        /// `O` messages start, `S` system hours start, `Q` market hours start, `M` market hours
        /// end, `E` system hours end, `C` messages end.
        event_code: u8,
    }
}

message! {
    /// A security that trades today; sent for each before the day starts.
    b'R', 39, StockDirectory {
        /// Symbol.
        stock: [u8; 8],
        /// Where it is listed: `Q` `G` `S` Nasdaq's tiers, `N` NYSE, `A` NYSE American, `P` NYSE
        /// Arca, `Z` Cboe BZX, `V` IEX, space for none.
        market_category: u8,
        /// Whether its company meets its duties; `N` or space: it does.
        financial_status: u8,
        /// Shares of a round lot.
        round_lot_size: U32,
        /// `Y`: only round lots are accepted.
        round_lots_only: u8,
        /// Class of the security, as in the appendix of the specification.
        issue_classification: u8,
        /// Sub-type within the class.
        issue_sub_type: [u8; 2],
        /// `P` live, `T` a test security.
        authenticity: u8,
        /// `Y`: under the short-sale threshold rule.
        short_sale_threshold: u8,
        /// `Y`: a new issue is going public.
        ipo_flag: u8,
        /// Tier of the limit-up limit-down bands, `1` or `2`.
        luld_reference_price_tier: u8,
        /// `Y`: an exchange-traded product.
        etp_flag: u8,
        /// How many times the product multiplies what it follows.
        etp_leverage_factor: U32,
        /// `Y`: the product moves against what it follows.
        inverse_indicator: u8,
    }
}

message! {
    /// The trading state of a security changes.
    b'H', 25, StockTradingAction {
        /// Symbol.
        stock: [u8; 8],
        /// `H` halted, `P` paused, `Q` quotation only, `T` trading.
        trading_state: u8,
        /// Reserved.
        reserved: u8,
        /// Why.
        reason: [u8; 4],
    }
}

message! {
    /// The short-sale price test of a security changes.
    b'Y', 20, RegSho {
        /// Symbol.
        stock: [u8; 8],
        /// `0` no test, `1` begins within the day, `2` stays in force.
        action: u8,
    }
}

message! {
    /// The state of a market maker in a security.
    b'L', 26, MarketParticipantPosition {
        /// The participant.
        mpid: [u8; 4],
        /// Symbol.
        stock: [u8; 8],
        /// `Y`: a primary market maker.
        primary_market_maker: u8,
        /// `N` normal, `P` passive, `S` syndicate, `R` pre-syndicate, `L` penalty.
        mode: u8,
        /// `A` active, `E` excused, `W` withdrawn, `S` suspended, `D` deleted.
        state: u8,
    }
}

message! {
    /// The levels of the market-wide circuit breaker for the day.
    b'V', 35, MwcbDeclineLevel {
        /// First level.
        level_1: Price8,
        /// Second level.
        level_2: Price8,
        /// Third level.
        level_3: Price8,
    }
}

message! {
    /// The market-wide circuit breaker has tripped.
    b'W', 12, MwcbStatus {
        /// The level that was breached: `1`, `2` or `3`.
        breached_level: u8,
    }
}

message! {
    /// When quoting of a new issue may begin.
    b'K', 28, IpoQuotingPeriod {
        /// Symbol.
        stock: [u8; 8],
        /// Seconds (not nanoseconds) since midnight.
        release_time_s: U32,
        /// `A` expected release, `C` cancelled or postponed.
        release_qualifier: u8,
        /// Price of the issue.
        price: Price4,
    }
}

message! {
    /// The collar of the auction after a limit-up limit-down pause.
    b'J', 35, LuldAuctionCollar {
        /// Symbol.
        stock: [u8; 8],
        /// Price that the collar is built around.
        reference_price: Price4,
        /// Upper end.
        upper_price: Price4,
        /// Lower end.
        lower_price: Price4,
        /// How often the collar was extended.
        extension: U32,
    }
}

message! {
    /// One market stops or resumes trading a security for operational reasons.
    b'h', 21, OperationalHalt {
        /// Symbol.
        stock: [u8; 8],
        /// `Q` Nasdaq, `B` BX, `X` PSX.
        market: u8,
        /// `H` halted, `T` resumed.
        action: u8,
    }
}
