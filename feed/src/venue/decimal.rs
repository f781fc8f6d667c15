//! Decimal numbers as text, exactly: to a price in 1e-9, or to a quantity in the units of its
//! instrument. No float comes into it.

use tickline_shared::msg::Flags;
use tickline_shared::units::Price;

/// Powers of ten that a `u64` holds.
const POWERS: [u64; 20] = {
    let mut powers = [1; 20];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// Decimals of a [`Price`].
const PRICE_DECIMALS: i32 = 9;

/// Decimals of a second in nanoseconds.
const NANOS_DECIMALS: i32 = 9;

/// A number of up to 19 digits, times a power of ten.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Decimal {
    negative: bool,
    digits: u64,
    exponent: i32,
}

/// A quantity as a record has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Quantity {
    /// Units of the instrument's scale.
    pub(crate) units: u32,
    /// [`Flags::INEXACT`], [`Flags::SATURATED`], or none.
    pub(crate) flags: Flags,
}

impl Decimal {
    /// Reads `-12.50` or `1.25e-7`. `None` for anything else, and for more digits than are held.
    #[inline]
    pub(crate) fn parse(text: &[u8]) -> Option<Decimal> {
        let negative = text.first() == Some(&b'-');
        let unsigned = if negative { text.get(1..)? } else { text };
        let mut number = Decimal { negative, digits: 0, exponent: 0 };
        // Digits before the point, and where it stands.
        let (mut count, mut point) = (0, None);
        for (at, &byte) in unsigned.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit <= 9 {
                let Some(digits) =
                    number.digits.checked_mul(10).and_then(|it| it.checked_add(digit.into()))
                else {
                    return Decimal::long(text);
                };
                number.digits = digits;
                count += 1;
            } else if byte == b'.' && point.is_none() && at > 0 {
                point = Some(at);
            } else {
                return number.scaled(unsigned, at, count, point);
            }
        }
        number.scaled(unsigned, unsigned.len(), count, point)
    }

    /// Reads a value of JSON: a number, or a string that holds one.
    #[inline]
    pub(crate) fn of_json(raw: &[u8]) -> Option<Decimal> {
        match raw {
            [b'"', text @ .., b'"'] => Decimal::parse(text),
            number => Decimal::parse(number),
        }
    }

    /// With the power of ten that point and exponent give it; the mantissa ends at `end`.
    #[inline]
    fn scaled(
        self,
        text: &[u8],
        end: usize,
        count: usize,
        point: Option<usize>,
    ) -> Option<Decimal> {
        let decimals = point.map_or(0, |point| end - point - 1);
        if count == 0 || (point.is_some() && decimals == 0) {
            return None;
        }
        let exponent = match text.get(end..) {
            None | Some([]) => 0,
            Some([b'e' | b'E', exponent @ ..]) => power(exponent)?,
            _ => return None,
        };
        Some(Decimal { exponent: exponent - i32::try_from(decimals).ok()?, ..self })
    }

    /// More digits than are held may be zeros behind the point.
    #[cold]
    fn long(text: &[u8]) -> Option<Decimal> {
        let short = text.trim_suffix_of_zeros()?;
        if short.len() == text.len() { None } else { Decimal::parse(short) }
    }

    /// In 1e-9, exactly. `None` where it has more decimals, or is too large.
    #[inline]
    pub(crate) fn price(self) -> Option<Price> {
        let up = self.exponent + PRICE_DECIMALS;
        let value = match up {
            _ if self.digits == 0 => 0,
            0.. => self.digits.checked_mul(power_of_ten(up)?)?,
            _ => {
                let unit = power_of_ten(-up)?;
                if !self.digits.is_multiple_of(unit) {
                    return None;
                }
                self.digits / unit
            }
        };
        let value = i64::try_from(value).ok()?;
        let price = Price(if self.negative { -value } else { value });
        // The greatest number of all stands for no price.
        price.get().map(Price)
    }

    /// Seconds in nanoseconds; what is finer is dropped. `None` where it is negative, or too large.
    #[inline]
    pub(crate) fn nanos(self) -> Option<u64> {
        if self.digits == 0 {
            return Some(0);
        }
        let up = self.exponent + NANOS_DECIMALS;
        match up {
            _ if self.negative => None,
            0.. => self.digits.checked_mul(power_of_ten(up)?),
            _ => Some(power_of_ten(-up).map_or(0, |unit| self.digits / unit)),
        }
    }

    /// In units of 10^-`decimals`: rounded to the nearest (a half up), but to nothing only where
    /// there is nothing. `None` where it is negative.
    #[inline]
    pub(crate) fn quantity(self, decimals: u8) -> Option<Quantity> {
        if self.digits == 0 {
            return Some(Quantity::default());
        }
        if self.negative {
            return None;
        }
        let up = self.exponent + i32::from(decimals);
        let (units, flags) = if up >= 0 {
            let units = power_of_ten(up).and_then(|unit| self.digits.checked_mul(unit));
            (units.unwrap_or(u64::MAX), Flags::default())
        } else {
            self.rounded(-up)
        };
        Some(match u32::try_from(units) {
            Ok(units) => Quantity { units, flags },
            Err(_) => Quantity { units: u32::MAX, flags: Flags::SATURATED },
        })
    }

    /// Without the last `down` digits.
    fn rounded(self, down: i32) -> (u64, Flags) {
        let Some(unit) = power_of_ten(down) else { return (1, Flags::INEXACT) };
        let (units, rest) = (self.digits / unit, self.digits % unit);
        if rest == 0 {
            return (units, Flags::default());
        }
        ((units + u64::from(rest >= unit / 2)).max(1), Flags::INEXACT)
    }
}

