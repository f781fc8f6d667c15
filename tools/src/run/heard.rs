//! What a process of the run says: into its log, and what is more than information to the person.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};

use serde_json::Value;

use super::progress::{Progress, Tone};

/// Copies what process `name` says into its log, and what is more than information to the terminal.
pub fn listen(name: &str, stderr: impl Read, mut log: File, progress: &Progress) {
    let mut show = false;
    for line in BufReader::new(stderr).split(b'\n') {
        let Ok(line) = line else { return };
        let line = String::from_utf8_lossy(&line).into_owned();
        let _ = writeln!(log, "{line}");
        match heard(&line) {
            Heard::Said(tone, text) => {
                show = tone != Tone::Note;
                if show {
                    progress.say(tone, text);
                }
            }
            Heard::Object(tone, mut object) => {
                show = false;
                if tone != Tone::Note && progress.is_json() {
                    object["process"] = name.into();
                    progress.pass(&object.to_string());
                } else if tone != Tone::Note {
                    progress.say(tone, object["message"].as_str().unwrap_or(&line));
                }
            }
            // A line without a time goes on with the one before; or it is a panic.
            Heard::More if show || line.starts_with("thread '") => {
                show = true;
                match progress.is_json() {
                    true => progress.say(Tone::Error, &line),
                    false => progress.pass(&line),
                }
            }
            Heard::More => {}
        }
    }
}

/// A line of a log.
#[derive(PartialEq, Debug)]
enum Heard<'a> {
    /// `2026-11-21T02:00:46.010933Z  WARN text`
    Said(Tone, &'a str),
    /// `{"timestamp":…,"level":"WARN","message":"text"}`
    Object(Tone, Value),
    /// Neither.
    More,
}

fn heard(line: &str) -> Heard<'_> {
    if let Ok(object @ Value::Object(_)) = serde_json::from_str(line) {
        let tone = tone(object["level"].as_str().unwrap_or_default());
        return Heard::Object(tone, object);
    }
    let said = line.split_once(' ').and_then(|(time, rest)| {
        let (level, text) = rest.trim_start().split_once(' ')?;
        let is_time = time.ends_with('Z') && time.starts_with(|c: char| c.is_ascii_digit());
        is_time.then_some((level, text))
    });
    said.map_or(Heard::More, |(level, text)| Heard::Said(tone(level), text))
}

fn tone(level: &str) -> Tone {
    match level {
        "ERROR" => Tone::Error,
        "WARN" => Tone::Warning,
        _ => Tone::Note,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lines_of_a_log_show_their_level() {
        let check = |line, expected| assert_eq!(heard(line), expected, "{line}");
        let said = Heard::Said(Tone::Warning, "no pages");
        check("2026-11-21T02:00:46.010933Z  WARN no pages", said);
        check("2026-11-21T02:00:46.010933Z ERROR a b", Heard::Said(Tone::Error, "a b"));
        check("2026-11-21T02:00:46.010933Z  INFO a b", Heard::Said(Tone::Note, "a b"));
        check("  echo 3 | sudo tee", Heard::More);
        check("thread 'feed' panicked at", Heard::More);
        check("", Heard::More);
        check("7", Heard::More);
        let object = json!({"level": "ERROR", "message": "a"});
        check(r#"{"level":"ERROR","message":"a"}"#, Heard::Object(Tone::Error, object));
        check("{}", Heard::Object(Tone::Note, json!({})));
    }
}
