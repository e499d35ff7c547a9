use crate::config::{EQUALS_TURNS_MAX, RIPE_MS_MIN, RIPE_SHARE};
use crate::held::Kept;
use crate::intake::Room;
use chassis::Hold;
use domain::{Invalid, Look, Party, Placement, RuleSet, Rules, Ticket, TicketId};
use std::sync::Arc;
use store::Enqueue;

/// A ticket in one of its queues, while it is looked for.
#[derive(Debug)]
pub struct Waiting {
    pub id: TicketId,
    /// Its queue's, as of when it was last looked for.
    pub rules: Arc<Rules>,
    pub party: Arc<Party>,
    /// Where it stands in the index: where the rules put it that it was stored or last moved under.
    pub place: Placement,
    pub queued_ms: u64,
    pub tries: u32,
    /// The width at which it was last looked for.
    pub width: u32,
    /// W3C `traceparent` of its trace; empty when it has none.
    pub trace: Arc<str>,
    /// Of an arrival that was not looked for yet.
    pub room: Option<Room>,
    /// How often it was looked for here.
    pub looks: u32,
    /// When a match with it may be worth making, as the last look found, in ms since the Unix epoch.
    pub ripe_ms: Option<u64>,
    /// Whether it is of those who were not looked for at their time.
    pub was_put_off: bool,
    /// Of one that this instance looks for; others' tickets have none.
    pub held: Option<Hold<Kept>>,
}

impl Waiting {
    /// One that was never looked for.
    pub fn new(id: TicketId, rules: Arc<Rules>, party: Arc<Party>, place: Placement, queued_ms: u64) -> Self {
        Self {
            id,
            rules,
            party,
            place,
            queued_ms,
            tries: 0,
            width: 0,
            trace: Arc::default(),
            room: None,
            looks: 0,
            ripe_ms: None,
            was_put_off: false,
            held: None,
        }
    }

    /// The ticket once for each of its queues whose rules are known here. Fails where its party cannot be read.
    pub fn in_queues(ticket: &Ticket, rules: &RuleSet) -> Result<Vec<Self>, Invalid> {
        let party = Arc::new(api::decode_party(&ticket.party)?);
        let fresh = Self::fresh(ticket.id, &ticket.places, ticket.queued_ms, &ticket.trace, &party, rules);
        Ok(fresh.into_iter().map(|waiting| Self { tries: ticket.tries, width: ticket.width, ..waiting }).collect())
    }

    /// The ticket once for each of its queues whose rules are known here; none, and told, where its party cannot be read.
    pub fn in_queues_if_any(ticket: &Ticket, rules: &RuleSet) -> Vec<Self> {
        Self::in_queues(ticket, rules).unwrap_or_else(|error| {
            tracing::error!(ticket_id = %ticket.id, %error, "a stored party cannot be read");
            Vec::new()
        })
    }

    /// A ticket that is about to be stored, once for each of its queues. Its tries are known when it is.
    pub fn before_stored(enqueue: &Enqueue, party: &Arc<Party>, rules: &RuleSet) -> Vec<Self> {
        Self::fresh(enqueue.id, &enqueue.places, enqueue.queued_ms, &enqueue.trace, party, rules)
    }

    fn fresh(
        id: TicketId,
        places: &[Placement],
        queued_ms: u64,
        trace: &str,
        party: &Arc<Party>,
        rules: &RuleSet,
    ) -> Vec<Self> {
        let trace: Arc<str> = trace.into();
        let in_queue = |place: &Placement| {
            let (rules, party) = (rules.latest(&place.queue)?.clone(), party.clone());
            Some(Self { trace: trace.clone(), ..Self::new(id, rules, party, place.clone(), queued_ms) })
        };
        places.iter().filter_map(in_queue).collect()
    }

    /// This ticket under the rules that are in force now; under the last ones of its queue where that was removed.
    #[must_use]
    pub fn under(self, rules: &RuleSet) -> Self {
        let rules = rules.latest(&self.place.queue).unwrap_or(&self.rules).clone();
        Self { rules, ..self }
    }

    /// This ticket after it was moved to another place.
    #[must_use]
    pub fn moved_to(self, place: Placement) -> Self {
        Self { place, held: None, ..self }
    }

    /// Whether it stands where its rules place it.
    pub fn is_in_place(&self) -> bool {
        self.rules.place(&self.party) == self.place
    }

    /// What to read for it when it is looked for at `width`: as its rules say, and in any case where it stands. Read where it does
    /// not stand, it would be taken for gone.
    pub fn look(&self, width: u32) -> Look {
        let mut look = self.rules.look(&self.party, width);
        look.pool.clone_from(&self.place.pool);
        if !look.regions.contains(&self.place.region) {
            look.regions.push(self.place.region.clone());
        }
        look
    }

