//! What auctions and listings are heading for (sections 1.6 to 1.8).

use zerocopy::big_endian::U64;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use super::{Header, Price4};

message! {
    /// Net order imbalance before a cross.
    b'I', 50, Noii {
        /// Shares that match at the reference price.
        paired_shares: U64,
        /// Shares that do not.
        imbalance_shares: U64,
        /// `B` buy, `S` sell, `N` none, `O` too few orders, `P` paused.
        imbalance_direction: u8,
        /// Symbol.
        stock: [u8; 8],
        /// Price of the cross of auction orders alone.
        far_price: Price4,
        /// Price of the cross of auction and continuous orders.
        near_price: Price4,
        /// Price that the imbalance is computed at.
        current_reference_price: Price4,
        /// `O` opening, `C` closing, `H` halt or new issue, `A` extended trading close.
        cross_type: u8,
        /// How far the near price is from the reference, in the classes of the specification.
        price_variation: u8,
    }
}

message! {
    /// Retail interest at a better price than displayed.
    b'N', 20, Rpii {
        /// Symbol.
        stock: [u8; 8],
        /// `B` buy, `S` sell, `A` both, `N` none.
        interest_flag: u8,
    }
}

message! {
    /// Price discovery of a direct listing with a capital raise.
    b'O', 48, Dlcr {
        /// Symbol.
        stock: [u8; 8],
        /// `Y`: may open now.
        open_eligibility: u8,
        /// Least price that the cross may have.
        minimum_allowable_price: Price4,
        /// Greatest price that the cross may have.
        maximum_allowable_price: Price4,
        /// Price at which the cross would happen.
        near_execution_price: Price4,
        /// When the near execution price was set, in nanoseconds since midnight.
        near_execution_time: U64,
        /// Lower end of the collar.
        lower_price_range_collar: Price4,
        /// Upper end of the collar.
        upper_price_range_collar: Price4,
    }
}
