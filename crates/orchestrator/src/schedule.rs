use crate::config::{DUE_MAX, RIPE_AWAITED_MS, ROUND_BACKLOG_MAX, ROUND_IN_TIME_MAX, ROUND_MS, ROUND_RIPE_MAX};
use crate::held::{self, Kept, Register};
use crate::waiting::Waiting;
use chassis::Hold;
use domain::{IndexRating, QueueName, TicketId};
use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroU64;
use std::ops::Bound;
use std::sync::Arc;

/// Which ticket to look for next, and when. Entries of one instant keep their order of arrival; a ticket stands in it once for each
/// of its queues, however often it is added.
///
/// What looking again costs must not grow with how many wait. So in one round no more than [`ROUND_IN_TIME_MAX`] are looked for at their
/// time; whoever else is due joins the backlog, of which the middle of each round takes the next [`ROUND_BACKLOG_MAX`] in order of their ratings:
/// neighbours, who can be looked for in one small range. Those of the backlog stay in it as long as there is one, and leave the places in
/// time to those who came later. Whoever is known to be ripe soon is looked for then, and needs no round; of those, too, one round takes no
/// more than [`ROUND_RIPE_MAX`], and the next the others.
#[derive(Default)]
pub struct Schedule {
    register: Arc<Register>,
    /// Sets its rounds off against those of others.
    phase_ms: u64,
    timed: BTreeMap<(u64, u64), Resting>,
    /// The tickets of `timed`, each with the queue for which it is looked for.
    known: HashSet<(TicketId, QueueName)>,
    backlog: BTreeMap<Place, Resting>,
    /// The place of the last ticket that was taken out of the backlog.
    taken: Option<Place>,
    /// When those whose time had come were last taken, in ms since the Unix epoch.
    taken_ms: u64,
    round_ends_ms: u64,
    ripe_left: usize,
    in_time_left: usize,
    backlog_left: usize,
    /// Entries that keep their turn.
    owed: usize,
    next: u64,
}

/// A pool of a queue, and where in it a ticket stands.
type Place = (u32, IndexRating, TicketId);

/// Tickets whose time has come, as they rested.
#[derive(Default)]
pub struct Taken {
    ripe: Vec<Resting>,
    round: Vec<Resting>,
}

/// Tickets whose time has come.
pub struct Due {
    /// Each to be looked for at once.
    pub ripe: Vec<Waiting>,
    /// To be looked for together.
    pub round: Vec<Waiting>,
}

/// A ticket between two looks.
struct Resting {
    hold: Hold<Kept>,
    ripe_ms: Option<NonZeroU64>,
    width: u32,
    was_put_off: bool,
    /// It keeps its turn.
    is_owed: bool,
}

impl Schedule {
    /// Its rounds begin `phase_ms` before those of one that has none.
    pub fn new(register: Arc<Register>, phase_ms: u64) -> Self {
        Self { register, phase_ms, ..Self::default() }
    }

    /// Adds a ticket that is to be looked for at `at_ms`, unless it has a time already; one of the backlog is looked for then, too.
    pub fn add(&mut self, at_ms: u64, mut waiting: Waiting) {
        if self.known.contains(&key(&waiting)) {
            return;
        }
        match self.backlog.remove(&place(&waiting)) {
            Some(resting) => self.enter(at_ms, Resting { was_put_off: false, ..resting }),
            None => {
                let resting = self.rest(&mut waiting);
                self.enter(at_ms, resting);
            }
        }
    }

    /// Adds a ticket, as [`Schedule::add`] does, that is to be looked for in the first round from `at_ms` on.
    pub fn add_in_round(&mut self, at_ms: u64, waiting: Waiting) {
        self.add(self.round_ms(at_ms), waiting);
    }

    /// Adds a ticket, as [`Schedule::add`] does, that was looked for before: for the first round from `at_ms` on, or for the very moment when
    /// it is ripe, if that is sooner.
    pub fn add_again(&mut self, at_ms: u64, waiting: Waiting) {
        let round_ms = self.round_ms(at_ms);
        self.add(waiting.ripe_ms.map_or(round_ms, |ripe_ms| ripe_ms.min(round_ms)), waiting);
    }

