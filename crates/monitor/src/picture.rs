//! What a page shows of the overview, and how two pictures differ. Bounded, however many tickets there are.

use crate::config::{CELL_RATING, CELLS_PER_DECADE, CROWD_NAMED_MAX, SINGLES_MAX, STAGE_SHOWN_MAX, WATCHED_NAMED_MAX};
use crate::overview::{Followed, Overview};
use api::v1::{HeldTicket, Hold, Stage};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picture {
    pub instances: BTreeMap<String, Card>,
    pub tickets: BTreeMap<String, Shown>,
    pub queues: BTreeMap<String, Queue>,
}

/// An instance.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Card {
    pub role: String,
    pub address: String,
    pub region: String,
    pub capacity: u32,
    pub load: u32,
    pub leads: bool,
    pub drains: bool,
    pub ready: bool,
    pub drainable: bool,
    pub version: String,
    /// When it began, in seconds since the Unix epoch: coarse, so that it is always the same.
    pub since_s: u64,
    /// It tells what it holds.
    pub linked: bool,
    /// It has a lease, and cannot be reached. Neither of the two: it was not asked yet.
    pub lost: bool,
    /// Tickets in all, shown or not.
    pub holds: u64,
    /// Watched players whose tickets are not named.
    pub watched: Vec<String>,
}

/// A ticket.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Shown {
    pub players: Vec<String>,
    /// Sorted.
    pub queues: BTreeSet<String>,
    pub rating: f64,
    pub region: String,
    pub queued_ms: u64,
    /// How far it has come: 1 waits, 2 is searched for, 3 is proposed, 4 plays.
    pub stage: i32,
    pub match_id: String,
    pub matched_ms: u64,
    pub team: u32,
    pub tries: u32,
    pub looks: u32,
    pub trace_id: String,
    /// Instances that hold it.
    pub at: BTreeSet<String>,
}

/// A queue.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Queue {
    /// Tickets that wait, by home region.
    pub waiting: BTreeMap<String, usize>,
    /// Where more wait than are shown one by one: rating and wait in cells, and how many.
    pub cells: Vec<(i32, i32, u32)>,
}

/// What is other in a later picture. Nothing: it is gone.
#[derive(Debug, Serialize)]
pub struct Difference<'a> {
    pub instances: BTreeMap<&'a str, Option<&'a Card>>,
    pub tickets: BTreeMap<&'a str, Option<&'a Shown>>,
    pub queues: BTreeMap<&'a str, Option<&'a Queue>>,
}

impl Picture {
    /// Of the overview at `now_ms`, ms since the Unix epoch.
    pub fn of(overview: &Overview, now_ms: u64) -> Self {
        let mut tickets = Tickets::default();
        let mut instances = BTreeMap::new();
        for (id, followed) in &overview.instances {
            followed.holds.values().for_each(|hold| tickets.add(id, hold));
            instances.insert(id.clone(), card(followed, now_ms));
        }
        for (id, followed) in &overview.instances {
            let watched = followed.holds.values().filter(|hold| hold.stage() == Stage::Watched);
            let others = watched.flat_map(|hold| &hold.tickets).filter(|ticket| !tickets.is_told(ticket));
            let mut names: Vec<String> = others.flat_map(|ticket| ticket.player_ids.clone()).collect();
            names.sort_unstable();
            names.truncate(WATCHED_NAMED_MAX);
            if let Some(card) = instances.get_mut(id) {
                card.watched = names;
            }
        }
        let queues = tickets.queues(now_ms);
        Self { instances, tickets: tickets.shown(&queues), queues }
    }

    /// What to change in `before` to have this one.
    pub fn since<'a>(&'a self, before: &'a Self) -> Difference<'a> {
        Difference {
            instances: difference(&self.instances, &before.instances),
            tickets: difference(&self.tickets, &before.tickets),
            queues: difference(&self.queues, &before.queues),
        }
    }

    /// Tickets that wait, of all queues, by home region.
    pub fn waiting(&self) -> BTreeMap<String, usize> {
        let mut waiting = BTreeMap::new();
        for (region, tickets) in self.queues.values().flat_map(|queue| &queue.waiting) {
            *waiting.entry(region.clone()).or_default() += tickets;
        }
        waiting
    }
}

impl Difference<'_> {
    pub fn is_empty(&self) -> bool {
        self.instances.is_empty() && self.tickets.is_empty() && self.queues.is_empty()
    }
}

