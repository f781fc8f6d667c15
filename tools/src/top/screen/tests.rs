use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;
use crate::top::app::Sort;
use crate::top::model::{self, tests::sample};
use crate::top::watch::View;

/// Two rings with a strategy each, two looks of 500 ms apart.
fn view() -> View {
    let ring = |name: &str, count: u64| {
        let mut samples = [sample(10_000, count), sample(10_500, 3 * count)];
        for sample in &mut samples {
            sample.name = name.to_owned();
            sample.readers[0].name = format!("of-{name}");
            sample.readers[0].cursor -= count / 2;
        }
        let mut ring = model::ring(&samples[1], Some(&samples[0]));
        let strategy = &mut ring.strategies[0];
        strategy.history = (0..30).map(|second| [second; 4]).collect();
        strategy.buckets.iter_mut().for_each(|buckets| buckets.add(75, count));
        ring
    };
    View { rings: vec![ring("a", 100), ring("b", 10_000)], notes: vec!["no c".to_owned()] }
}

fn press(app: &mut App, code: KeyCode) {
    app.press(KeyEvent::new(code, KeyModifiers::NONE));
}

fn screen(app: &App, width: u16, height: u16) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, app)).unwrap();
    let buffer = terminal.backend().buffer().clone();
    let cells: Vec<&str> = buffer.content.iter().map(|cell| cell.symbol()).collect();
    let lines = cells.chunks(usize::from(width.max(1)));
    lines.map(|line| line.concat().trim_end().to_owned()).collect()
}

#[track_caller]
fn line<'a>(lines: &'a [String], start: &str) -> &'a str {
    let found = lines.iter().find(|line| line.starts_with(start));
    found.unwrap_or_else(|| panic!("no {start:?} in\n{}", lines.join("\n")))
}

#[test]
fn an_overview() {
    let lines = screen(&App::new(view()), 120, 32);
    assert!(lines[0].starts_with(" tickline top  2 rings of 2 strategies"), "{}", lines[0]);
    let feed = "a            running    400    400    0.0   78%      0       0      0     0     0";
    assert_eq!(&line(&lines, "a ")[..feed.len()], feed);
    assert!(line(&lines, "b ").contains(" 40.0k  40.0k"));
    assert!(line(&lines, "b ").contains(" 100%"), "a lag of more than the ring");
    let strategy = "of-a         a            running    400     50      0       0      0   50 ns";
    assert_eq!(&line(&lines, "of-a")[..strategy.len()], strategy);
    line(&lines, "no c");
    assert!(line(&lines, "of-a total: p99").contains("highest 29 ns"));
    assert!(lines.iter().any(|line| line.contains('█')));
}

#[test]
fn keys() {
    let mut app = App::new(view());
    assert_eq!(app.strategy().unwrap().name, "of-a");
    press(&mut app, KeyCode::Down);
    assert_eq!(app.strategy().unwrap().name, "of-b");
    press(&mut app, KeyCode::Char('s'));
    assert_eq!((app.sort, app.index()), (Sort::Rate, Some(0)), "the cursor stays on the strategy");
    assert!(line(&screen(&app, 120, 32), " tickline top").contains("sort rec/s"));
    press(&mut app, KeyCode::Enter);
    let page = screen(&app, 120, 32);
    assert!(line(&page, "of-b on b: running, process 8, lossless").ends_with("reader"));
    assert!(line(&page, "30,000 records, 40.0k a second, 5,000 behind").contains("0 lost"));
    assert!(line(&page, "total").contains("99 ns"));
    press(&mut app, KeyCode::Char('?'));
    assert!(screen(&app, 120, 32).iter().any(|line| line.contains("pause, and go on")));
    for (closed, quit) in [("help", false), ("page", false), ("screen", true)] {
        press(&mut app, KeyCode::Esc);
        assert_eq!(app.quit, quit, "{closed}");
    }
    let mut app = App::new(view());
    press(&mut app, KeyCode::Char('c'));
    assert!(!app.quit);
    app.press(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
    assert!(app.quit);
}

#[test]
fn a_paused_screen_stands_still() {
    let mut app = App::new(view());
    press(&mut app, KeyCode::Char('p'));
    app.see(View::default());
    assert_eq!(app.strategies.len(), 2);
    assert!(screen(&app, 120, 32)[0].contains("PAUSED"));
    press(&mut app, KeyCode::Char('p'));
    app.see(View::default());
    assert_eq!((app.strategies.len(), app.index()), (0, None));
    let lines = screen(&app, 120, 32);
    line(&lines, "no strategy is attached");
    // Nothing to choose from: no key panics.
    for code in [KeyCode::Up, KeyCode::Down, KeyCode::Enter, KeyCode::Char('9'), KeyCode::Tab] {
        press(&mut app, code);
    }
    assert!(!app.page);
}

#[test]
fn every_size_can_be_drawn() {
    let mut app = App::new(view());
    for page in [false, true] {
        app.page = page;
        for help in [false, true] {
            app.help = help;
            for (width, height) in [(1, 1), (3, 200), (200, 3), (40, 10), (80, 24), (500, 200)] {
                screen(&app, width, height);
            }
            for size in 1..60 {
                screen(&app, size * 2, size);
            }
        }
    }
    (app.page, app.help) = (false, false);
    let small = screen(&app, 40, 10);
    assert!(line(&small, "of-b").contains("99 ns"));
}
