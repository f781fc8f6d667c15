//! The readers of a ring over time: those that left stay, as they were last, until a reader of
//! their name comes.

use super::ObservedReader;
use super::sample::ReaderSample;
use crate::latency::LiveLatency;
use crate::ring::layout::READERS_MAX;

/// Readers that left and are remembered; beyond it the first one goes. Names come from other
/// processes, which must not fill the memory.
const LEFT_MAX: usize = READERS_MAX;

/// The readers of one feed, in the order in which they were first seen.
#[derive(Default)]
pub struct Roll {
    entries: Vec<Entry>,
}

struct Entry {
    reader: ObservedReader,
    attached: bool,
    /// Read last; a process that died while it wrote leaves nothing that can be read.
    live: Option<Box<LiveLatency>>,
}

impl Roll {
    /// Forgets everybody: the feed is another one.
    pub fn clear(&mut self) {
        self.entries.clear();
    }

    /// Takes over who is attached now.
    pub fn update(&mut self, attached: &[ObservedReader]) {
        self.entries.iter_mut().for_each(|entry| entry.attached = false);
        for reader in attached {
            let mut new = Entry { reader: reader.clone(), attached: true, live: None };
            match self.entries.iter_mut().find(|known| known.reader.name == reader.name) {
                Some(known) => {
                    if known.reader.pid == reader.pid {
                        new.live = known.live.take();
                    }
                    *known = new;
                }
                None => self.entries.push(new),
            }
        }
        while self.entries.iter().filter(|entry| !entry.attached).count() > LEFT_MAX {
            let first = self.entries.iter().position(|entry| !entry.attached);
            self.entries.remove(first.expect("there are more than none"));
        }
    }

    /// What they show now, or showed last.
    pub fn sample(&mut self) -> Vec<ReaderSample> {
        let samples = self.entries.iter_mut().map(|entry| {
            let mut sample = ReaderSample::of(&entry.reader, entry.attached);
            match &sample.live {
                Some(live) => entry.live = Some(live.clone()),
                None => sample.live.clone_from(&entry.live),
            }
            sample
        });
        samples.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use super::*;
    use crate::memory::Region;
    use crate::ring::layout::ReaderRegion;
    use crate::scenario::{Pages, ReaderMode};

    fn reader(name: &str, received: u64) -> ObservedReader {
        let memory = Region::create(size_of::<ReaderRegion>(), Pages::Small, false).unwrap();
        let region = Arc::new(memory).view::<ReaderRegion>(0);
        region.counters.received.store(received, Ordering::Relaxed);
        ObservedReader { name: name.to_owned(), pid: 1, mode: ReaderMode::Lossy, region }
    }

    fn seen(roll: &mut Roll) -> Vec<(String, bool, u64)> {
        let samples = roll.sample().into_iter();
        samples.map(|s| (s.name, s.attached, s.counts.received)).collect()
    }

    #[test]
    fn who_left_stays_until_the_name_comes_back() {
        let mut roll = Roll::default();
        roll.update(&[reader("a", 1), reader("b", 2)]);
        roll.update(&[reader("c", 3)]);
        let expected = [("a".into(), false, 1), ("b".into(), false, 2), ("c".into(), true, 3)];
        assert_eq!(seen(&mut roll), expected);
        roll.update(&[reader("c", 3), reader("a", 0)]);
        let expected = [("a".into(), true, 0), ("b".into(), false, 2), ("c".into(), true, 3)];
        assert_eq!(seen(&mut roll), expected);
        roll.clear();
        assert_eq!(seen(&mut roll), []);
    }

    #[test]
    fn a_crowd_that_comes_and_goes_takes_no_more_memory() {
        let mut roll = Roll::default();
        for number in 0..3 * LEFT_MAX as u64 {
            roll.update(&[reader("stays", 7), reader(&number.to_string(), number)]);
        }
        let names: Vec<String> = roll.sample().into_iter().map(|sample| sample.name).collect();
        assert_eq!(names.len(), 2 + LEFT_MAX);
        assert_eq!((names[0].as_str(), names.last().unwrap().as_str()), ("stays", "47"));
    }

    #[test]
    fn latencies_that_cannot_be_read_are_those_read_last() {
        let one = reader("a", 1);
        let live = LiveLatency { written_ns: 5, ..LiveLatency::default() };
        one.region.live.write(&live);
        let mut roll = Roll::default();
        roll.update(std::slice::from_ref(&one));
        assert_eq!(roll.sample()[0].live.as_deref(), Some(&live));
        one.region.live.begin_and_die();
        roll.update(&[one]);
        assert_eq!(roll.sample()[0].live.as_deref(), Some(&live));
    }
}
