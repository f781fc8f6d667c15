//! `tickline completions`: what a shell completes, from the same definitions as the help.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap_complete::aot::{Shell, generate, generate_to};
use tickline_shared::exit::Exit;

use crate::output::stdout;
use crate::programs;

/// Prints what a shell needs to complete the programs' arguments, or writes it into a folder.
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The shell.
    shell: Shell,

    /// Which program's.
    #[arg(long, value_name = "NAME", default_value = "tickline", conflicts_with = "dir",
          value_parser = PossibleValuesParser::new(NAMES))]
    program: String,

    /// Write one file for each program into this folder, named as the shell looks for it.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

const NAMES: [&str; 3] = ["tickline", "tickline-feed", "tickline-strategy"];

const EXAMPLES: &str = "\
Examples:
  tickline completions bash --dir ~/.local/share/bash-completion/completions
  tickline completions fish --dir ~/.config/fish/completions
  tickline completions zsh --dir ~/.zfunc     with fpath+=~/.zfunc before compinit in .zshrc";

/// A file cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write into {}: {source}", .dir.display())]
pub struct Unwritable {
    dir: PathBuf,
    source: io::Error,
}

impl Unwritable {
    /// For an error about a file in this folder.
    pub fn at(dir: &Path) -> impl Fn(io::Error) -> Unwritable {
        move |source| Unwritable { dir: dir.to_owned(), source }
    }
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let Some(dir) = &args.dir else {
        let named = |command: &clap::Command| command.get_name() == args.program;
        let mut command = programs::all().into_iter().find(named).expect("clap checks the name");
        // Whole before it is printed: the generator knows no broken pipe.
        let mut text = Vec::new();
        generate(args.shell, &mut command, &args.program, &mut text);
        let mut out = stdout();
        out.write_all(&text)?;
        out.flush()?;
        return Ok(Exit::Ok);
    };
    fs::create_dir_all(dir).map_err(Unwritable::at(dir))?;
    for mut command in programs::all() {
        let name = command.get_name().to_owned();
        let written =
            generate_to(args.shell, &mut command, &name, dir).map_err(Unwritable::at(dir))?;
        // Where bash looks for it, a file is named as the program.
        if args.shell == Shell::Bash {
            fs::rename(&written, dir.join(&name)).map_err(Unwritable::at(dir))?;
        }
    }
    Ok(Exit::Ok)
}
