//! One mistake, before the file and the line are known: what, where in the text, expected, found,
//! remedy.

use std::fmt::Display;
use std::ops::Range;

use super::word::nearest;

/// One mistake in a scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Byte range in the text.
    pub(super) span: Range<usize>,
    pub(super) what: String,
    pub(super) expected: Option<String>,
    pub(super) found: Option<String>,
    pub(super) help: Option<String>,
}

impl Fault {
    /// A mistake at these bytes of the text; `what` is half a sentence.
    pub fn new(span: Range<usize>, what: impl Display) -> Fault {
        Fault { span, what: what.to_string(), expected: None, found: None, help: None }
    }

    /// What should stand there.
    pub fn expected(self, expected: impl Display) -> Fault {
        Fault { expected: Some(expected.to_string()), ..self }
    }

    /// What stands there.
    pub fn found(self, found: impl Display) -> Fault {
        Fault { found: Some(found.to_string()), ..self }
    }

    /// What to do about it.
    pub fn help(self, help: impl Display) -> Fault {
        Fault { help: Some(help.to_string()), ..self }
    }

    /// Adds "did you mean …?" where one of the candidates comes near.
    pub fn did_you_mean<'a>(self, word: &str, candidates: impl Iterator<Item = &'a str>) -> Fault {
        match nearest(word, candidates) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    /// From the parser's message, which is taken apart so that all errors read alike.
    pub(super) fn from_toml(error: &toml::de::Error, text_len: usize) -> Fault {
        // The parser gives no place for what is missing at the top level: it belongs at the end.
        let span = error.span().filter(|span| *span != (0..0)).unwrap_or(text_len..text_len);
        let message = error.message();
        if let Some(rest) = message.strip_prefix("unknown field ") {
            return unknown_key(span, rest);
        }
        if let Some(key) = message.strip_prefix("missing field ") {
            let help =
                format!("`tickline config explain {}` says what it is", key.trim_matches('`'));
            return Fault::new(span, format!("the key {key} is missing")).help(help);
        }
        for invalid in ["invalid type: ", "invalid value: "] {
            let Some(rest) = message.strip_prefix(invalid) else { continue };
            if let Some((found, expected)) = rest.rsplit_once(", expected ") {
                let fault = Fault::new(span, "a value of the wrong type");
                let expected = match (found, expected) {
                    ("map", "a sequence") => "tables with a header in double brackets [[ … ]]",
                    _ => plain_type(expected),
                };
                return fault.expected(expected).found(plain_value(found));
            }
        }
        match message.split_once(", expected ") {
            Some((what, expected)) => {
                Fault::new(span, format!("not TOML: {what}")).expected(expected)
            }
            None => Fault::new(span, format!("not TOML: {message}")),
        }
    }
}

/// From "`pagez`, expected one of `name`, `slots`, `pages`".
fn unknown_key(span: Range<usize>, rest: &str) -> Fault {
    let (key, expected) = rest.rsplit_once(", expected ").unwrap_or((rest, "no key"));
    let fault = Fault::new(span, format!("unknown key {key}")).expected(expected);
    let candidates = expected.split('`').skip(1).step_by(2);
    fault.did_you_mean(key.trim_matches('`'), candidates)
}

/// Rust's names of types mean nothing to the person who writes a scenario.
fn plain_type(expected: &str) -> &str {
    match expected {
        "usize" | "u64" | "u32" | "u16" | "u8" => "a whole number, 0 or larger",
        "a sequence" => "a list [ … ]",
        "a string" => "a text in quotes \" … \"",
        "a boolean" => "true or false",
        other => other,
    }
}

/// Nor do its names of values.
fn plain_value(found: &str) -> &str {
    match found {
        "map" => "a table",
        "sequence" => "a list",
        // A number beyond 64 bits.
        other => other.strip_suffix(" as i128").unwrap_or(other),
    }
}
