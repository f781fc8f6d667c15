//! JSON (RFC 8259) scanned where it lies: no copy, no allocation, and no number becomes a float.
//!
//! What is no JSON is refused to the last byte, also within values that nobody asks for. Refused too
//! is what would be read twice in two ways: see [`Once`]. Bytes above ASCII are let through in
//! strings as they are.

/// Arrays and objects within each other: venues need five.
const DEPTH_MAX: u8 = 32;

/// The text is no JSON, or not what was expected there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bad;

/// A place in a text, which moves over what is read.
#[derive(Clone, Debug)]
pub(crate) struct Json<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: u8,
}

impl<'a> Json<'a> {
    /// From the start of a text.
    pub(crate) fn new(bytes: &'a [u8]) -> Json<'a> {
        Json { bytes, at: 0, depth: 0 }
    }

    /// An object: `member` has every key, as it is written, and must read the value behind it.
    pub(crate) fn object(
        &mut self,
        mut member: impl FnMut(&'a [u8], &mut Json<'a>) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        self.list(b'{', b'}', |json| {
            let key = json.string()?;
            json.expect(b':')?;
            member(key, json)
        })
    }

    /// An array: `element` must read one value each time.
    pub(crate) fn array(
        &mut self,
        element: impl FnMut(&mut Json<'a>) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        self.list(b'[', b']', element)
    }

    fn list(
        &mut self,
        open: u8,
        close: u8,
        mut part: impl FnMut(&mut Json<'a>) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        self.expect(open)?;
        if self.depth == DEPTH_MAX {
            return Err(Bad);
        }
        self.depth += 1;
        if self.next() == Some(close) {
            self.at += 1;
        } else {
            loop {
                part(self)?;
                match self.next() {
                    Some(b',') => self.at += 1,
                    Some(byte) if byte == close => break,
                    _ => return Err(Bad),
                }
            }
            self.at += 1;
        }
        self.depth -= 1;
        Ok(())
    }

    /// A string as it is written between its quotes, escapes and all.
    fn string(&mut self) -> Result<&'a [u8], Bad> {
        self.expect(b'"')?;
        let from = self.at;
        loop {
            match self.bytes.get(self.at).ok_or(Bad)? {
                b'"' => break,
                b'\\' => self.escape()?,
                0..0x20 => return Err(Bad),
                _ => self.at += 1,
            }
        }
        let text = &self.bytes[from..self.at];
        self.at += 1;
        Ok(text)
    }

    #[cold]
    fn escape(&mut self) -> Result<(), Bad> {
        let rest = &self.bytes[self.at + 1..];
        let length = match rest.first() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 2,
            Some(b'u') => {
                let code = rest.get(1..5).ok_or(Bad)?;
                if !code.iter().all(u8::is_ascii_hexdigit) {
                    return Err(Bad);
                }
                6
            }
            _ => return Err(Bad),
        };
        self.at += length;
        Ok(())
    }

    /// A number as it is written, or what a string holds: venues write prices either way.
    #[inline]
    pub(crate) fn text(&mut self) -> Result<&'a [u8], Bad> {
        if self.next() == Some(b'"') { self.string() } else { self.number() }
    }

    /// A number as it is written.
    fn number(&mut self) -> Result<&'a [u8], Bad> {
        let _ = self.next();
        let rest = &self.bytes[self.at..];
        let length = number_length(rest).ok_or(Bad)?;
        self.at += length;
        Ok(&rest[..length])
    }

    /// Any value, which nobody needs.
    pub(crate) fn skip(&mut self) -> Result<(), Bad> {
        match self.next().ok_or(Bad)? {
            b'"' => self.string().map(drop),
            b'{' => self.object(|_, json| json.skip()),
            b'[' => self.array(Json::skip),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            _ => self.number().map(drop),
        }
    }

    /// Any value as it is written, to be read later.
    #[inline]
    pub(crate) fn raw(&mut self) -> Result<&'a [u8], Bad> {
        let _ = self.next();
        let from = self.at;
        self.skip()?;
        Ok(&self.bytes[from..self.at])
    }

    /// Nothing but space may follow.
    pub(crate) fn end(&mut self) -> Result<(), Bad> {
        if self.next().is_none() { Ok(()) } else { Err(Bad) }
    }

    /// The next byte that is not space.
    #[inline]
    pub(crate) fn next(&mut self) -> Option<u8> {
        loop {
            match *self.bytes.get(self.at)? {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                byte => return Some(byte),
            }
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8) -> Result<(), Bad> {
        if self.next() != Some(byte) {
            return Err(Bad);
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Bad> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(Bad);
        }
        self.at += word.len();
        Ok(())
    }
}

