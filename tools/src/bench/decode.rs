//! The part `decode`: what it costs to learn what a venue's bytes say.
//!
//! Two ways of asking: every field of every message, as a program would that needs them all
//! (`ns_per_message` and the rates), and what the feed's own loop makes of a message
//! (`decoded_ns_per_message`).

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tickline_feed::venue::market::Decoder;
use tickline_feed::venue::nasdaq_itch50::market::NasdaqItch50;
use tickline_feed::venue::nasdaq_itch50::*;

use super::Effort;
use super::day::{Capture, Days, Messages, day, pinned, timed};
use super::figure::Figure;
use super::near::Cores;
use super::rounds::{Figures, Measurement};

/// All of the part.
pub fn measurements(effort: Effort, days: &Arc<Days>, captures: &[Capture]) -> Vec<Measurement> {
    let days = Arc::clone(days);
    let generated = Measurement::new("decode", "a generated day", move |cores| {
        let file = days.file(&day(effort.day(), LIVE_ORDERS))?;
        measure(cores, file, String::new(), 1)
    });
    let captured = captures.iter().cloned().map(|capture| {
        Measurement::new("decode", capture.name.clone(), move |cores| {
            let times = effort.day().div_ceil(capture.messages);
            let path = format!("captures/{}/", capture.name);
            measure(cores, capture.unpacked.clone(), path, times)
        })
    });
    std::iter::once(generated).chain(captured).collect()
}

/// As in the part `pipeline`; decoding does not know how many there are.
const LIVE_ORDERS: u64 = 200_000;

fn measure(cores: &Cores, file: PathBuf, path: String, times: u64) -> anyhow::Result<Figures> {
    pinned(cores, move || figures(&file, &path, times))
}

fn figures(file: &Path, path: &str, times: u64) -> anyhow::Result<Figures> {
    let bytes = fs::read(file)?;
    // Warms up: the code, and the branches' history.
    black_box(read_fields(&bytes[..bytes.len() / 10]));
    let (read, fields) = timed(|| {
        let passes = (0..times).map(|_| read_fields(black_box(&bytes)));
        passes.fold(Read::default(), |all, one| Read {
            messages: all.messages + one.messages,
            bytes: all.bytes + one.bytes,
            checksum: all.checksum.wrapping_add(one.checksum),
        })
    });
    black_box(read.checksum);
    let ((), decoded) = timed(|| (0..times).for_each(|_| decode_all(black_box(&bytes))));
    let messages = read.messages as f64;
    let figure = |key: &str, number: f64| (format!("{path}{key}"), Figure::Number(number));
    Ok(vec![
        figure("messages_per_second", messages * 1e9 / fields.cpu_ns as f64),
        figure("gigabytes_per_second", read.bytes as f64 / fields.cpu_ns as f64),
        figure("ns_per_message", fields.cpu_ns as f64 / messages),
        figure("wall_ns_per_message", fields.wall_ns as f64 / messages),
        figure("decoded_ns_per_message", decoded.cpu_ns as f64 / messages),
    ])
}

/// What was read.
#[derive(Default)]
struct Read {
    messages: u64,
    /// Of the messages, without their lengths.
    bytes: u64,
    /// Of all fields.
    checksum: u64,
}

fn read_fields(day: &[u8]) -> Read {
    let mut read = Read::default();
    for bytes in Messages(day) {
        let Ok(message) = decode(bytes) else { continue };
        read.checksum = read.checksum.wrapping_add(fields(&message));
        read.messages += 1;
        read.bytes += bytes.len() as u64;
    }
    read
}

fn decode_all(day: &[u8]) {
    for bytes in Messages(day) {
        if let Ok(decoded) = NasdaqItch50.decode(bytes) {
            black_box(&decoded);
        }
    }
}

/// A field as a number.
trait Field {
    fn number(&self) -> u64;
}

