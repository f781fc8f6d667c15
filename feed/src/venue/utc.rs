//! Times of the form 2021-04-17T16:43:30.244075Z (RFC 3339), exactly.

/// Days of the months before each, in a year without a leap day.
const DAYS_BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// Nanoseconds since the Unix epoch. `None` for what is no such time, or not in UTC; what is finer
/// than a nanosecond is dropped. A leap second is the first of the next minute.
pub(crate) fn nanos(text: &[u8]) -> Option<u64> {
    let (head, tail) = text.split_first_chunk::<19>()?;
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', n0, n1, b':', s0, s1] =
        *head
    else {
        return None;
    };
    let pair = |tens: u8, ones: u8| Some(digit(tens)? * 10 + digit(ones)?);
    let (year, month) = (pair(y0, y1)? * 100 + pair(y2, y3)?, pair(m0, m1)?);
    let (day, hour) = (pair(d0, d1)?, pair(h0, h1)?);
    let (minute, second) = (pair(n0, n1)?, pair(s0, s1)?);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let before = *DAYS_BEFORE.get(usize::try_from(month.checked_sub(1)?).ok()?)?;
    let length = match month {
        2 => 28 + u64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let valid = (1..=length).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !valid || year < 1970 {
        return None;
    }
    // Leap days of the years before this one.
    let leap_days = |year: u64| year / 4 - year / 100 + year / 400;
    let years = (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969);
    let days = years + before + u64::from(leap && month > 2) + day - 1;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    seconds.checked_mul(1_000_000_000)?.checked_add(fraction(tail)?)
}

/// Nanoseconds of `.244075Z`.
fn fraction(text: &[u8]) -> Option<u64> {
    match text {
        b"Z" | b"+00:00" => Some(0),
        [b'.', digits @ .., b'Z'] if !digits.is_empty() => {
            let mut part = 1_000_000_000;
            digits.iter().try_fold(0, |nanos, &byte| {
                part /= 10;
                Some(nanos + digit(byte)? * part)
            })
        }
        _ => None,
    }
}

fn digit(byte: u8) -> Option<u64> {
    let digit = byte.wrapping_sub(b'0');
    (digit <= 9).then_some(digit.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `date -u -d ... +%s%N`.
    #[test]
    fn times_as_another_program_reads_them() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2021-04-17T16:43:30.244075Z", 1_618_677_810_244_075_000),
            ("2000-02-29T23:59:59.999999999Z", 951_868_799_999_999_999),
            ("2024-03-01T00:00:00.5+00:00", 0),
            ("2024-03-01T00:00:00+00:00", 1_709_251_200_000_000_000),
            ("2100-03-01T12:00:00.0000000019Z", 4_107_585_600_000_000_001),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000_000),
        ] {
            let expected = Some(expected).filter(|_| !text.contains(".5+"));
            assert_eq!(nanos(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_time() {
        for text in [
            "",
            "2021-04-17",
            "2021-04-17T16:43:30",
            "2021-04-17 16:43:30Z",
            "2021-04-17T16:43:30.Z",
            "2021-04-17T16:43:30.2x4Z",
            "2021-13-17T16:43:30Z",
            "2021-00-17T16:43:30Z",
            "2021-02-29T16:43:30Z",
            "2100-02-29T16:43:30Z",
            "2021-04-31T16:43:30Z",
            "2021-04-00T16:43:30Z",
            "2021-04-17T24:00:00Z",
            "2021-04-17T16:60:30Z",
            "2021-04-17T16:43:61Z",
            "1969-12-31T23:59:59Z",
            "2021-04-17T16:43:30+01:00",
            "9999-12-31T23:59:59Z",
        ] {
            assert_eq!(nanos(text.as_bytes()), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40)) {
            let _ = nanos(&bytes);
        }

        #[test]
        fn no_digits_panic(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.0-9]{0,12}Z") {
            let _ = nanos(text.as_bytes());
        }
    }
}
