//! One line: where it ends, and what stands in it.

use std::ops::Range;

/// What a line of a recording is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Line {
    /// A frame: when it was received, in ns since the Unix epoch, and where it lies.
    Frame(Option<u64>, Range<usize>),
    /// The recorder's word, or a frame that it sent.
    NotReceived,
    /// Nothing.
    Empty,
    /// Anything else.
    Odd,
}

impl Line {
    /// Looks at the start of a line.
    #[inline]
    pub(super) fn of(line: &[u8]) -> Line {
        let whole = trimmed(line);
        let (time, from) = match line[whole.clone()].first() {
            Some(b'{' | b'[') => (None, whole.start),
            Some(b'0'..=b'9') => match stamp(&line[whole.clone()]) {
                Some((time, length)) => (Some(time), whole.start + length),
                None => return Line::Odd,
            },
            Some(_) if is_address(&line[whole]) => return Line::NotReceived,
            Some(_) => return Line::Odd,
            None => return Line::Empty,
        };
        Line::Frame(time, from..whole.end)
    }

    /// The whole line as a message.
    #[inline]
    pub(super) fn bare(line: &[u8]) -> Line {
        let text = trimmed(line);
        if text.is_empty() { Line::Empty } else { Line::Frame(None, text) }
    }
}

/// Where the text of a line lies, without the space around it.
#[inline]
fn trimmed(line: &[u8]) -> Range<usize> {
    let text = |byte: &u8| !byte.is_ascii_whitespace();
    let start = line.iter().position(text).unwrap_or(line.len());
    let end = line.iter().rposition(text).map_or(start, |last| last + 1);
    start..end
}

fn is_address(line: &[u8]) -> bool {
    line.starts_with(b"wss://") || line.starts_with(b"ws://")
}

/// The time before a frame, in ns, and how many bytes come before the frame.
#[inline]
fn stamp(line: &[u8]) -> Option<(u64, usize)> {
    let (whole, digits) = number(line)?;
    let unit = match digits {
        10 => 1_000_000_000,
        13 => 1_000_000,
        16 => 1_000,
        19 => 1,
        _ => return None,
    };
    let mut at = digits;
    let mut time = whole.checked_mul(unit)?;
    if line.get(at) == Some(&b'.') {
        let mut part = unit;
        at += 1;
        while let Some(digit @ b'0'..=b'9') = line.get(at) {
            // What is finer than a nanosecond is dropped.
            part /= 10;
            time = time.checked_add(u64::from(digit - b'0') * part)?;
            at += 1;
        }
    }
    at += usize::from(line.get(at) == Some(&b':'));
    let spaces = line.get(at..)?.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let frame = at + spaces;
    (spaces > 0 && matches!(line.get(frame), Some(b'{' | b'['))).then_some((time, frame))
}

/// The number at the start of a text, and of how many digits it is.
#[inline]
fn number(text: &[u8]) -> Option<(u64, usize)> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = text[..digits].iter().try_fold(0u64, |number, digit| {
        number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
    })?;
    Some((number, digits))
}

/// Where the first line ends, the LF included: eight bytes at a look.
#[inline]
pub(super) fn line_length(bytes: &[u8]) -> Option<usize> {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = LOW << 7;
    let (words, rest) = bytes.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        // The lowest byte that is LF becomes 0, and of a 0 only the top bit comes of this.
        let other = u64::from_le_bytes(*word) ^ (LOW * b'\n' as u64);
        let found = other.wrapping_sub(LOW) & !other & HIGH;
        if found != 0 {
            return Some(index * 8 + found.trailing_zeros() as usize / 8 + 1);
        }
    }
    let last = rest.iter().position(|&byte| byte == b'\n')?;
    Some(words.len() * 8 + last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn frame(line: &str, time: Option<u64>, frame: &str) {
        match Line::of(line.as_bytes()) {
            Line::Frame(found, range) => {
                assert_eq!((found, &line[range]), (time, frame), "{line}");
            }
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn frames_with_and_without_a_time() {
        frame("{}", None, "{}");
        frame("  [1] \r\n", None, "[1]");
        frame("1723161253937085768 {}\n", Some(1_723_161_253_937_085_768), "{}");
        frame("1723161253937085\t{} ", Some(1_723_161_253_937_085_000), "{}");
        frame("1723161253937: {}", Some(1_723_161_253_937_000_000), "{}");
        frame("1723161253 {}", Some(1_723_161_253_000_000_000), "{}");
        frame("1618677817.020779: {}", Some(1_618_677_817_020_779_000), "{}");
        frame("1618677817.07979: {}", Some(1_618_677_817_079_790_000), "{}");
        frame("1618677817.1234567899 {}", Some(1_618_677_817_123_456_789), "{}");
        frame("1618677817123.5 {}", Some(1_618_677_817_123_500_000), "{}");
    }

    #[test]
    fn lines_that_are_no_frames() {
        for (line, expected) in [
            ("", Line::Empty),
            (" \r\n", Line::Empty),
            ("wss://ws-feed.pro.coinbase.com <-> 1618677816.8434298", Line::NotReceived),
            ("ws://x <- 1618677817.020616: {\"type\":\"subscribe\"}", Line::NotReceived),
            ("connected", Line::Odd),
            ("1723161253937085768", Line::Odd),
            ("1723161253937085768{}", Line::Odd),
            ("172316125393708576 {}", Line::Odd),
            ("99999999999999999999 {}", Line::Odd),
            ("9999999999999999999999999999999999999999 {}", Line::Odd),
            ("9999999999.999999999 {}", Line::Frame(Some(9_999_999_999_999_999_999), 21..23)),
            ("1618677817. hello", Line::Odd),
            ("-1618677817 {}", Line::Odd),
            ("\"text\"", Line::Odd),
        ] {
            assert_eq!(Line::of(line.as_bytes()), expected, "{line}");
        }
    }

    proptest::proptest! {
        #[test]
        fn ends_are_where_a_simple_search_finds_them(
            bytes in proptest::collection::vec(
                proptest::prop_oneof![proptest::strategy::Just(b'\n'), 0u8..=255], 0..70),
            from in 0usize..20,
        ) {
            let bytes = &bytes[from.min(bytes.len())..];
            let simple = bytes.iter().position(|&byte| byte == b'\n').map(|at| at + 1);
            proptest::prop_assert_eq!(line_length(bytes), simple);
        }

        #[test]
        fn no_bytes_panic(line in proptest::collection::vec(0u8..=255, 0..70)) {
            let _ = Line::of(&line);
        }

        #[test]
        fn no_digits_panic(line in "[0-9]{0,25}[.: ]{0,3}[0-9]{0,25}[: ]{0,3}[{\\[]?") {
            let _ = Line::of(line.as_bytes());
        }
    }
}
