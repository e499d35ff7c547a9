//! What one realm server's stream follows. A follow takes its turn when it is asked for and its place when the store has answered,
//! so that an unfollow sent right behind it ends it all the same.

use crate::config::FOLLOWED_MAX;
use crate::watch::Place;
use parking_lot::Mutex;
use std::collections::HashMap;
use store::Subject;

#[derive(Default)]
pub struct Followed(Mutex<State>);

#[derive(Default)]
struct State {
    entries: HashMap<Subject, Entry>,
    turns: u64,
}

struct Entry {
    turn: u64,
    /// None until the store has answered.
    place: Option<Place>,
}

impl Followed {
    /// Takes a turn for `subject`, ending whatever follow it had; none when [`FOLLOWED_MAX`] others are followed.
    pub fn begin(&self, subject: &Subject) -> Option<u64> {
        let mut state = self.0.lock();
        let before = state.entries.remove(subject);
        let has_room = state.entries.len() < FOLLOWED_MAX;
        if has_room {
            state.turns += 1;
            let turn = state.turns;
            state.entries.insert(subject.clone(), Entry { turn, place: None });
        }
        let turn = has_room.then_some(state.turns);
        // A place gives itself back to the hub when dropped: not under this lock.
        drop(state);
        drop(before);
        turn
    }

    /// Puts the place of `turn`; gives it back unheld where an unfollow or another follow came behind.
    pub fn settle(&self, subject: &Subject, turn: u64, place: Place) {
        let mut unheld = Some(place);
        if let Some(entry) = self.0.lock().entries.get_mut(subject).filter(|entry| entry.turn == turn) {
            entry.place = unheld.take();
        }
        drop(unheld);
    }

    /// Ends the follow of `turn`, which failed.
    pub fn fail(&self, subject: &Subject, turn: u64) {
        let mut state = self.0.lock();
        if state.entries.get(subject).is_some_and(|entry| entry.turn == turn) {
            state.entries.remove(subject);
        }
    }

    pub fn end(&self, subject: &Subject) {
        let entry = self.0.lock().entries.remove(subject);
        drop(entry);
    }
}