fn difference<'a, T: PartialEq>(
    now: &'a BTreeMap<String, T>,
    before: &'a BTreeMap<String, T>,
) -> BTreeMap<&'a str, Option<&'a T>> {
    let other = now.iter().filter(|(id, value)| before.get(*id) != Some(value));
    let gone = before.keys().filter(|id| !now.contains_key(*id));
    other.map(|(id, value)| (id.as_str(), Some(value))).chain(gone.map(|id| (id.as_str(), None))).collect()
}

fn card(followed: &Followed, now_ms: u64) -> Card {
    let told = followed.instance.clone();
    Card {
        role: told.role,
        address: told.address,
        region: told.region,
        capacity: told.capacity,
        load: told.load,
        leads: told.leads,
        drains: told.drains,
        ready: told.ready,
        drainable: told.drainable,
        version: told.version,
        since_s: followed.since_ms.unwrap_or(now_ms) / 1_000,
        linked: followed.is_linked,
        lost: followed.is_lost,
        holds: told.holds,
        watched: Vec::new(),
    }
}

/// How many there are, by rating and wait.
type Cells = BTreeMap<(i32, i32), u32>;

/// All tickets that are told of, put together from the holds of all instances.
#[derive(Default)]
struct Tickets<'a> {
    by_id: HashMap<&'a str, Shown>,
    players: BTreeMap<&'a str, &'a str>,
    watched: Vec<(&'a str, &'a HeldTicket)>,
}

impl<'a> Tickets<'a> {
    fn add(&mut self, instance: &'a str, hold: &'a Hold) {
        for ticket in &hold.tickets {
            if hold.stage() == Stage::Watched {
                self.watched.push((instance, ticket));
                continue;
            }
            let shown = self.by_id.entry(&ticket.ticket_id).or_default();
            shown.learn(hold, ticket);
            shown.at.insert(instance.to_owned());
            self.players.extend(ticket.player_ids.iter().map(|player| (player.as_str(), ticket.ticket_id.as_str())));
        }
    }

    /// Whether his ticket is told of anyway.
    fn is_told(&self, ticket: &HeldTicket) -> bool {
        ticket.player_ids.iter().all(|player| self.players.contains_key(player.as_str()))
    }

    fn queues(&self, now_ms: u64) -> BTreeMap<String, Queue> {
        let mut queues: BTreeMap<String, (Queue, Cells)> = BTreeMap::new();
        for shown in self.by_id.values().filter(|shown| shown.waits()) {
            for name in &shown.queues {
                let (queue, cells) = queues.entry(name.clone()).or_default();
                *queue.waiting.entry(shown.region.clone()).or_default() += 1;
                *cells.entry(cell(shown, now_ms)).or_default() += 1;
            }
        }
        let bounded = |(name, (queue, cells)): (String, (Queue, Cells))| {
            let is_crowded = queue.waiting.values().sum::<usize>() > SINGLES_MAX;
            let cells = cells.into_iter().filter(|_| is_crowded).map(|((rating, wait), count)| (rating, wait, count));
            (name, Queue { cells: cells.collect(), ..queue })
        };
        queues.into_iter().map(bounded).collect()
    }

    fn shown(mut self, queues: &BTreeMap<String, Queue>) -> BTreeMap<String, Shown> {
        for (instance, ticket) in std::mem::take(&mut self.watched) {
            let by_player = ticket.player_ids.first().and_then(|player| self.players.get(player.as_str()).copied());
            if let Some(shown) = self.by_id.get_mut(by_player.unwrap_or(&ticket.ticket_id)) {
                shown.at.insert(instance.to_owned());
            }
        }
        let is_crowded = |name: &String| queues.get(name).is_some_and(|queue| !queue.cells.is_empty());
        let mut stages: BTreeMap<(i32, usize), Vec<(&str, Shown)>> = BTreeMap::new();
        for (id, shown) in self.by_id {
            let shown_max = match shown.waits() {
                true if shown.queues.iter().all(is_crowded) => CROWD_NAMED_MAX,
                true => SINGLES_MAX,
                false => STAGE_SHOWN_MAX,
            };
            stages.entry((shown.stage, shown_max)).or_default().push((id, shown));
        }
        let some = stages.into_iter().flat_map(|((_, shown_max), stage)| some_of(stage, shown_max));
        some.map(|(id, shown)| (id.to_owned(), shown)).collect()
    }
}

