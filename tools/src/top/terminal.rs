//! The live screen: a few frames a second, and a terminal that is left as it was found, however
//! the program ends.

use std::io::{self, IsTerminal};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyEventKind};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tickline_shared::process;

use super::TopError;
use super::app::App;
use super::screen;
use super::watch::{View, Watcher};

/// The shortest time between two frames, and the longest until a signal is noticed.
const FRAME: Duration = Duration::from_millis(100);

/// After a longer turn of the loop, this process had been stopped, and a shell may have used the
/// terminal meanwhile.
const STOPPED: Duration = Duration::from_secs(2);

/// Shows what is seen until a key or a signal ends it.
pub fn run(watcher: &mut Watcher, first: View, interval: Duration) -> anyhow::Result<()> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        return Err(TopError::NoTerminal.into());
    }
    let stop = process::stop_flag()?;
    let mut terminal = Terminal::open()?;
    let mut app = App::new(first);
    let (mut look_at, mut drawn, mut changed) = (Instant::now() + interval, None, true);
    let mut last_turn = Instant::now();
    // Relaxed: the flag carries nothing but itself.
    while !app.quit && !stop.load(Ordering::Relaxed) {
        if last_turn.elapsed() > STOPPED {
            terminal.reopen()?;
            changed = true;
        }
        last_turn = Instant::now();
        if Instant::now() >= look_at {
            look_at = Instant::now() + interval;
            app.see(watcher.look());
            changed |= !app.paused;
        }
        let since_frame = drawn.map_or(FRAME, |at: Instant| at.elapsed());
        if changed && since_frame >= FRAME {
            terminal.0.draw(|frame| screen::draw(frame, &app))?;
            (drawn, changed) = (Some(Instant::now()), false);
        }
        let frame_due = if changed { FRAME.saturating_sub(since_frame) } else { FRAME };
        let wait = frame_due.min(look_at.saturating_duration_since(Instant::now()));
        if !wait_for_key(wait)? {
            // Nobody is left to look, and nothing to restore.
            return Ok(());
        }
        if event::poll(Duration::ZERO)? {
            match event::read()? {
                Event::Key(key) if key.kind == KeyEventKind::Press => app.press(key),
                _ => {}
            }
            changed = true;
        }
    }
    Ok(())
}

/// Waits for a key or a signal; whether the terminal is still there. crossterm must not be asked once
/// it is gone: it reads the end of its input for ever.
fn wait_for_key(wait: Duration) -> io::Result<bool> {
    let stdin = io::stdin();
    let mut terminal = [PollFd::new(&stdin, PollFlags::IN)];
    match poll(&mut terminal, Some(&Timespec::try_from(wait).map_err(io::Error::other)?)) {
        // A signal: the flag or the size is looked at next.
        Ok(_) | Err(Errno::INTR) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(!terminal[0].revents().intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL))
}

/// A terminal in raw mode on its alternate screen, until dropped.
struct Terminal(DefaultTerminal);

impl Terminal {
    /// A panic restores the terminal too, before it is reported.
    fn open() -> io::Result<Terminal> {
        ratatui::try_init().map(Terminal).inspect_err(|_| {
            // It may have come half of the way.
            let _ = ratatui::try_restore();
        })
    }

    /// Sets the terminal up anew.
    fn reopen(&mut self) -> io::Result<()> {
        let _ = ratatui::try_restore();
        self.0 = ratatui::try_init()?;
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A terminal that is gone needs no restoring.
        let _ = ratatui::try_restore();
    }
}
