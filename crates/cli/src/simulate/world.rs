//! The live system's way of looking, on a virtual clock: an arrival gets one anchored search at once, later looks are windows in
//! rounds. Searching takes no time and committing none, so nothing changes between a look and its commit.

use super::crowd::Crowd;
use super::full_parties::could_face;
use super::line::Line;
use super::meetings::Meetings;
use super::played::{Made, Played};
use super::prospects::Prospects;
use domain::{Candidate, Outcome, Party, PlayerId, Proposal, Range, Rules, Sought, TicketId};
use indicatif::ProgressBar;
use orchestrator::plan::{ARRIVAL_TICKETS_MAX, DUE_MAX, ROUND_MS, Schedule, Waiting, Window, windows};
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

/// Plays the whole crowd, then on until nobody waits; `bar` grows by the players who came.
pub fn play(crowd: &Crowd, rules: &Arc<Rules>, bar: &ProgressBar) -> Played {
    let mut world = World::new(crowd, rules);
    let mut coming = (0..crowd.tickets.len()).peekable();
    let mut round_ms = 0;
    loop {
        if world.line.is_empty() {
            let Some(next) = coming.peek() else { return world.played };
            round_ms = crowd.tickets[*next].queued_ms.next_multiple_of(ROUND_MS).max(round_ms);
        }
        while let Some(number) = coming.next_if(|number| crowd.tickets[*number].queued_ms <= round_ms) {
            world.arrive(number);
            bar.inc(crowd.tickets[number].party.size() as u64);
        }
        world.round(round_ms);
        round_ms += ROUND_MS;
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
        let waiting = Waiting {
            id,
            rules: self.rules.clone(),
            party: Arc::new(party.clone()),
            place: place.clone(),
            queued_ms,
            tries: 0,
            width: 0,
            trace: "".into(),
            room: None,
            looks: 0,
            counted: None,
            held: None,
        };
        self.line.insert(number, Candidate { id, version: 1, queued_ms, tries: 0, party }, place);
        self.numbers.insert(id, number);
        ticket.party.player_ids().for_each(|player| *self.selves.entry(player).or_default() += 1);
        self.oldest.push_back(number);
        if self.is_full(number) {
            self.full_parties.insert(number);
        }
        self.look_around(number, &waiting);
        if self.line.holds(number) {
            self.look_at(waiting.next_look_ms(queued_ms), waiting);
        }
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

    fn look_around(&mut self, number: usize, waiting: &Waiting) {
        let now_ms = waiting.queued_ms;
        let look = self.rules.look(&waiting.party, waiting.width_at(now_ms));
        let numbers = self.line.read(&look, ARRIVAL_TICKETS_MAX);
        if numbers.contains(&number) {
            self.search(Sought::Anchor(waiting.id), &numbers, &look.pool, now_ms);
        }
    }

    fn look_at(&mut self, at_ms: u64, waiting: Waiting) {
        self.schedule.add(at_ms.next_multiple_of(ROUND_MS), waiting);
    }

    fn round(&mut self, now_ms: u64) {
        self.expire(now_ms);
        loop {
            let due = self.schedule.take_due(now_ms, DUE_MAX);
            if due.is_empty() {
                return;
            }
            for window in windows(due, now_ms) {
                self.look_through(window, now_ms);
            }
        }
    }

    fn look_through(&mut self, window: Window, now_ms: u64) {
        if !window.waiting.iter().any(|waiting| self.waits(waiting)) {
            return;
        }
        let numbers = self.line.read(&window.look, api::RANGE_TICKETS_MAX);
        if numbers.len() == api::RANGE_TICKETS_MAX && window.waiting.len() >= 2 {
            for half in window.halves().into_iter().flatten() {
                self.look_through(half, now_ms);
            }
            return;
        }
        let due = window.waiting.iter().map(|waiting| waiting.id).collect();
        self.search(Sought::Window(due), &numbers, &window.look.pool, now_ms);
        for waiting in window.waiting {
            if self.waits(&waiting) {
                self.look_at(waiting.next_look_ms(now_ms), waiting);
            }
        }
    }

    fn waits(&self, waiting: &Waiting) -> bool {
        self.numbers.contains_key(&waiting.id)
    }

    fn search(&mut self, sought: Sought, numbers: &[usize], pool: &str, now_ms: u64) {
        let outlook = self.prospects.outlook(self.rules, pool, now_ms);
        let range = Range { sought, candidates: self.line.lend(numbers), outlook };
        let seed = range.candidates.first().map_or(0, |first| first.id.0 as u64);
        let Outcome { proposals, rejections, .. } = domain::search(&range, self.rules, now_ms, seed);
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
