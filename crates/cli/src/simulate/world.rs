//! The live system's way of looking, on a virtual clock: an arrival gets one anchored search at once, and so does a ticket when it is ripe,
//! unless others are ripe with it; other looks are windows in rounds. Searching takes no time and committing none, so nothing changes between
//! a look and its commit.

use super::crowd::Crowd;
use super::full_parties::could_face;
use super::line::Line;
use super::meetings::Meetings;
use super::played::{Made, Played};
use super::prospects::Prospects;
use domain::{Candidate, Outcome, Party, PlayerId, Proposal, Range, Rules, Sought, TicketId};
use indicatif::ProgressBar;
use orchestrator::plan::{ARRIVAL_TICKETS_MAX, Due, Schedule, WINDOW_TICKETS_MAX, Waiting, Way, Window, windows};
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// Plays the whole crowd, then on until nobody waits; `bar` grows by the players who came.
pub fn play(crowd: &Crowd, rules: &Arc<Rules>, bar: &ProgressBar) -> Played {
    let mut world = World::new(crowd, rules);
    let mut coming = (0..crowd.tickets.len()).peekable();
    loop {
        let arrives_ms = coming.peek().map(|next| crowd.tickets[*next].queued_ms);
        match (arrives_ms, world.schedule.next_ms()) {
            (Some(arrives_ms), due_ms) if due_ms.is_none_or(|due_ms| arrives_ms <= due_ms) => {
                if let Some(number) = coming.next() {
                    world.arrive(number);
                    bar.inc(crowd.tickets[number].party.size() as u64);
                }
            }
            (_, Some(due_ms)) => world.look_for_due(due_ms),
            (_, None) => return world.played,
        }
    }
}

struct World<'a> {
    crowd: &'a Crowd,
    rules: &'a Arc<Rules>,
    line: Line,
    schedule: Schedule,
    prospects: Prospects,
    meetings: Meetings,
    /// The number of each ticket that waits.
    numbers: HashMap<TicketId, usize>,
    /// In how many tickets a player waits.
    selves: HashMap<&'a PlayerId, usize>,
    /// In order of arrival, which is that of expiry; some of them wait no longer.
    oldest: VecDeque<usize>,
    /// Parties now waiting that fill a team by themselves.
    full_parties: BTreeSet<usize>,
    played: Played,
}

impl<'a> World<'a> {
    fn new(crowd: &'a Crowd, rules: &'a Arc<Rules>) -> Self {
        Self {
            crowd,
            rules,
            line: Line::new(crowd.tickets.len()),
            schedule: Schedule::default(),
            prospects: Prospects::default(),
            meetings: Meetings::new(rules),
            numbers: HashMap::new(),
            selves: HashMap::new(),
            oldest: VecDeque::new(),
            full_parties: BTreeSet::new(),
            played: Played::default(),
        }
    }

    fn arrive(&mut self, number: usize) {
        let ticket = &self.crowd.tickets[number];
        let (id, queued_ms) = (ticket.id, ticket.queued_ms);
        self.expire(queued_ms);
        let party = self.meetings.told_to(self.apart_from_themselves(&ticket.party), queued_ms);
        let place = self.rules.place(&party);
        self.prospects.note(&place.pool, queued_ms, &party);
        let waiting = Waiting::new(id, self.rules.clone(), Arc::new(party.clone()), place.clone(), queued_ms);
        self.line.insert(number, Candidate { id, version: 1, queued_ms, tries: 0, party }, place);
        self.numbers.insert(id, number);
        ticket.party.player_ids().for_each(|player| *self.selves.entry(player).or_default() += 1);
        self.oldest.push_back(number);
        if self.is_full(number) {
            self.full_parties.insert(number);
        }
        self.look_around(waiting, queued_ms);
    }

    /// The party, each of whose players never meets the other tickets in which he waits.
    fn apart_from_themselves(&self, party: &Party) -> Party {
        if !party.player_ids().any(|player| self.selves.contains_key(player)) {
            return party.clone();
        }
        let mut players = party.players().to_vec();
        for player in players.iter_mut().filter(|player| self.selves.contains_key(&player.id)) {
            player.blocked = vec![player.id.clone()];
        }
        // It held before, and one name is within every bound.
        Party::try_new(players).unwrap_or_else(|_| party.clone())
    }

