//! What Databento says of an instrument's trading, in the terms of all venues.

use tickline_shared::msg::{self, Topic};
use tickline_shared::units::Symbol;

use super::records::Status;
use crate::venue::market::MarketEvent;

/// Kinds of changes (`StatusAction` of DBN).
mod action {
    pub(super) const PRE_OPEN: u16 = 1;
    pub(super) const NEW_PRICE_INDICATION: u16 = 6;
    pub(super) const TRADING: u16 = 7;
    pub(super) const HALT: u16 = 8;
    pub(super) const PAUSE: u16 = 9;
    pub(super) const SUSPEND: u16 = 10;
    pub(super) const PRE_CLOSE: u16 = 11;
    pub(super) const SHORT_SALE: u16 = 14;
}

/// What a record of schema `status` says. The reason is Databento's number of it (`StatusReason`) in
/// decimal digits.
pub(super) fn meaning(it: &Status) -> MarketEvent {
    let (topic, code) = match it.action.get() {
        action::SHORT_SALE => {
            let restricted = it.is_short_sell_restricted == b'Y';
            (Topic::ShortSale, if restricted { b'1' } else { b'0' })
        }
        action => (Topic::Trading, trading(action, it.is_trading, it.is_quoting)),
    };
    let mut reason = [0; 4];
    let digits = it.reason.get().to_string();
    let given = digits.bytes().filter(|_| it.reason.get() != 0);
    for (place, digit) in reason.iter_mut().zip(given) {
        *place = digit;
    }
    MarketEvent::Status { status: msg::Status { topic, code, reason }, symbol: Symbol::NONE }
}

/// Whether it trades: by what the venue says of just that, or else by what happened.
fn trading(action: u16, is_trading: u8, is_quoting: u8) -> u8 {
    match (action, is_trading) {
        (_, b'Y') => b'T',
        (action::PAUSE, _) => b'P',
        (action::HALT | action::SUSPEND, _) => b'H',
        (action::TRADING, b'~') => b'T',
        (_, b'N') if is_quoting == b'Y' => b'O',
        (action::PRE_OPEN..=action::NEW_PRICE_INDICATION | action::PRE_CLOSE, _)
            if is_quoting != b'N' =>
        {
            b'O'
        }
        _ => b'H',
    }
}