fn power_of_ten(exponent: i32) -> Option<u64> {
    POWERS.get(usize::try_from(exponent).ok()?).copied()
}

/// A power of ten as it is written; venues have none beyond three digits.
fn power(text: &[u8]) -> Option<i32> {
    let (sign, digits) = match text {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] => (1, digits),
        digits => (1, digits),
    };
    if digits.len() > 3 {
        return None;
    }
    Some(sign * super::json::unsigned(digits)? as i32)
}

trait Zeros {
    /// Without zeros at the end, where they stand behind a point and no exponent follows.
    fn trim_suffix_of_zeros(&self) -> Option<&[u8]>;
}

impl Zeros for [u8] {
    fn trim_suffix_of_zeros(&self) -> Option<&[u8]> {
        let point = self.iter().position(|&byte| byte == b'.')?;
        let end = self.iter().rposition(|&byte| byte != b'0')?;
        // One digit has to stay behind the point.
        self.get(..(end + 1).max(point + 2))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn price(text: &str) -> Option<i64> {
        Decimal::parse(text.as_bytes())?.price().map(|price| price.0)
    }

    fn quantity(text: &str, decimals: u8) -> Option<(u32, Flags)> {
        let quantity = Decimal::parse(text.as_bytes())?.quantity(decimals)?;
        Some((quantity.units, quantity.flags))
    }

    #[test]
    fn prices_are_exact_or_none() {
        for (text, expected) in [
            ("61737.63000000", 61_737_630_000_000),
            ("0.00001303", 13_030),
            ("888888004", 888_888_004_000_000_000),
            ("-0.5", -500_000_000),
            ("0", 0),
            ("-0.0", 0),
            ("0.000000001", 1),
            ("1.2300000000000000000000000000", 1_230_000_000),
            ("1e-9", 1),
            ("1.25E+3", 1_250_000_000_000),
            ("10e-10", 1),
            ("9223372036.854775806", i64::MAX - 1),
        ] {
            assert_eq!(price(text), Some(expected), "{text}");
        }
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1..2",
            "1.2.3",
            "+1",
            " 1",
            "1 ",
            "1e",
            "1e+",
            "e5",
            "0x1",
            "NaN",
            "0.0000000001",
            "1.0000000001",
            "9223372036.854775807",
            "9223372037",
            "1e30",
            "1e9999",
            "99999999999999999999",
            "1,5",
            "١",
        ] {
            assert_eq!(price(text), None, "{text}");
        }
    }

    #[test]
    fn quantities_are_rounded_and_say_so() {
        let (exact, rounded, full) = (Flags::default(), Flags::INEXACT, Flags::SATURATED);
        for (text, decimals, expected) in [
            ("3.78826000", 5, (378_826, exact)),
            ("0.000014999", 5, (1, rounded)),
            ("0.000015", 5, (2, rounded)),
            ("0.00000001", 5, (1, rounded)),
            ("1e-300", 5, (1, rounded)),
            ("0.00000000", 5, (0, exact)),
            ("0", 0, (0, exact)),
            ("42949.67295", 5, (u32::MAX, exact)),
            ("42949.67296", 5, (u32::MAX, full)),
            ("42949.672954", 5, (u32::MAX, rounded)),
            ("42949.672955", 5, (u32::MAX, full)),
            ("1e300", 0, (u32::MAX, full)),
            ("18446744073709551615", 9, (u32::MAX, full)),
            ("1200", 0, (1_200, exact)),
        ] {
            assert_eq!(quantity(text, decimals), Some(expected), "{text}");
        }
        assert_eq!(quantity("-0.1", 5), None);
        assert_eq!(quantity("-0.0", 5), Some((0, exact)));
    }

    proptest! {
        /// What we read is what an integer with a point in it says.
        #[test]
        fn agrees_with_integers(value in -i64::MAX + 1..i64::MAX, decimals in 0..=9usize) {
            let scale = 10u64.pow(decimals as u32);
            let (whole, rest) = (value.unsigned_abs() / scale, value.unsigned_abs() % scale);
            let sign = if value < 0 { "-" } else { "" };
            let point = if decimals > 0 { format!(".{rest:0decimals$}") } else { String::new() };
            let text = format!("{sign}{whole}{point}");
            let expected = i128::from(value) * 10i128.pow(9 - decimals as u32);
            let expected = i64::try_from(expected).ok().filter(|it| *it != i64::MAX);
            prop_assert_eq!(price(&text), expected, "{}", text);
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40), decimals: u8) {
            if let Some(number) = Decimal::parse(&bytes) {
                let _ = (number.price(), number.quantity(decimals));
            }
        }

        #[test]
        fn no_digits_panic(text in "-?[0-9.]{0,30}(e[+-]?[0-9]{0,4})?", decimals: u8) {
            if let Some(number) = Decimal::parse(text.as_bytes()) {
                let _ = (number.price(), number.quantity(decimals));
            }
        }
    }
}