    /// What to read instead where a range that is not whole holds tickets of just its rating: other equals at each further look, for more may
    /// stand there than any range holds. `ratings` are those that were read.
    pub fn look_among_equals(&self, is_whole: bool, mut ratings: impl ExactSizeIterator<Item = f64>) -> Option<Look> {
        let rating = self.place.rating;
        let passed_over = turn(self.looks) as usize * ratings.len();
        (!is_whole && passed_over > 0 && ratings.all(|read| read == rating)).then(|| Look {
            low: rating,
            high: rating,
            passed_over,
            ..self.look(self.width)
        })
    }

    /// How long it has waited, in ms.
    pub fn age_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.queued_ms)
    }

    /// How wide to look for it now.
    pub fn width_at(&self, now_ms: u64) -> u32 {
        self.rules.width(self.age_ms(now_ms), self.tries)
    }

    /// When to look for it again after a look at `now_ms`, whoever comes until then.
    pub fn next_look_ms(&self, now_ms: u64) -> u64 {
        now_ms + self.rules.look_again_ms(self.age_ms(now_ms))
    }

    /// This ticket, ripe at `at_ms` at the soonest, if at all.
    #[must_use]
    pub fn not_before(self, at_ms: u64) -> Self {
        Self { ripe_ms: self.ripe_ms.map(|ripe_ms| ripe_ms.max(at_ms)), ..self }
    }

    /// This ticket after a look at `now_ms` which found that it is ripe in so many ms if nobody else comes. One that is foretold to be ripe in
    /// the next moment again and again is looked for ever less often: by what it has waited.
    #[must_use]
    pub fn ripe_in(self, in_ms: Option<u64>, now_ms: u64) -> Self {
        let least_ms = RIPE_MS_MIN.max(self.age_ms(now_ms) / RIPE_SHARE);
        Self { ripe_ms: in_ms.map(|in_ms| now_ms.saturating_add(in_ms.max(least_ms))), ..self }
    }

    /// This ticket after a look that found when it is ripe, and saw all whom earlier looks saw (`is_whole`) or only some of them.
    #[must_use]
    pub fn ripening(self, in_ms: Option<u64>, is_whole: bool, now_ms: u64) -> Self {
        if is_whole { self.ripe_in(in_ms, now_ms) } else { self.ripe_by(in_ms, now_ms) }
    }

    /// This ticket after a look that saw only some of those whom earlier looks saw: ripe when this look foretells it or when those did,
    /// whichever is sooner and yet to come.
    #[must_use]
    pub fn ripe_by(self, in_ms: Option<u64>, now_ms: u64) -> Self {
        let before_ms = self.ripe_ms.filter(|ripe_ms| *ripe_ms > now_ms);
        let after = self.ripe_in(in_ms, now_ms);
        Self { ripe_ms: before_ms.into_iter().chain(after.ripe_ms).min(), ..after }
    }
}

/// 0, then 0 and 1, then 0 to 2 and so on: each number again and again, without knowing how many are needed. Below [`EQUALS_TURNS_MAX`].
fn turn(look: u32) -> u32 {
    let (mut turn, mut turns) = (look, 1);
    while turn >= turns {
        turn -= turns;
        turns = (turns + 1).min(EQUALS_TURNS_MAX);
    }
    turn
}

#[cfg(test)]
pub mod testing {
    use super::*;
    use domain::Player;

    const RULES: &str = r#"
        queue = "duel"
        teams = [1, 1]
        longest_wait_s = 60
        longest_match_s = 60
        [price]
        rating_gap = 0.1
        [patience]
        start_s = 5
        per_s = 1
        [look]
        width_max = 2
        rating = { start = 100, factor = 2 }
    "#;

    /// The tickets' rules with `from` replaced.
    pub fn rules_with(from: &str, to: &str) -> RuleSet {
        assert!(RULES.contains(from));
        RuleSet::try_new(vec![Rules::parse(&RULES.replace(from, to)).unwrap()]).unwrap()
    }

    /// Rules that place every ticket in another pool and another region.
    pub fn rules_elsewhere() -> RuleSet {
        rules_with("[price]", "regions = [\"eu\"]\nequal = [\"device\", \"build\"]\n[price]")
    }

    /// When every ticket began to wait.
    pub const NOW_MS: u64 = 1_000_000;

    /// Solo tickets of these ratings, numbered from 0.
    pub fn solos(ratings: &[f64]) -> Vec<Waiting> {
        let rules = Arc::new(Rules::parse(RULES).unwrap());
        (0..).zip(ratings).map(|(number, rating)| solo(&rules, number, *rating)).collect()
    }