/// A member that must come once: an object with a key that comes twice means two things.
pub(crate) trait Once<T> {
    /// Takes the value, which is the first.
    fn once(&mut self, value: T) -> Result<(), Bad>;
}

impl<T> Once<T> for Option<T> {
    #[inline]
    fn once(&mut self, value: T) -> Result<(), Bad> {
        if self.replace(value).is_some() { Err(Bad) } else { Ok(()) }
    }
}

/// The text of a string that was read as it is written, without escapes: names have none.
pub(crate) fn plain(raw: &[u8]) -> Result<&[u8], Bad> {
    let [b'"', text @ .., b'"'] = raw else { return Err(Bad) };
    if text.contains(&b'\\') { Err(Bad) } else { Ok(text) }
}

/// How many bytes a number takes (RFC 8259, 6).
fn number_length(bytes: &[u8]) -> Option<usize> {
    let digits = |from: usize| {
        let count = bytes.get(from..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (count > 0).then_some(from + count)
    };
    let first = usize::from(bytes.first() == Some(&b'-'));
    let mut at = match bytes.get(first)? {
        b'0' => first + 1,
        _ => digits(first)?,
    };
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1)?;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let sign = matches!(bytes.get(at + 1), Some(b'+' | b'-'));
        at = digits(at + 1 + usize::from(sign))?;
    }
    Some(at)
}

/// An integer in digits.
#[inline]
pub(crate) fn unsigned(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value.checked_mul(10)?.checked_add(digit.into())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn whole(text: &[u8]) -> Result<(), Bad> {
        let mut json = Json::new(text);
        json.skip()?;
        json.end()
    }

    #[test]
    fn what_is_json_and_what_is_not() {
        for good in [
            r#"{}"#,
            r#" { "a" : [ 1 , -0.5e+10 , "x\"\\\u00e9\n" , true , false , null , {} , [] ] } "#,
            r#""é""#,
            "0",
            "-0",
            "10.25E-3",
        ] {
            assert_eq!(whole(good.as_bytes()), Ok(()), "{good}");
        }
        for bad in [
            "",
            "{",
            "}",
            "[1,]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "01",
            "1.",
            ".5",
            "+1",
            "1e",
            "--1",
            "tru",
            "nul",
            "\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u123",
            "\"\n\"",
            "{} {}",
            "1,2",
            "NaN",
            "'a'",
            "\u{feff}{}",
            "[\"a\":1]",
        ] {
            assert_eq!(whole(bad.as_bytes()), Err(Bad), "{bad}");
        }
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert_eq!(whole(&nested(usize::from(DEPTH_MAX))), Ok(()));
        assert_eq!(whole(&nested(usize::from(DEPTH_MAX) + 1)), Err(Bad));
    }

    #[test]
    fn members_in_any_order_and_none_twice() {
        let read = |text: &str| {
            let (mut id, mut maker) = (None, None);
            let mut json = Json::new(text.as_bytes());
            json.object(|key, json| match key {
                b"t" => id.once(unsigned(json.raw()?).ok_or(Bad)?),
                b"m" => maker.once(json.raw()? == b"true"),
                _ => json.skip(),
            })?;
            json.end().map(|()| (id, maker))
        };
        assert_eq!(read(r#"{"m":true,"x":{"t":9},"t":7}"#), Ok((Some(7), Some(true))));
        assert_eq!(read(r#"{"t":18446744073709551615}"#), Ok((Some(u64::MAX), None)));
        for bad in [
            r#"{"t":7,"t":7}"#,
            r#"{"t":18446744073709551616}"#,
            r#"{"t":-1}"#,
            r#"{"t":1.0}"#,
            r#"{"t":"7"}"#,
            r#"{"m":tru}"#,
            r#"{"m":truee}"#,
        ] {
            assert_eq!(read(bad), Err(Bad), "{bad}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// What serde_json takes we take, and nothing else; of a text of the letters of JSON.
        #[test]
        fn agrees_with_another_parser(text in r#"[\[\]{}:,"\\0-9.eE+\-truefalsn u]{0,24}"#) {
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text);
            prop_assert_eq!(whole(text.as_bytes()).is_ok(), theirs.is_ok(), "{}", text);
        }

        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = whole(&bytes);
            let mut json = Json::new(&bytes);
            let _ = (json.text(), json.raw(), json.end());
        }
    }
}
