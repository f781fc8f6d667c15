//! What the person at the keyboard wants to see: keys in, state out. Pure.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tickline_shared::latency::Stage;

use super::model::Strategy;
use super::watch::View;

/// By what strategies are sorted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sort {
    /// By ring and name.
    Name,
    /// The most records a second first.
    Rate,
    /// The one that is farthest behind first.
    Lag,
    /// The slowest first.
    P99,
    /// The one that lost most first.
    Lost,
}

impl Sort {
    const ALL: [Sort; 5] = [Sort::Name, Sort::Rate, Sort::Lag, Sort::P99, Sort::Lost];

    /// The word on the screen.
    pub fn name(self) -> &'static str {
        match self {
            Sort::Name => "name",
            Sort::Rate => "rec/s",
            Sort::Lag => "lag",
            Sort::P99 => "p99",
            Sort::Lost => "lost",
        }
    }
}

/// A strategy's ring and name.
pub type Key = (String, String);

/// What is shown, and how.
pub struct App {
    /// What was seen last, or when it was paused; strategies in their order.
    pub view: View,
    /// The strategies of all rings, sorted.
    pub strategies: Vec<Strategy>,
    /// The strategy that the cursor is on.
    pub selected: Option<Key>,
    /// Whether its page is shown.
    pub page: bool,
    /// The order.
    pub sort: Sort,
    /// Whose latencies are shown.
    pub stage: Stage,
    /// Whether the screen stands still.
    pub paused: bool,
    /// Whether the keys are explained.
    pub help: bool,
    /// Whether to end.
    pub quit: bool,
}

impl App {
    /// Shows everything, sorted by name.
    pub fn new(view: View) -> App {
        let mut app = App {
            view: View::default(),
            strategies: Vec::new(),
            selected: None,
            page: false,
            sort: Sort::Name,
            stage: Stage::Total,
            paused: false,
            help: false,
            quit: false,
        };
        app.see(view);
        app
    }

    /// Takes what was seen, unless it stands still.
    pub fn see(&mut self, view: View) {
        if !self.paused {
            self.view = view;
            self.order();
        }
    }

    /// Where the cursor is among the strategies.
    pub fn index(&self) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        self.strategies.iter().position(|strategy| key(strategy) == *selected)
    }

    /// The strategy under the cursor.
    pub fn strategy(&self) -> Option<&Strategy> {
        self.index().map(|index| &self.strategies[index])
    }

    fn order(&mut self) {
        let all = self.view.rings.iter().flat_map(|ring| ring.strategies.iter().cloned());
        self.strategies = all.collect();
        self.strategies.sort_by_key(key);
        let stage = self.stage;
        let rate = |strategy: &Strategy| strategy.received_per_second.unwrap_or(0.0) as u64;
        let p99 = |strategy: &Strategy| strategy.last_second.stage(stage).p99;
        // Stable: what is equal stays in the order of the names.
        match self.sort {
            Sort::Name => {}
            Sort::Rate => self.strategies.sort_by_key(|s| std::cmp::Reverse(rate(s))),
            Sort::Lag => self.strategies.sort_by_key(|s| std::cmp::Reverse(s.lag)),
            Sort::P99 => self.strategies.sort_by_key(|s| std::cmp::Reverse(p99(s))),
            Sort::Lost => self.strategies.sort_by_key(|s| std::cmp::Reverse(s.counts.lost)),
        }
        if self.index().is_none() {
            self.selected = self.strategies.first().map(key);
        }
    }

    /// A key was pressed.
    pub fn press(&mut self, event: KeyEvent) {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        match event.code {
            KeyCode::Char('c') if control => self.quit = true,
            _ if control => {}
            KeyCode::Char('q') => self.quit = true,
            KeyCode::Esc if self.help => self.help = false,
            KeyCode::Esc if self.page => self.page = false,
            KeyCode::Esc => self.quit = true,
            KeyCode::Char('?' | 'h') | KeyCode::F(1) => self.help = !self.help,
            KeyCode::Char('p' | ' ') => self.paused = !self.paused,
            KeyCode::Char('s') => {
                self.sort = next(&Sort::ALL, self.sort, 1);
                self.order();
            }
            KeyCode::Right | KeyCode::Char('l') => self.stage = next(&Stage::ALL, self.stage, 1),
            KeyCode::Left => self.stage = next(&Stage::ALL, self.stage, Stage::ALL.len() - 1),
            KeyCode::Down | KeyCode::Char('j') | KeyCode::Tab => self.step(1),
            KeyCode::Up | KeyCode::Char('k') | KeyCode::BackTab => {
                self.step(self.strategies.len().saturating_sub(1));
            }
            KeyCode::Enter => self.page = !self.page && self.strategy().is_some(),
            KeyCode::Backspace => self.page = false,
            KeyCode::Char(digit @ '1'..='9') => {
                let index = digit as usize - '1' as usize;
                if let Some(strategy) = self.strategies.get(index) {
                    (self.selected, self.page) = (Some(key(strategy)), true);
                }
            }
            _ => {}
        }
    }

    /// Moves the cursor down, from the last strategy to the first.
    fn step(&mut self, by: usize) {
        let Some(index) = self.index() else { return };
        let index = (index + by) % self.strategies.len();
        self.selected = Some(key(&self.strategies[index]));
    }
}

fn key(strategy: &Strategy) -> Key {
    (strategy.ring.clone(), strategy.name.clone())
}

/// The value that comes `by` places after `now`, in a circle.
fn next<T: Copy + PartialEq>(all: &[T], now: T, by: usize) -> T {
    let index = all.iter().position(|value| *value == now).unwrap_or(0);
    all[(index + by) % all.len()]
}
