//! Who fares how: the same figures by rating, by home region and by size of party.

use super::crowd::Crowd;
use super::played::Seat;
use super::summary::known_mean;
use serde::Serialize;
use std::collections::BTreeMap;

const RATING_GROUPS: usize = 10;
/// Groups that span more rating points than this are told apart by whole ones.
const NAMED_BY_POINT_MIN: f64 = 50.0;

/// Players who have something in common.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    pub name: String,
    /// Players who came.
    pub players: usize,
    pub players_expired: usize,
    /// Of those who were matched; none where nobody was.
    pub wait_mean_s: Option<f64>,
    /// Of the matches they played, each counted once for each of them.
    pub rating_gap_mean: Option<f64>,
}

/// What is to be grouped.
pub struct Groups<'a> {
    pub crowd: &'a Crowd,
    /// Every seat of every match.
    pub seats: &'a [Seat<'a>],
    /// Each match's, in the order of the seats' matches.
    pub gaps: &'a [f64],
    /// Tickets by number.
    pub expired: &'a [usize],
}

/// The samples of one group.
#[derive(Default)]
struct Members {
    players: usize,
    expired: usize,
    waits_s: Vec<f64>,
    gaps: Vec<f64>,
}

impl Groups<'_> {
    /// In ten groups of as many players each, by what they came with; fewer where many share a rating.
    pub fn by_rating(&self) -> Vec<Group> {
        let tickets = &self.crowd.tickets;
        let players = tickets.iter().flat_map(|ticket| ticket.party.players());
        let mut ratings: Vec<f64> = players.map(|player| player.rating).collect();
        ratings.sort_by(f64::total_cmp);
        let starts = (0..RATING_GROUPS).filter_map(|group| ratings.get(group * ratings.len() / RATING_GROUPS));
        let mut starts: Vec<f64> = starts.copied().collect();
        starts.dedup();
        let highest = ratings.last().copied().unwrap_or_default();
        let group = |number: usize, member: usize| {
            let rating = tickets[number].party.players()[member].rating;
            starts.partition_point(|start| *start <= rating).saturating_sub(1)
        };
        // Groups that lie close together must not have one name.
        let span = highest - starts.first().copied().unwrap_or_default();
        let digits = if span < NAMED_BY_POINT_MIN { 3 } else { 0 };
        let name = |at: usize| {
            let next = starts.get(at + 1).copied().unwrap_or(highest);
            format!("{:.digits$}–{next:.digits$}", starts[at])
        };
        self.grouped(group, name)
    }

    /// Empty when the queue knows no regions.
    pub fn by_region(&self) -> Vec<Group> {
        let home = |number: usize, _| self.crowd.tickets[number].home.clone();
        let groups = self.grouped(home, |home| home);
        groups.into_iter().filter(|group| !group.name.is_empty()).collect()
    }

    pub fn by_party_size(&self) -> Vec<Group> {
        self.grouped(|number, _| self.crowd.tickets[number].party.size(), |size| size.to_string())
    }

    /// `key` is asked of a ticket's number and a member of it.
    fn grouped<K: Ord>(&self, key: impl Fn(usize, usize) -> K, name: impl Fn(K) -> String) -> Vec<Group> {
        let mut groups: BTreeMap<K, Members> = BTreeMap::new();
        for (number, ticket) in self.crowd.tickets.iter().enumerate() {
            (0..ticket.names.len()).for_each(|member| groups.entry(key(number, member)).or_default().players += 1);
        }
        for number in self.expired {
            let members = 0..self.crowd.tickets[*number].names.len();
            members.for_each(|member| groups.entry(key(*number, member)).or_default().expired += 1);
        }
        for seat in self.seats {
            let members = groups.entry(key(seat.number, seat.member)).or_default();
            members.waits_s.push(seat.wait_ms() as f64 / 1e3);
            members.gaps.push(self.gaps[seat.match_number]);
        }
        groups.into_iter().map(|(key, members)| members.into_group(name(key))).collect()
    }
}

impl Members {
    fn into_group(self, name: String) -> Group {
        Group {
            name,
            players: self.players,
            players_expired: self.expired,
            wait_mean_s: known_mean(self.waits_s.into_iter()),
            rating_gap_mean: known_mean(self.gaps.into_iter()),
        }
    }
}
