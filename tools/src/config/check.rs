//! `tickline config check`: whether a scenario would start on this machine.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tickline_shared::exit::Exit;
use tickline_shared::scenario::{Diagnostic, ScenarioError};

use crate::output::stdout;
use crate::scenario::{self, LoadError, Scenario, Set};

/// Checks scenario files against this machine; ends with 2 where one would not start.
#[derive(clap::Args)]
pub struct Args {
    /// Scenario files.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Change a value first, as `launch` would: ring.slots=1024, strategy.bbo.core=1.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<Set>,

    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let results: Vec<_> =
        args.files.iter().map(|file| (file, scenario::load(file, &args.set))).collect();
    let mut out = stdout();
    if args.json {
        let rows: Vec<_> = results.iter().map(|(file, result)| row(file, result)).collect();
        serde_json::to_writer_pretty(&mut out, &rows)?;
        writeln!(out)?;
    } else {
        for (file, result) in &results {
            write!(out, "{}", report(file, result))?;
        }
    }
    out.flush()?;
    let failed = results.iter().any(|(_, result)| result.is_err());
    Ok(if failed { Exit::Usage } else { Exit::Ok })
}

fn report(file: &Path, result: &Result<Scenario, LoadError>) -> String {
    match result {
        Ok(scenario) => {
            let warnings = scenario.warnings.iter().map(|warning| format!("warning: {warning}\n"));
            format!("{}: ok\n{}", file.display(), warnings.collect::<String>())
        }
        Err(error) => format!("error: {error}\n"),
    }
}

fn row(file: &Path, result: &Result<Scenario, LoadError>) -> Value {
    let (errors, warnings) = match result {
        Ok(scenario) => (vec![], scenario.warnings.iter().map(diagnostic).collect()),
        Err(LoadError::Scenario(ScenarioError::Wrong(error))) => (vec![diagnostic(error)], vec![]),
        Err(error) => (vec![json!({ "what": error.to_string() })], vec![]),
    };
    json!({ "file": file.to_string_lossy(), "ok": errors.is_empty(), "errors": errors, "warnings": warnings })
}

fn diagnostic(diagnostic: &Diagnostic) -> Value {
    json!({
        "line": diagnostic.line,
        "column": diagnostic.column,
        "what": diagnostic.what,
        "expected": diagnostic.expected,
        "found": diagnostic.found,
        "help": diagnostic.help,
    })
}

#[cfg(test)]
mod tests;