    /// As `orchestrator-1` writes it.
    pub fn stored(waiting: &Waiting) -> Enqueue {
        Enqueue {
            id: waiting.id,
            players: waiting.party.player_ids().cloned().collect(),
            places: vec![waiting.place.clone()],
            party: api::encode_party(&waiting.party),
            queued_ms: NOW_MS,
            expires_ms: u64::MAX,
            holder: "orchestrator-1".parse().unwrap(),
            trace: String::new(),
        }
    }

    fn solo(rules: &Arc<Rules>, number: u128, rating: f64) -> Waiting {
        let party = Party::try_new(vec![Player::new(format!("p{number}").parse().unwrap(), rating)]).unwrap();
        Waiting::new(TicketId(number), rules.clone(), Arc::new(party.clone()), rules.place(&party), NOW_MS)
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{NOW_MS, rules_elsewhere, rules_with, solos};
    use super::*;
    use crate::config::ARRIVAL_TICKETS_MAX;

    #[test]
    fn a_ticket_goes_by_the_rules_in_force_and_by_its_last_once_its_queue_is_removed() {
        let waiting = solos(&[1500.0]).remove(0);
        let (dearer, chess) = (rules_with("0.1", "9"), rules_with("duel", "chess"));
        let version = |rules: &RuleSet| solos(&[1500.0]).remove(0).under(rules).rules.version();
        assert_ne!(version(&dearer), waiting.rules.version());
        assert_eq!(version(&chess.clone().succeed(&dearer)), version(&dearer), "the last that the queue had");
        assert_eq!(version(&chess), waiting.rules.version(), "its own where none is known");
    }

    #[test]
    fn a_ticket_is_looked_for_when_it_is_ripe_but_not_again_and_again_in_a_moment() {
        let solo = || solos(&[1500.0]).remove(0);
        let ripe = |in_ms, age_ms: u64| solo().ripe_in(in_ms, NOW_MS + age_ms).ripe_ms.map(|at_ms| at_ms - NOW_MS);
        assert_eq!(ripe(Some(40), 0), Some(40));
        assert_eq!(ripe(Some(1), 0), Some(RIPE_MS_MIN));
        assert_eq!(ripe(Some(1), 800), Some(800 + 800 / RIPE_SHARE));
        assert_eq!(ripe(None, 0), None);
        assert_eq!(ripe(Some(u64::MAX), 0), Some(u64::MAX - NOW_MS));
    }

    #[test]
    fn what_was_foretold_stands_where_fewer_were_seen_since() {
        let ripe = |before_ms: u64, in_ms| {
            let solo = Waiting { ripe_ms: Some(NOW_MS + before_ms), ..solos(&[1500.0]).remove(0) };
            solo.ripe_by(in_ms, NOW_MS + 100).ripe_ms.map(|at_ms| at_ms - NOW_MS)
        };
        assert_eq!((ripe(140, None), ripe(140, Some(90)), ripe(140, Some(20))), (Some(140), Some(140), Some(120)));
        assert_eq!(ripe(100, None), None, "it has come");
    }

    #[test]
    fn of_more_equals_than_a_range_holds_each_look_reads_others_and_all_are_read_again_and_again() {
        let look = |looks, ratings: &[f64]| {
            let is_whole = ratings.len() < ARRIVAL_TICKETS_MAX;
            Waiting { looks, ..solos(&[1500.0]).remove(0) }.look_among_equals(is_whole, ratings.iter().copied())
        };
        let full = [1500.0; ARRIVAL_TICKETS_MAX];
        let turn = |looks| look(looks, &full).map_or(0, |look| look.passed_over) / ARRIVAL_TICKETS_MAX;
        assert_eq!((0..10).map(turn).collect::<Vec<_>>(), [0, 0, 1, 0, 1, 2, 0, 1, 2, 3]);
        assert_eq!((0..9_999).map(turn).max(), Some(EQUALS_TURNS_MAX as usize - 1));
        assert_eq!(look(2, &full[1..]), None, "all that there are");
        assert_eq!(look(2, &[&full[..], &[1501.0]].concat()), None, "farther ones are read");
    }

    #[test]
    fn a_range_that_few_large_parties_fill_is_read_on_behind_them() {
        let look =
            |looks| Waiting { looks, ..solos(&[1500.0]).remove(0) }.look_among_equals(false, [1500.0; 9].into_iter());
        assert_eq!([0, 2, 5].map(|looks| look(looks).map_or(0, |look| look.passed_over)), [0, 9, 18]);
    }

    #[test]
    fn a_ticket_is_looked_for_where_it_stands_also_when_the_rules_in_force_place_it_elsewhere() {
        let waiting = solos(&[1500.0]).remove(0).under(&rules_elsewhere());
        assert!(!waiting.is_in_place());
        let look = waiting.look(0);
        assert_eq!(look.pool, waiting.place.pool);
        assert_eq!(look.regions, ["eu", ""], "near ones as the rules in force say, and its own");
        assert!((look.low..=look.high).contains(&waiting.place.rating));
    }
}