    /// Looks around one ticket, which must be in the match.
    fn look_around(&mut self, waiting: Waiting, now_ms: u64) {
        let Some(number) = self.numbers.get(&waiting.id).copied() else { return };
        let look = self.rules.look(&waiting.party, waiting.width_at(now_ms));
        let mut numbers = self.line.read(&look, ARRIVAL_TICKETS_MAX);
        let is_whole = numbers.len() < ARRIVAL_TICKETS_MAX;
        let rating = |number: &usize| self.crowd.tickets[*number].party.rating();
        if let Some(look) = waiting.look_among_equals(is_whole, numbers.iter().map(rating)) {
            let others = self.line.read(&look, ARRIVAL_TICKETS_MAX);
            numbers = if others.is_empty() { numbers } else { others };
        }
        if !numbers.contains(&number) {
            numbers.push(number);
        }
        let ripe_in_ms = self.search(Sought::Anchor(waiting.id), &numbers, &look.pool, now_ms);
        let ripe_in_ms = ripe_in_ms.get(&waiting.id).copied();
        self.look_again(waiting.ripening(ripe_in_ms, is_whole, now_ms), now_ms);
    }

    /// As the live system: at the moment when it is ripe, or in a round.
    fn look_again(&mut self, waiting: Waiting, now_ms: u64) {
        self.put_aside(Waiting { looks: waiting.looks + 1, ..waiting }, now_ms);
    }

    /// Schedules the next look for a ticket that waits, without counting one.
    fn put_aside(&mut self, waiting: Waiting, now_ms: u64) {
        if self.waits(&waiting) {
            self.schedule.add_again(waiting.next_look_ms(now_ms), waiting);
        }
    }

    fn look_for_due(&mut self, now_ms: u64) {
        self.expire(now_ms);
        let Due { ripe, round } = self.schedule.take_due(now_ms);
        for window in windows(ripe, now_ms) {
            self.look_for_ripe(window, now_ms);
        }
        for window in windows(round, now_ms) {
            self.look_through(window, now_ms);
        }
    }

    /// Together where they are several and few others wait among them.
    fn look_for_ripe(&mut self, window: Window, now_ms: u64) {
        if window.waiting.len() > 1 && window.waiting.iter().any(|waiting| self.waits(waiting)) {
            let numbers = self.line.read(&window.look, WINDOW_TICKETS_MAX);
            if numbers.len() < WINDOW_TICKETS_MAX {
                return self.search_window(window, &numbers, now_ms);
            }
        }
        self.look_around_each(window.waiting, now_ms);
    }

    fn look_around_some(&mut self, window: Window, now_ms: u64) {
        let (some, others) = window.drawn(now_ms);
        self.look_around_each(some, now_ms);
        others.into_iter().for_each(|waiting| self.put_aside(waiting.ripe_by(None, now_ms), now_ms));
    }

    fn look_around_each(&mut self, waiting: Vec<Waiting>, now_ms: u64) {
        for waiting in waiting {
            self.look_around(waiting, now_ms);
        }
    }

    fn look_through(&mut self, window: Window, now_ms: u64) {
        if !window.waiting.iter().any(|waiting| self.waits(waiting)) {
            return;
        }
        let numbers = self.line.read(&window.look, WINDOW_TICKETS_MAX);
        match window.way((numbers.len() < WINDOW_TICKETS_MAX).then_some(numbers.len())) {
            Way::Through => self.search_window(window, &numbers, now_ms),
            Way::AroundEach => self.look_around_each(window.waiting, now_ms),
            Way::AroundSome => self.look_around_some(window, now_ms),
            Way::Narrower => window.narrower().into_iter().for_each(|part| self.look_through(part, now_ms)),
        }
    }

    fn search_window(&mut self, window: Window, numbers: &[usize], now_ms: u64) {
        let due = window.waiting.iter().map(|waiting| waiting.id).collect();
        let ripe_in_ms = self.search(Sought::Window(due), numbers, &window.look.pool, now_ms);
        let is_whole = window.is_whole();
        for waiting in window.waiting {
            let ripe_in_ms = ripe_in_ms.get(&waiting.id).copied();
            self.look_again(waiting.ripening(ripe_in_ms, is_whole, now_ms), now_ms);
        }
    }

