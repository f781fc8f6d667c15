//! Values as text: exact, and without an allocation. CSV and JSON write the same values.

use tickline_shared::instruments::Instruments;
use tickline_shared::msg::{Flags, Kind, Msg, Side, Status};
use tickline_shared::ring::layout::Epoch;
use tickline_shared::units::{Price, Symbol};
use time::OffsetDateTime;

/// Decimals of a price; see [`Price::SCALE`].
const PRICE_DECIMALS: usize = 9;

const DAY_NS: u64 = 86_400 * SECOND_NS;
const SECOND_NS: u64 = 1_000_000_000;

/// How times are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Time {
    /// Nanoseconds since the venue's epoch: 1970-01-01, or midnight.
    Ns,
    /// 2026-11-21T14:30:00.000000001Z, or 09:30:00.000000001 where the clock has no date.
    Iso,
}

/// `00` to `99`.
const PAIRS: [[u8; 2]; 100] = {
    let (mut pairs, mut n) = ([[0; 2]; 100], 0);
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};

/// A number in decimal.
pub fn number(out: &mut Vec<u8>, mut value: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    while value >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
    // One digit is left, unless the last pair took all.
    if value > 0 || at == digits.len() {
        at -= 1;
        digits[at] = b'0' + value as u8;
    }
    out.extend_from_slice(&digits[at..]);
}