/// The latest matches; of others the oldest, so that the same are shown again and again.
fn some_of(mut stage: Vec<(&str, Shown)>, shown_max: usize) -> Vec<(&str, Shown)> {
    stage.sort_by(|(a_id, a), (b_id, b)| {
        b.matched_ms.cmp(&a.matched_ms).then(a.queued_ms.cmp(&b.queued_ms)).then(a_id.cmp(b_id))
    });
    stage.truncate(shown_max);
    stage
}

fn cell(shown: &Shown, now_ms: u64) -> (i32, i32) {
    let wait_s = now_ms.saturating_sub(shown.queued_ms) as f64 / 1e3;
    ((shown.rating / CELL_RATING).floor() as i32, ((1.0 + wait_s).log10() * CELLS_PER_DECADE).floor() as i32)
}

impl Shown {
    fn waits(&self) -> bool {
        self.stage < Stage::Proposed as i32
    }

    fn learn(&mut self, hold: &Hold, ticket: &HeldTicket) {
        if !hold.queue.is_empty() {
            self.queues.insert(hold.queue.clone());
        }
        if self.players.is_empty() {
            self.players.clone_from(&ticket.player_ids);
            (self.rating, self.queued_ms) = (ticket.rating, ticket.queued_ms);
        }
        if self.region.is_empty() {
            self.region.clone_from(&ticket.region);
        }
        if !ticket.trace_id.is_empty() {
            self.trace_id.clone_from(&ticket.trace_id);
        }
        if hold.stage > self.stage {
            self.stage = hold.stage;
            self.match_id.clone_from(&hold.match_id);
            (self.matched_ms, self.team) = (hold.matched_ms, ticket.team);
        }
        self.tries = self.tries.max(ticket.tries);
        self.looks = self.looks.max(ticket.looks);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::v1::{Inspection, Instance};
    use tokio::time::Instant;

    const NOW_MS: u64 = 1_000_000;

    fn hold(number: u64, stage: Stage) -> Hold {
        let ticket_id = format!("t{number}");
        let player_ids = vec![format!("p{number}")];
        let ticket =
            HeldTicket { ticket_id, player_ids, rating: 1500.0, queued_ms: NOW_MS - 900, ..Default::default() };
        Hold { number, stage: stage.into(), queue: "duel".to_owned(), tickets: vec![ticket], ..Default::default() }
    }

    fn picture(instances: &[(&str, Vec<Hold>)]) -> Picture {
        let mut overview = Overview::default();
        for (id, held) in instances {
            overview.appears(Instance { id: (*id).to_owned(), ..Default::default() });
            let told = Inspection { snapshot: true, seq: 1, held: held.clone(), ..Default::default() };
            overview.hears(id, told, Instant::now(), NOW_MS);
        }
        Picture::of(&overview, NOW_MS)
    }

    #[test]
    fn a_ticket_is_as_far_as_the_farthest_that_holds_it_and_at_all_of_them() {
        let picture = picture(&[("a", vec![hold(1, Stage::Waiting)]), ("b", vec![hold(1, Stage::Searched)])]);
        let shown = &picture.tickets["t1"];
        assert_eq!((shown.stage, shown.at.len()), (Stage::Searched as i32, 2));
        assert_eq!(picture.queues["duel"].waiting.values().sum::<usize>(), 1);
    }

    #[test]
    fn a_crowd_is_counted_in_cells_and_only_its_oldest_are_named() {
        let crowd: Vec<Hold> = (0..=SINGLES_MAX as u64).map(|number| hold(number, Stage::Waiting)).collect();
        let picture = picture(&[("a", crowd)]);
        let counted: u32 = picture.queues["duel"].cells.iter().map(|(_, _, count)| count).sum();
        assert_eq!((counted as usize, picture.tickets.len()), (SINGLES_MAX + 1, CROWD_NAMED_MAX));
    }

    #[test]
    fn a_difference_names_what_came_changed_and_went_and_nothing_else() {
        let before = picture(&[("a", vec![hold(1, Stage::Waiting), hold(2, Stage::Waiting)])]);
        let after = picture(&[("a", vec![hold(2, Stage::Waiting), hold(3, Stage::Waiting)])]);
        let difference = after.since(&before);
        let tickets: Vec<_> = difference.tickets.iter().map(|(id, shown)| (*id, shown.is_some())).collect();
        assert_eq!(tickets, [("t1", false), ("t3", true)]);
        assert!(after.since(&after).is_empty());
    }
}