    fn waits(&self, waiting: &Waiting) -> bool {
        self.numbers.contains_key(&waiting.id)
    }

    /// Commits what is found; answers in how many ms each ticket that stays is ripe.
    fn search(&mut self, sought: Sought, numbers: &[usize], pool: &str, now_ms: u64) -> HashMap<TicketId, u64> {
        let outlook = self.prospects.outlook(self.rules, pool, now_ms);
        let range = Range { sought, candidates: self.line.lend(numbers), outlook };
        let seed = range.candidates.first().map_or(0, |first| first.id.0 as u64);
        let Outcome { proposals, rejections, ripening, .. } = domain::search(&range, self.rules, now_ms, seed);
        let ripe_in_ms =
            ripening.iter().map(|ripening| (range.candidates[ripening.ticket].id, ripening.in_ms)).collect();
        for rejection in rejections {
            *self.played.rejections.entry(rejection.rule).or_default() += u64::from(rejection.count);
        }
        // Those of a later match of this search waited as well.
        let full_parties = if proposals.is_empty() { BTreeSet::new() } else { self.full_parties.clone() };
        for proposal in proposals {
            let teams = teams_of(&proposal, numbers);
            match self.refusal(&range, &proposal, &teams, now_ms) {
                Some(why) => self.played.refuse(why),
                None => self.commit(Made { matched_ms: now_ms, region: proposal.region, teams }, &full_parties),
            }
        }
        self.line.take_back(numbers, range.candidates);
        ripe_in_ms
    }

    /// What the mover would say against a proposal, and what is true of any match: nobody meets himself.
    fn refusal(&self, range: &Range, proposal: &Proposal, teams: &[Vec<usize>], now_ms: u64) -> Option<String> {
        let team = |team: &Vec<usize>| team.iter().map(|at| range.candidates[*at].clone()).collect();
        let candidates: Vec<Vec<Candidate>> = proposal.teams.iter().map(team).collect();
        if let Err(violation) = self.rules.check(&candidates, now_ms) {
            return Some(violation.to_string());
        }
        let mut seen = HashSet::new();
        let mut names = teams.iter().flatten().flat_map(|number| &self.crowd.tickets[*number].names);
        names.find(|name| !seen.insert(*name)).map(|name| format!("player {name} would meet himself"))
    }

    /// `full_parties`: those that waited when the search began.
    fn commit(&mut self, made: Made, full_parties: &BTreeSet<usize>) {
        let full: Vec<usize> =
            made.teams.iter().flatten().copied().filter(|number| full_parties.contains(number)).collect();
        let waited = full.len() == 1
            && full_parties.iter().any(|other| could_face(*other, full[0], &made, self.crowd, self.rules));
        self.played.full_parties.add(full.len(), waited);
        let tickets = made.teams.iter().flatten().map(|number| &self.crowd.tickets[*number].party);
        self.meetings.note(tickets, made.matched_ms);
        made.teams.iter().flatten().for_each(|number| self.leave(*number));
        self.played.made.push(made);
    }

    fn expire(&mut self, now_ms: u64) {
        while let Some(number) = self.oldest.front().copied() {
            let ticket = &self.crowd.tickets[number];
            if self.line.holds(number) {
                if now_ms < ticket.queued_ms + self.rules.longest_wait_ms() {
                    return;
                }
                self.leave(number);
                self.played.expired.push(number);
            }
            self.oldest.pop_front();
        }
    }

    fn leave(&mut self, number: usize) {
        let ticket = &self.crowd.tickets[number];
        self.line.remove(number, ticket.id);
        self.numbers.remove(&ticket.id);
        self.full_parties.remove(&number);
        for player in ticket.party.player_ids() {
            let Some(tickets) = self.selves.get_mut(player) else { continue };
            *tickets -= 1;
            if *tickets == 0 {
                self.selves.remove(player);
            }
        }
    }

    /// Whether a party fills a team of several by itself.
    fn is_full(&self, number: usize) -> bool {
        let size = self.crowd.tickets[number].party.size();
        size > 1 && self.rules.team_sizes().contains(&size)
    }
}

fn teams_of(proposal: &Proposal, numbers: &[usize]) -> Vec<Vec<usize>> {
    proposal.teams.iter().map(|team| team.iter().map(|at| numbers[*at]).collect()).collect()
}