    /// When the first round from `at_ms` on begins.
    fn round_ms(&self, at_ms: u64) -> u64 {
        (at_ms + self.phase_ms).next_multiple_of(ROUND_MS) - self.phase_ms
    }

    /// Gives one back whose turn had come but who could not be looked for: he keeps his turn, and rounds take fewer others meanwhile.
    pub fn put_back(&mut self, at_ms: u64, mut waiting: Waiting) {
        if !self.known.contains(&key(&waiting)) {
            self.backlog.remove(&place(&waiting));
            self.owed += 1;
            let resting = self.rest(&mut waiting);
            self.enter(at_ms, Resting { was_put_off: false, is_owed: true, ..resting });
        }
    }

    /// Takes out those whose time has come, as many as there is time for.
    pub fn take_due(&mut self, now_ms: u64) -> Due {
        self.take(now_ms).wake()
    }

    /// Takes out those whose time has come, as many as there is time for; as they rested, so that others have the schedule while they are woken.
    pub fn take(&mut self, now_ms: u64) -> Taken {
        self.follow_clock(now_ms);
        self.begin_round(now_ms);
        let mut due = Taken::default();
        for _ in 0..DUE_MAX {
            let Some(resting) = self.take_timed(now_ms) else { break };
            if resting.is_owed {
                self.owed -= 1;
                due.round.push(resting);
            } else if resting.ripe_ms.is_some_and(|ripe_ms| ripe_ms.get() <= now_ms) {
                match self.ripe_left.checked_sub(1) {
                    Some(left) => {
                        self.ripe_left = left;
                        due.ripe.push(resting);
                    }
                    None => self.enter(self.round_ends_ms, resting),
                }
            } else if self.in_time_left > 0 && (!resting.was_put_off || self.backlog.is_empty()) {
                self.in_time_left -= 1;
                due.round.push(Resting { was_put_off: false, ..resting });
            } else {
                self.put_off(resting, now_ms);
            }
        }
        while now_ms >= self.middle_ms()
            && self.backlog_left > 0
            && let Some(resting) = self.take_next_of_backlog()
        {
            self.backlog_left -= 1;
            due.round.push(resting);
        }
        due
    }

    /// When the next entry comes up.
    pub fn next_ms(&self) -> Option<u64> {
        let timed_ms = self.timed.first_key_value().map(|((at_ms, _), _)| *at_ms);
        let is_taken = self.backlog_left == 0;
        let middle_ms = self.middle_ms() + if is_taken { ROUND_MS } else { 0 };
        timed_ms.into_iter().chain((!self.backlog.is_empty()).then_some(middle_ms)).min()
    }

    /// The middle of this round, in ms since the Unix epoch.
    fn middle_ms(&self) -> u64 {
        self.round_ends_ms.saturating_sub(ROUND_MS / 2)
    }

    /// The tickets that are in it.
    pub fn tickets(&self) -> HashSet<TicketId> {
        self.timed.values().chain(self.backlog.values()).map(|resting| resting.hold.id).collect()
    }

