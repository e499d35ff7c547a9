use super::RECORD_MESSAGES_MAX;
use parking_lot::Mutex;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use tokio::sync::watch;
use tokio::time::Instant;

/// What was told last, each under its sequence number, and how far each reader is. Bounded: it never waits for a reader, and forgets one
/// that is too far behind.
pub struct Record<T> {
    readers_max: usize,
    state: Mutex<State<T>>,
    /// The last sequence number.
    told: watch::Sender<u64>,
}

struct State<T> {
    /// From the oldest that is kept to the last.
    kept: VecDeque<Arc<T>>,
    last: u64,
    readers: BTreeMap<u64, u64>,
    next_reader: u64,
    /// Since when there is none.
    deserted: Instant,
}

/// One reader's place; given back when dropped.
pub struct Reader<T> {
    number: u64,
    record: Arc<Record<T>>,
    told: watch::Receiver<u64>,
}

/// It did not read for longer than is kept.
#[derive(Debug, PartialEq, Eq)]
pub struct TooSlow;

impl<T> Record<T> {
    /// For so many readers at once. The first message has the sequence number 2: whoever read nothing yet is behind 1.
    pub fn new(readers_max: usize) -> Arc<Self> {
        let (readers, deserted) = (BTreeMap::new(), Instant::now());
        let state = State { kept: VecDeque::new(), last: 1, readers, next_reader: 0, deserted };
        Arc::new(Self { readers_max, state: Mutex::new(state), told: watch::Sender::new(1) })
    }

    /// Tells one more, which is made for its sequence number.
    pub fn push(&self, make: impl FnOnce(u64) -> T) {
        let mut state = self.state.lock();
        state.last += 1;
        let message = make(state.last);
        state.kept.push_back(Arc::new(message));
        if state.kept.len() > RECORD_MESSAGES_MAX {
            state.kept.pop_front();
        }
        state.forget_the_slow();
        self.told.send_replace(state.last);
    }

    /// Cuts everyone, for something could not be told.
    pub fn clear(&self) {
        let mut state = self.state.lock();
        state.last += 1;
        state.kept.clear();
        state.forget_the_slow();
        self.told.send_replace(state.last);
    }

    /// A place behind `seq`; behind the last where that is none of those kept. None where as many read as may.
    pub fn read(self: &Arc<Self>, seq: Option<u64>) -> Option<(Reader<T>, u64)> {
        let mut state = self.state.lock();
        if state.readers.len() >= self.readers_max {
            return None;
        }
        let resumed = seq.filter(|seq| (state.forgotten()..=state.last).contains(seq));
        let seen = resumed.unwrap_or(state.last);
        state.next_reader += 1;
        let number = state.next_reader;
        state.readers.insert(number, seen);
        Some((Reader { number, record: self.clone(), told: self.told.subscribe() }, seen))
    }

    /// Since when nobody reads; none while somebody does.
    pub fn deserted(&self) -> Option<Instant> {
        let state = self.state.lock();
        state.readers.is_empty().then_some(state.deserted)
    }
}

impl<T> State<T> {
    /// The last that is no longer kept.
    fn forgotten(&self) -> u64 {
        self.last - self.kept.len() as u64
    }

    fn forget_the_slow(&mut self) {
        let (forgotten, readers) = (self.forgotten(), self.readers.len());
        self.readers.retain(|_, seen| *seen >= forgotten);
        if self.readers.len() < readers {
            self.note_desertion();
        }
    }

    fn note_desertion(&mut self) {
        if self.readers.is_empty() {
            self.deserted = Instant::now();
        }
    }
}

impl<T> Reader<T> {
    /// The next that was told; waits for it. Nothing is lost where the wait is cut short.
    pub async fn next(&mut self) -> Result<Arc<T>, TooSlow> {
        loop {
            self.told.borrow_and_update();
            if let Some(next) = self.take()? {
                return Ok(next);
            }
            // The sender lives as long as the record.
            let _ = self.told.changed().await;
        }
    }

    fn take(&self) -> Result<Option<Arc<T>>, TooSlow> {
        let mut state = self.record.state.lock();
        let (forgotten, last) = (state.forgotten(), state.last);
        let seen = state.readers.get_mut(&self.number).ok_or(TooSlow)?;
        if *seen == last {
            return Ok(None);
        }
        let place = (*seen - forgotten) as usize;
        *seen += 1;
        Ok(state.kept.get(place).cloned())
    }
}

impl<T> Drop for Reader<T> {
    fn drop(&mut self) {
        let mut state = self.record.state.lock();
        // One that was forgotten left before.
        if state.readers.remove(&self.number).is_some() {
            state.note_desertion();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READERS_MAX: usize = 3;

    async fn hears(reader: &mut Reader<u64>) -> Result<u64, TooSlow> {
        reader.next().await.map(|told| *told)
    }

    #[tokio::test]
    async fn whoever_comes_back_goes_on_where_he_was() {
        let record = Record::new(READERS_MAX);
        (0..3).for_each(|_| record.push(|seq| seq));
        let (mut reader, seen) = record.read(Some(2)).unwrap();
        assert_eq!((seen, hears(&mut reader).await, hears(&mut reader).await), (2, Ok(3), Ok(4)));
        let (_, seen) = record.read(Some(9)).unwrap();
        assert_eq!(seen, 4, "what was never told is of another time");
    }

    #[tokio::test]
    async fn whoever_is_too_far_behind_is_forgotten_and_holds_up_nobody() {
        let record = Record::new(READERS_MAX);
        let (mut slow, _) = record.read(None).unwrap();
        let (mut quick, _) = record.read(None).unwrap();
        for _ in 0..=RECORD_MESSAGES_MAX {
            let mut told = 0;
            record.push(|seq| {
                told = seq;
                seq
            });
            assert_eq!(hears(&mut quick).await, Ok(told));
        }
        assert_eq!(hears(&mut slow).await, Err(TooSlow));
        drop(quick);
        assert!(record.deserted().is_some());
    }

    #[tokio::test]
    async fn so_many_may_read_and_none_more() {
        let record = Record::<u64>::new(READERS_MAX);
        let mut readers: Vec<_> = (0..READERS_MAX).map(|_| record.read(None).unwrap()).collect();
        assert!(record.read(None).is_none());
        readers.pop();
        assert!(record.read(None).is_some());
    }

    #[tokio::test]
    async fn what_could_not_be_told_cuts_everyone() {
        let record = Record::new(READERS_MAX);
        let (mut reader, _) = record.read(None).unwrap();
        record.push(|seq| seq);
        record.clear();
        assert_eq!(hears(&mut reader).await, Err(TooSlow));
        let (_, seen) = record.read(Some(1)).unwrap();
        assert_eq!(seen, 3);
    }
}
