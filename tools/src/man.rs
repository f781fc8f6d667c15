//! `tickline man`: man pages, from the same definitions as the help.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Command;
use clap_mangen::Man;
use tickline_shared::exit::Exit;

use crate::completions::Unwritable;
use crate::programs;

/// Writes man pages of the three programs and of every command into a folder.
#[derive(clap::Args)]
pub struct Args {
    /// The folder, such as ~/.local/share/man/man1.
    dir: PathBuf,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Exit> {
    let dir = &args.dir;
    fs::create_dir_all(dir).map_err(Unwritable::at(dir))?;
    for command in programs::all() {
        let mut command = command.disable_help_subcommand(true);
        command.build();
        write(&command, dir).map_err(Unwritable::at(dir))?;
    }
    Ok(Exit::Ok)
}

/// Writes the page of a command, and those of its subcommands.
fn write(command: &Command, dir: &Path) -> io::Result<()> {
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        write(inner, dir)?;
    }
    // `tickline-config-check`, as `man` finds it by `man tickline config check`.
    let name = command.get_display_name().unwrap_or_else(|| command.get_name());
    let version = concat!("tickline ", env!("CARGO_PKG_VERSION"));
    let page = Man::new(command.clone()).title(name.to_uppercase()).source(version);
    page.manual("User Commands").generate_to(dir).map(|_| ())
}
