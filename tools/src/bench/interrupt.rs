//! Ctrl-C: nothing stays behind, no process and no file.
//!
//! What this program started follows it: far ends and the processes of a run end when it does. The
//! program with the rivals is told, and the temporary folder is removed.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Pid, Signal, kill_process};
use tickline_shared::exit::Exit;

/// The running program with the rivals; 0 where there is none.
pub static CHILD: AtomicU32 = AtomicU32::new(0);

/// Ends the program as soon as it is asked to. Without a handler it ends just as well, and leaves
/// its temporary files.
pub fn end_when_asked(folder: PathBuf) {
    let _ = ctrlc::set_handler(move || {
        // Relaxed: the number carries nothing but itself.
        let child = CHILD.load(Ordering::Relaxed);
        if let Some(pid) = Pid::from_raw(child as i32) {
            let _ = kill_process(pid, Signal::TERM);
        }
        let _ = std::fs::remove_dir_all(&folder);
        eprintln!("\ninterrupted; nothing was reported");
        std::process::exit(Exit::Failed as i32);
    });
}