    pub fn len(&self) -> usize {
        self.timed.len() + self.backlog.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the clock was put back by more than a round, all times are put back with it: nobody waits until it has caught up.
    fn follow_clock(&mut self, now_ms: u64) {
        let back_ms = self.taken_ms.saturating_sub(now_ms);
        if back_ms > ROUND_MS {
            let put_back = |((at_ms, number), resting): ((u64, u64), Resting)| {
                ((at_ms.saturating_sub(back_ms), number), resting.earlier(back_ms))
            };
            self.timed = std::mem::take(&mut self.timed).into_iter().map(put_back).collect();
        }
        self.taken_ms = now_ms;
    }

    fn begin_round(&mut self, now_ms: u64) {
        // None ends later than that, unless the clock was put back.
        if now_ms >= self.round_ends_ms || self.round_ends_ms > now_ms + ROUND_MS {
            self.round_ends_ms = (now_ms + 1 + self.phase_ms).next_multiple_of(ROUND_MS) - self.phase_ms;
            self.ripe_left = ROUND_RIPE_MAX;
            self.in_time_left = ROUND_IN_TIME_MAX.saturating_sub(self.owed);
            self.backlog_left = ROUND_BACKLOG_MAX.saturating_sub(self.owed);
        }
    }

    fn rest(&self, waiting: &mut Waiting) -> Resting {
        let hold = self.register.hold(waiting);
        let Waiting { ripe_ms, width, was_put_off, .. } = *waiting;
        Resting { hold, ripe_ms: ripe_ms.and_then(NonZeroU64::new), width, was_put_off, is_owed: false }
    }

    fn enter(&mut self, at_ms: u64, resting: Resting) {
        self.next += 1;
        self.known.insert(resting.key());
        self.timed.insert((at_ms, self.next), resting);
    }

    fn take_timed(&mut self, now_ms: u64) -> Option<Resting> {
        let first = self.timed.first_entry().filter(|first| first.key().0 <= now_ms)?;
        let resting = first.remove();
        self.known.remove(&resting.key());
        Some(resting)
    }

    /// Puts off a ticket for which the round has no time: until it is ripe, where that is soon or sooner than its turn in the backlog would be;
    /// else into the backlog. There it goes, too, where a sweeper may ask for it before it is ripe.
    fn put_off(&mut self, resting: Resting, now_ms: u64) {
        let turn_ms = (self.backlog.len() / ROUND_BACKLOG_MAX) as u64 * ROUND_MS;
        let until_ms = (now_ms + turn_ms.max(RIPE_AWAITED_MS)).min(resting.hold.asked_for_ms());
        match resting.ripe_ms {
            Some(ripe_ms) if ripe_ms.get() <= until_ms => self.enter(ripe_ms.get(), resting),
            _ => {
                let resting = Resting { was_put_off: true, ..resting };
                self.backlog.insert(resting.place(), resting);
            }
        }
    }

    /// Takes the ticket of the backlog whose place is next behind that of the last one taken; behind the highest place, the lowest again.
    fn take_next_of_backlog(&mut self) -> Option<Resting> {
        let behind = self.taken.map_or(Bound::Unbounded, Bound::Excluded);
        let next = self.backlog.range((behind, Bound::Unbounded)).next();
        let place = *next.or_else(|| self.backlog.first_key_value())?.0;
        self.taken = Some(place);
        self.backlog.remove(&place)
    }
}

impl Taken {
    pub fn wake(self) -> Due {
        let woken = |resting: Vec<Resting>| resting.into_iter().filter_map(Resting::wake).collect();
        Due { ripe: woken(self.ripe), round: woken(self.round) }
    }
}

impl Resting {
    /// The entry by a clock that was put back by so much.
    fn earlier(self, back_ms: u64) -> Self {
        let ripe_ms = self.ripe_ms.and_then(|ripe_ms| NonZeroU64::new(ripe_ms.get().saturating_sub(back_ms)));
        Self { ripe_ms, ..self }
    }

    fn key(&self) -> (TicketId, QueueName) {
        (self.hold.id, self.hold.queue().clone())
    }

    fn place(&self) -> Place {
        (self.hold.pool(), IndexRating::of(self.hold.rating), self.hold.id)
    }

    /// None, and told, where its party cannot be read, which was written here.
    fn wake(self) -> Option<Waiting> {
        let Self { hold, ripe_ms, width, was_put_off, .. } = self;
        let ripe_ms = ripe_ms.map(NonZeroU64::get);
        match hold.waiting() {
            Ok(waiting) => Some(Waiting { ripe_ms, width, was_put_off, held: Some(hold), ..waiting }),
            Err(error) => {
                tracing::error!(ticket_id = %hold.id, %error, "a party that waits here cannot be read");
                None
            }
        }
    }
}

fn key(waiting: &Waiting) -> (TicketId, QueueName) {
    (waiting.id, waiting.place.queue.clone())
}

fn place(waiting: &Waiting) -> Place {
    let place = &waiting.place;
    (held::pool(&place.queue, &place.pool), IndexRating::of(place.rating), waiting.id)
}

#[cfg(test)]
mod tests;
