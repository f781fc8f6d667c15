//! `tickline config explain`: what each key of a scenario means.

use std::io::Write;

use tickline_shared::exit::Exit;
use tickline_shared::scenario::nearest;

use super::key::Key;
use super::keys::KEYS;
use crate::output::stdout;

/// Says what a key of a scenario means: type, default, unit; without a key, all of them.
#[derive(clap::Args)]
pub struct Args {
    /// A key, such as ring.slots; a table explains everything in it.
    key: Option<String>,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// No scenario has such a key.
#[derive(Debug, thiserror::Error)]
#[error("`{key}` is no key of a scenario{}; `tickline config explain` lists all", meant(.near))]
pub struct NoSuchKey {
    key: String,
    near: Option<&'static str>,
}

fn meant(near: &Option<&'static str>) -> String {
    near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let keys = find(args.key.as_deref())?;
    let mut out = stdout();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &keys)?;
        writeln!(out)?;
    } else {
        let texts: Vec<_> = keys.iter().map(|key| explain(key)).collect();
        write!(out, "{}", texts.join("\n"))?;
    }
    out.flush()?;
    Ok(Exit::Ok)
}

/// The key and what is in it, and every key that ends so: `name` is one of three.
fn find(asked: Option<&str>) -> Result<Vec<&'static Key>, NoSuchKey> {
    let Some(asked) = asked else { return Ok(KEYS.iter().collect()) };
    let within = |key: &Key| {
        let rest = key.path.strip_prefix(asked);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let ends = |key: &Key| {
        let rest = key.path.strip_suffix(asked);
        rest.is_some_and(|rest| rest.ends_with('.'))
    };
    let found: Vec<_> = KEYS.iter().filter(|key| within(key) || ends(key)).collect();
    if found.is_empty() {
        let near = nearest(asked, KEYS.iter().map(|key| key.path));
        return Err(NoSuchKey { key: asked.to_owned(), near });
    }
    Ok(found)
}

fn explain(key: &Key) -> String {
    let default = key.default.unwrap_or("none: the key must be there");
    let unit = key.unit.map_or_else(String::new, |unit| format!("  unit:    {unit}\n"));
    let Key { path, kind, meaning, .. } = key;
    let (kind, meaning) = (wrapped("  type:   ", kind), wrapped(" ", meaning));
    format!("{path}\n{kind}  default: {default}\n{unit}{meaning}")
}

/// Lines of at most 80 columns; the first begins with `head`, the others are set in as far.
fn wrapped(head: &str, text: &str) -> String {
    let (mut lines, mut line) = (String::new(), head.to_owned());
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > 80 {
            lines += &format!("{line}\n");
            line = " ".repeat(head.chars().count());
        }
        line = line + " " + word;
    }
    format!("{lines}{line}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_by_path_by_table_and_by_last_part() {
        let check = |asked: &str, expected: &str| {
            let paths = find(Some(asked)).map(|keys| {
                let paths: Vec<_> = keys.iter().map(|key| key.path).collect();
                paths.join(" ")
            });
            assert_eq!(paths.unwrap_or_else(|error| error.to_string()), expected);
        };
        check("ring.slots", "ring.slots");
        check("ring", "ring ring.name ring.slots ring.pages");
        check("core", "feed.core strategy.core");
        check("name", "name ring.name strategy.name");
        check(
            "ring.slot",
            "`ring.slot` is no key of a scenario; did you mean `ring.slots`?; \
             `tickline config explain` lists all",
        );
        check("x", "`x` is no key of a scenario; `tickline config explain` lists all");
        assert_eq!(find(None).unwrap().len(), KEYS.len());
    }

    #[test]
    fn an_explanation_fits_a_terminal() {
        for key in KEYS {
            let text = explain(key);
            assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        }
        let slots = KEYS.iter().find(|key| key.path == "ring.slots").unwrap();
        let expected = "ring.slots\n  type:    power of two, 64 to 67108864\n  \
                        default: 65536\n  unit:    slots of 64 bytes\n  How many records";
        assert!(explain(slots).starts_with(expected), "{}", explain(slots));
    }
}
