//! From mantissas to prices.
//!
//! The schema gives prices an exponent, -7 before version 1.9 and -9 since, and each instrument a
//! display factor that turns what Globex trades into what people quote ("MDP 3.0 - CME Globex
//! Pricing", tag 9787): 207,775 of E-mini S&P 500 futures times 0.01 are 2,077.75 points.

use tickline_shared::units::Price;

use super::wire::NO_PRICE;

/// The decimals of prices in a template.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Decimals {
    /// `PRICE`, `PRICENULL`, `FLOAT`: exponent -7.
    Seven,
    /// `PRICE9`, `PRICENULL9`, `Decimal9`: exponent -9.
    Nine,
}

impl Decimals {
    /// How many units of a [`Price`] the last of them is.
    const fn unit(self) -> i64 {
        match self {
            Decimals::Seven => 100,
            Decimals::Nine => 1,
        }
    }
}

/// What a mantissa is multiplied with to be a price.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Scale {
    numerator: i64,
    denominator: i64,
}

impl Scale {
    /// Of an instrument whose display factor is not known: prices as Globex trades them.
    pub(super) const fn undisplayed(decimals: Decimals) -> Scale {
        Scale { numerator: decimals.unit(), denominator: 1 }
    }

    /// Of one with this display factor, which has the decimals of the definition that says it. One
    /// that is none, or not positive, says nothing.
    pub(super) fn displayed(prices: Decimals, factor: i64, decimals: Decimals) -> Scale {
        if factor <= 0 || factor == NO_PRICE {
            return Scale::undisplayed(prices);
        }
        let numerator = i128::from(factor) * i128::from(prices.unit() * decimals.unit());
        let denominator = i128::from(Price::SCALE);
        let divisor = divisor(numerator, denominator);
        let (numerator, denominator) = (numerator / divisor, denominator / divisor);
        match (i64::try_from(numerator), i64::try_from(denominator)) {
            (Ok(numerator), Ok(denominator)) => Scale { numerator, denominator },
            _ => Scale::undisplayed(prices),
        }
    }

    /// The price of a mantissa; [`Price::NONE`] for none. One that does not fit becomes the
    /// greatest or the least that does.
    #[inline]
    pub(super) fn price(self, mantissa: i64) -> Price {
        if mantissa == NO_PRICE {
            return Price::NONE;
        }
        match mantissa.checked_mul(self.numerator) {
            Some(product) if self.denominator == 1 => Price(product.min(i64::MAX - 1)),
            Some(product) => Price(product / self.denominator),
            None => self.large(mantissa),
        }
    }

    #[cold]
    fn large(self, mantissa: i64) -> Price {
        let product = i128::from(mantissa) * i128::from(self.numerator);
        let exact = product / i128::from(self.denominator);
        Price(exact.clamp(i64::MIN.into(), (i64::MAX - 1).into()) as i64)
    }
}

/// The greatest common divisor of two positive numbers.
fn divisor(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mantissas_become_prices() {
        let check = |scale: Scale, mantissa, expected: &str| {
            assert_eq!(scale.price(mantissa).to_string(), expected);
        };
        // A grain future, schema 1.6, without its definition: cents a bushel.
        let traded = Scale::undisplayed(Decimals::Seven);
        check(traded, 4_027_500_000, "402.75");
        check(traded, -97_500_000, "-9.75");
        check(traded, NO_PRICE, "-");
        check(traded, i64::MAX - 1, "9223372036.854775806");
        check(traded, i64::MIN, "-9223372036.854775808");
        check(Scale::undisplayed(Decimals::Nine), 1_208_150_000, "1.20815");
        // E-mini S&P 500 futures, schema 1.5: factor 0.01.
        let points = Scale::displayed(Decimals::Seven, 100_000, Decimals::Seven);
        check(points, 2_077_750_000_000, "2077.75");
        check(points, 250_000_000, "0.25");
        check(points, i64::MAX - 1, "9223372036.854775806");
        // The same since schema 1.9.
        let points = Scale::displayed(Decimals::Nine, 10_000_000, Decimals::Nine);
        check(points, 207_775_000_000_000, "2077.75");
        // A factor above 1, and one that says nothing.
        check(
            Scale::displayed(Decimals::Nine, 20_000_000_000, Decimals::Nine),
            1_500_000_000,
            "30.00",
        );
        for factor in [0, -1, NO_PRICE] {
            assert_eq!(Scale::displayed(Decimals::Seven, factor, Decimals::Nine), traded);
        }
        let large = Scale::displayed(Decimals::Seven, i64::MAX - 1, Decimals::Seven);
        check(large, i64::MIN, "-9223372036.854775808");
    }
}