/// A number with so many digits, zeros before it.
fn padded(out: &mut Vec<u8>, mut value: u64, digits: usize) {
    let start = out.len();
    out.resize(start + digits, b'0');
    for digit in out[start..].iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// A number of which `decimals` digits stand behind the point: at least `least` of them are
/// written, and beyond those no zeros at the end.
pub fn decimal(out: &mut Vec<u8>, value: u64, mut decimals: usize, least: usize) {
    let unit = 10u64.pow(decimals as u32);
    let mut fraction = value % unit;
    number(out, value / unit);
    // Most venues have four decimals.
    if decimals >= least + 5 && fraction.is_multiple_of(100_000) {
        (fraction, decimals) = (fraction / 100_000, decimals - 5);
    }
    while decimals > least && fraction.is_multiple_of(10) {
        (fraction, decimals) = (fraction / 10, decimals - 1);
    }
    if decimals > 0 {
        out.push(b'.');
        padded(out, fraction, decimals);
    }
}

/// A price that is one.
pub fn price(out: &mut Vec<u8>, price: Price) {
    if price.0 < 0 {
        out.push(b'-');
    }
    decimal(out, price.0.unsigned_abs(), PRICE_DECIMALS, 2);
}

/// The bytes of a symbol without its padding.
pub fn symbol(symbol: &Symbol) -> &[u8] {
    let end = symbol.0.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    &symbol.0[..end]
}

/// What a status says: `Trading:H:T1`, topic, code, and a reason if there is one. Statuses are few.
pub fn status(status: &Status) -> Vec<u8> {
    let end = status.reason.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    let mut text = format!("{:?}:", status.topic).into_bytes();
    text.push(status.code);
    if end > 0 {
        text.push(b':');
        text.extend_from_slice(&status.reason[..end]);
    }
    text
}

/// What a record has of what a row shows.
pub struct Parts {
    /// `None` where the record means another thing by the field, or has none.
    pub price: Option<Price>,
    /// `None` for a status, which is told by its name.
    pub quantity: Option<Quantity>,
    /// `None` for a status.
    pub id: Option<u64>,
    /// What a status says.
    pub status: Option<Status>,
}

impl Parts {
    /// Of a record.
    #[inline]
    pub fn of(msg: &Msg, instruments: &Instruments) -> Parts {
        let price = (msg.price != Price::NONE).then_some(msg.price);
        match msg.status() {
            None => {
                let (count, decimals) = (msg.quantity, decimals(msg.symbol, instruments));
                let quantity = Some(Quantity { count, decimals });
                Parts { price, quantity, id: Some(msg.id), status: None }
            }
            status => Parts { price, quantity: None, id: None, status },
        }
    }
}

/// A quantity as a record has it.
#[derive(Clone, Copy)]
pub struct Quantity {
    /// So many of the last decimal.
    pub count: u32,
    /// Decimals of the instrument's unit; at most 9.
    pub decimals: u8,
}

/// How many decimals the quantities of an instrument have.
#[inline]
fn decimals(symbol: Symbol, instruments: &Instruments) -> u8 {
    if symbol == Symbol::NONE {
        return 0;
    }
    let known = instruments.get(symbol);
    let decimals = known.and_then(|known| known.listing.quantity_decimals());
    decimals.unwrap_or(0).min(PRICE_DECIMALS as u8)
}

/// A quantity.
pub fn quantity(out: &mut Vec<u8>, quantity: Quantity) {
    decimal(out, quantity.count.into(), quantity.decimals.into(), 0);
}

/// Writes times; remembers the day that it wrote last.
pub struct Times {
    time: Time,
    epoch: Epoch,
    day: u64,
    /// The date of `day`, up to the `T`.
    date: String,
}

impl Times {
    /// Times since this epoch.
    pub fn new(time: Time, epoch: Epoch) -> Times {
        Times { time, epoch, day: 0, date: date(0) }
    }

    /// A time.
    pub fn write(&mut self, out: &mut Vec<u8>, ns: u64) {
        match (self.time, self.epoch) {
            (Time::Ns, _) => number(out, ns),
            (Time::Iso, Epoch::Midnight) => time_of_day(out, ns),
            (Time::Iso, Epoch::Unix) => {
                if ns / DAY_NS != self.day {
                    (self.day, self.date) = (ns / DAY_NS, date(ns / DAY_NS));
                }
                out.extend_from_slice(self.date.as_bytes());
                time_of_day(out, ns % DAY_NS);
                out.push(b'Z');
            }
        }
    }
}

fn time_of_day(out: &mut Vec<u8>, ns: u64) {
    let (seconds, ns) = (ns / SECOND_NS, ns % SECOND_NS);
    let hours = seconds / 3600;
    // A clock that says more than a day since midnight is wrong, and shown all the same.
    if hours < 100 {
        out.extend_from_slice(&PAIRS[hours as usize]);
    } else {
        number(out, hours);
    }
    for part in [seconds / 60 % 60, seconds % 60] {
        out.push(b':');
        out.extend_from_slice(&PAIRS[part as usize]);
    }
    out.push(b'.');
    padded(out, ns, PRICE_DECIMALS);
}

/// The date of a day since the Unix epoch, and a `T`.
fn date(day: u64) -> String {
    // Every u64 of nanoseconds is a date before the year 2555.
    let date = OffsetDateTime::UNIX_EPOCH + time::Duration::days(day as i64);
    format!("{:04}-{:02}-{:02}T", date.year(), date.month() as u8, date.day())
}

/// What stands for each value of the fields that have names.
pub struct Names {
    kinds: Vec<String>,
    sides: Vec<String>,
    flags: Vec<String>,
}

impl Names {
    /// Every name, as `word` and `list` write one and several.
    pub fn new(word: impl Fn(&str) -> String, list: impl Fn(&[String]) -> String) -> Names {
        let all = || 0..=u8::MAX;
        let side = |byte| match Side(byte) {
            Side::None => word(""),
            side => word(&format!("{side:?}")),
        };
        Names {
            kinds: all().map(|byte| word(&format!("{:?}", Kind(byte)))).collect(),
            sides: all().map(side).collect(),
            flags: all().map(|byte| list(&flags(byte))).collect(),
        }
    }

    /// The name of a kind.
    pub fn kind(&self, kind: Kind) -> &[u8] {
        self.kinds[usize::from(kind.0)].as_bytes()
    }

    /// The name of a side.
    pub fn side(&self, side: Side) -> &[u8] {
        self.sides[usize::from(side.0)].as_bytes()
    }

    /// The names of the flags that are set.
    pub fn flags(&self, flags: Flags) -> &[u8] {
        self.flags[usize::from(flags.0)].as_bytes()
    }
}

/// The names of the bits that are set.
fn flags(byte: u8) -> Vec<String> {
    let bits = (0..8).map(|bit| byte & 1 << bit).filter(|bit| *bit != 0);
    bits.map(|bit| format!("{:?}", Flags(bit))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        let mut value = 1u64;
        for step in 0..2_000u64 {
            for near in [value, value.wrapping_sub(1), value.wrapping_add(step)] {
                assert_eq!(text(|out| number(out, near)), near.to_string());
                let signed = Price(near as i64);
                if signed != Price::NONE {
                    assert_eq!(text(|out| price(out, signed)), signed.to_string());
                }
            }
            value = value.wrapping_mul(10).max(1) ^ (step << 7);
        }
        for value in 0..100_000 {
            assert_eq!(text(|out| number(out, value)), value.to_string());
            let near = Price(value as i64 * 10_001);
            assert_eq!(text(|out| price(out, near)), near.to_string());
        }
    }

    #[test]
    fn quantities_have_the_decimals_that_they_need() {
        let check = |value, decimals, expected: &str| {
            assert_eq!(text(|out| decimal(out, value, decimals, 0)), expected);
        };
        check(100, 0, "100");
        check(100_000_000, 8, "1");
        check(1, 8, "0.00000001");
        check(u32::MAX.into(), 8, "42.94967295");
        check(120, 2, "1.2");
    }

    #[test]
    fn times_are_as_others_write_them() {
        let iso = |epoch, ns| text(|out| Times::new(Time::Iso, epoch).write(out, ns));
        assert_eq!(iso(Epoch::Midnight, 34_199_999_894_278), "09:29:59.999894278");
        assert_eq!(iso(Epoch::Midnight, 400_000 * SECOND_NS), "111:06:40.000000000");
        assert_eq!(iso(Epoch::Unix, 1_696_253_400_000_000_001), "2023-10-02T13:30:00.000000001Z");
        assert_eq!(iso(Epoch::Unix, 0), "1970-01-01T00:00:00.000000000Z");
        let mut times = Times::new(Time::Iso, Epoch::Unix);
        for ns in [0, u64::MAX, 951_782_400 * SECOND_NS, 1_709_164_800 * SECOND_NS] {
            let expected = OffsetDateTime::from_unix_timestamp_nanos(ns.into()).unwrap();
            let shown = text(|out| times.write(out, ns));
            let rfc3339 = &time::format_description::well_known::Rfc3339;
            assert_eq!(OffsetDateTime::parse(&shown, rfc3339).unwrap(), expected, "{shown}");
        }
    }

    #[test]
    fn every_value_of_a_field_has_a_name() {
        let names = Names::new(str::to_owned, |list| list.join("|"));
        assert_eq!(names.kind(Kind::Quote), b"Quote");
        assert_eq!(names.kind(Kind(200)), b"Kind(200)");
        assert_eq!((names.side(Side::Ask), names.side(Side::None)), (&b"Ask"[..], &b""[..]));
        assert_eq!(names.flags(Flags::LAST | Flags::OVERRUN), b"LAST|OVERRUN");
        assert_eq!(names.flags(Flags::default()), b"");
        let all = String::from_utf8(names.flags(Flags(u8::MAX)).to_vec()).unwrap();
        assert!(all.split('|').count() == 8 && !all.contains('-'), "{all}");
    }
}
