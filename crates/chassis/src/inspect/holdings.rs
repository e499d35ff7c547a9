use super::{INTERVAL_HOLDS_MAX, INTERVAL_RELEASED_MAX, SNAPSHOT_HOLDS_MAX};
use api::v1;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

/// What can be told of tickets that are held together. Called only while somebody listens.
pub trait Describe: Send + Sync + 'static {
    /// Without a number.
    fn describe(&self) -> v1::Hold;
}

/// What this instance holds. Cheap to clone: every clone is the same.
#[derive(Clone, Default)]
pub struct Holdings(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    taken: u64,
    held: usize,
    /// Those that can be told of: of more than [`SNAPSHOT_HOLDS_MAX`] the others are only counted, until one changes when there is room.
    holds: BTreeMap<u64, Held>,
    /// What happened since it was last told; none while nobody listens.
    news: Option<News>,
}

type Held = Arc<dyn Describe>;

/// What happened in one interval.
#[derive(Default)]
pub(super) struct News {
    /// Taken or changed, also where they were let go of since.
    pub held: BTreeMap<u64, Held>,
    pub released: Vec<u64>,
    /// More than can be told happened.
    pub is_too_much: bool,
}

/// Held until dropped. Shows what it is of.
pub struct Hold<T> {
    what: Arc<T>,
    number: u64,
    holdings: Holdings,
}

impl Holdings {
    /// Takes `what`, which is held until the answer is dropped.
    pub fn hold<T: Describe>(&self, what: T) -> Hold<T> {
        let what = Arc::new(what);
        let mut state = self.0.lock();
        state.taken += 1;
        state.held += 1;
        let number = state.taken;
        state.tell(number, &what);
        drop(state);
        Hold { what, number, holdings: self.clone() }
    }

    /// How many holds there are.
    pub fn count(&self) -> usize {
        self.0.lock().held
    }

    /// Up to [`SNAPSHOT_HOLDS_MAX`] with their numbers.
    pub(super) fn snapshot(&self) -> Vec<(u64, Held)> {
        let state = self.0.lock();
        state.holds.iter().map(|(number, held)| (*number, held.clone())).collect()
    }

    /// Notes from now on what happens.
    pub(super) fn listen(&self) {
        self.0.lock().news.get_or_insert_default();
    }

    pub(super) fn stop_listening(&self) {
        self.0.lock().news = None;
    }

    /// What happened since this was last asked, or since it is noted.
    pub(super) fn take_news(&self) -> News {
        self.0.lock().news.as_mut().map(std::mem::take).unwrap_or_default()
    }
}

impl State {
    /// It was taken, or changed.
    fn tell<T: Describe>(&mut self, number: u64, what: &Arc<T>) {
        if self.holds.len() < self.held.min(SNAPSHOT_HOLDS_MAX) {
            self.holds.entry(number).or_insert_with(|| what.clone());
        }
        if let Some(news) = &mut self.news
            && (news.held.len() < INTERVAL_HOLDS_MAX || news.held.contains_key(&number))
        {
            news.held.insert(number, what.clone());
        }
    }
}

impl<T: Describe> Hold<T> {
    /// What is told of it is not what it was.
    pub fn changed(&self) {
        self.holdings.0.lock().tell(self.number, &self.what);
    }
}

impl<T> Deref for Hold<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.what
    }
}

impl<T> Drop for Hold<T> {
    fn drop(&mut self) {
        let mut state = self.holdings.0.lock();
        state.held -= 1;
        let held = state.holds.remove(&self.number);
        if let Some(news) = &mut state.news {
            news.is_too_much |= news.released.len() >= INTERVAL_RELEASED_MAX;
            if !news.is_too_much {
                news.released.push(self.number);
            }
        }
        // What it describes may be large: not under this lock.
        drop(state);
        drop(held);
    }
}

impl<T> std::fmt::Debug for Hold<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hold({})", self.number)
    }
}