macro_rules! field {
    ($($kind:ty, $this:ident => $number:expr;)*) => {
        $(impl Field for $kind {
            #[inline(always)]
            fn number(&self) -> u64 {
                let $this = *self;
                $number
            }
        })*
    };
}

field! {
    u8, it => it.into();
    Price4, it => it.get().into();
    Price8, it => it.get();
    U48, it => it.get();
    [u8; 2], it => u16::from_ne_bytes(it).into();
    [u8; 4], it => u32::from_ne_bytes(it).into();
    [u8; 8], it => u64::from_ne_bytes(it);
}

/// The sum of all fields of a message. A message that has more of them does not compile here.
macro_rules! sum {
    ($message:expr, $($name:ident { $($field:ident),* })*) => {
        match $message {
            $(Message::$name($name { header, $($field),* }) => {
                header_fields(header)$(.wrapping_add($field.number()))*
            })*
        }
    };
}

#[inline(always)]
fn header_fields(header: &Header) -> u64 {
    let Header { kind, stock_locate, tracking_number, timestamp } = header;
    let small = u64::from(*kind) + u64::from(stock_locate.get()) + u64::from(tracking_number.get());
    small.wrapping_add(timestamp.number())
}

#[inline(always)]
fn fields(message: &Message<'_>) -> u64 {
    sum! { message,
        SystemEvent { event_code }
        StockDirectory {
            stock, market_category, financial_status, round_lot_size, round_lots_only,
            issue_classification, issue_sub_type, authenticity, short_sale_threshold, ipo_flag,
            luld_reference_price_tier, etp_flag, etp_leverage_factor, inverse_indicator
        }
        StockTradingAction { stock, trading_state, reserved, reason }
        RegSho { stock, action }
        MarketParticipantPosition { mpid, stock, primary_market_maker, mode, state }
        MwcbDeclineLevel { level_1, level_2, level_3 }
        MwcbStatus { breached_level }
        IpoQuotingPeriod { stock, release_time_s, release_qualifier, price }
        LuldAuctionCollar { stock, reference_price, upper_price, lower_price, extension }
        OperationalHalt { stock, market, action }
        AddOrder { order_reference, side, shares, stock, price }
        AddOrderMpid { order_reference, side, shares, stock, price, attribution }
        OrderExecuted { order_reference, executed_shares, match_number }
        OrderExecutedWithPrice {
            order_reference, executed_shares, match_number, printable, execution_price
        }
        OrderCancel { order_reference, cancelled_shares }
        OrderDelete { order_reference }
        OrderReplace { original_order_reference, new_order_reference, shares, price }
        Trade { order_reference, side, shares, stock, price, match_number }
        CrossTrade { shares, stock, cross_price, match_number, cross_type }
        BrokenTrade { match_number }
        Noii {
            paired_shares, imbalance_shares, imbalance_direction, stock, far_price, near_price,
            current_reference_price, cross_type, price_variation
        }
        Rpii { stock, interest_flag }
        Dlcr {
            stock, open_eligibility, minimum_allowable_price, maximum_allowable_price,
            near_execution_price, near_execution_time, lower_price_range_collar,
            upper_price_range_collar
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_counts() {
        for &kind in KINDS {
            let length = length(kind).unwrap();
            let mut bytes = vec![0u8; length];
            bytes[0] = kind;
            let sum = |bytes: &[u8]| fields(&decode(bytes).unwrap());
            let before = sum(&bytes);
            for at in 1..length {
                bytes[at] = 1;
                assert_ne!(sum(&bytes), before, "{} at {at}", kind as char);
                bytes[at] = 0;
            }
        }
    }

    #[test]
    fn a_day_is_read_to_its_end() {
        let days = Days::new().unwrap();
        let bytes = fs::read(days.file(&day(5_000, 100)).unwrap()).unwrap();
        let read = read_fields(&bytes);
        // Two bytes of length before each message, and the end mark.
        assert_eq!((read.messages, read.bytes), (5_000, bytes.len() as u64 - 10_002));
    }
}
