//! What came of a simulation.

use super::crowd::{Crowd, Ticket};
use super::full_parties::FullParties;
use domain::Player;
use std::collections::BTreeMap;

/// Refusals that are told; the rest are counted.
const REFUSALS_TOLD_MAX: usize = 10;

/// Tickets are named by their number in the crowd.
#[derive(Debug, Default)]
pub struct Played {
    /// In the order in which they were committed.
    pub made: Vec<Made>,
    pub expired: Vec<usize>,
    /// Proposals that the re-check refused: each one is a mistake of the engine.
    pub refused: usize,
    pub refusals: Vec<String>,
    /// How often each rule kept a ticket from matching, over all searches.
    pub rejections: BTreeMap<&'static str, u64>,
    pub full_parties: FullParties,
}

/// A match.
#[derive(Debug)]
pub struct Made {
    pub matched_ms: u64,
    /// Empty when the queue knows no regions.
    pub region: String,
    pub teams: Vec<Vec<usize>>,
}

/// One player of a match.
#[derive(Clone, Copy)]
pub struct Seat<'a> {
    /// The ticket's number in the crowd.
    pub number: usize,
    pub ticket: &'a Ticket,
    /// His place in the ticket.
    pub member: usize,
    pub team: usize,
    /// Which match it is, counted from 0.
    pub match_number: usize,
    pub made: &'a Made,
}

impl Played {
    /// Everyone who was matched, match by match and team by team.
    pub fn seats<'a>(&'a self, crowd: &'a Crowd) -> impl Iterator<Item = Seat<'a>> {
        self.made.iter().enumerate().flat_map(|(number, made)| made.seats(number, crowd))
    }

    pub fn refuse(&mut self, why: String) {
        self.refused += 1;
        if self.refusals.len() < REFUSALS_TOLD_MAX {
            self.refusals.push(why);
        }
    }
}

impl Made {
    fn seats<'a>(&'a self, match_number: usize, crowd: &'a Crowd) -> impl Iterator<Item = Seat<'a>> {
        let tickets = self.teams.iter().enumerate().flat_map(|(team, numbers)| numbers.iter().map(move |n| (team, *n)));
        tickets.flat_map(move |(team, number)| {
            let ticket = &crowd.tickets[number];
            (0..ticket.names.len()).map(move |member| Seat { number, ticket, member, team, match_number, made: self })
        })
    }

    fn players<'a>(&'a self, crowd: &'a Crowd) -> impl Iterator<Item = &'a Player> {
        self.teams.iter().flatten().flat_map(|number| crowd.tickets[*number].party.players())
    }

    /// Between the highest and the lowest mean rating of its teams.
    pub fn rating_gap(&self, crowd: &Crowd) -> f64 {
        let mean = |team: &Vec<usize>| {
            let players = || team.iter().flat_map(|number| crowd.tickets[*number].party.players());
            players().map(|player| player.rating).sum::<f64>() / players().count() as f64
        };
        let ends = (f64::INFINITY, f64::NEG_INFINITY);
        let (low, high) = self.teams.iter().map(mean).fold(ends, |(low, high), mean| (low.min(mean), high.max(mean)));
        (high - low).max(0.0)
    }

    /// Population standard deviation of the players' ratings.
    pub fn rating_deviation(&self, crowd: &Crowd) -> f64 {
        let ratings: Vec<f64> = self.players(crowd).map(|player| player.rating).collect();
        let mean = ratings.iter().sum::<f64>() / ratings.len() as f64;
        (ratings.iter().map(|rating| (rating - mean).powi(2)).sum::<f64>() / ratings.len() as f64).sqrt()
    }
}

impl<'a> Seat<'a> {
    pub fn player(&self) -> &'a Player {
        &self.ticket.party.players()[self.member]
    }

    /// Counted from 0, in the trace.
    pub fn row(&self) -> usize {
        self.ticket.row + self.member
    }

    pub fn wait_ms(&self) -> u64 {
        self.made.matched_ms - self.ticket.queued_ms
    }

    /// To the region where the match is played.
    pub fn rtt_ms(&self) -> Option<u32> {
        let mut known = self.player().rtt_ms.iter();
        known.find(|(region, _)| region.as_str() == self.made.region).map(|(_, rtt_ms)| *rtt_ms)
    }

    /// To the region that is nearest to him.
    pub fn best_rtt_ms(&self) -> Option<u32> {
        self.player().rtt_ms.values().min().copied()
    }
}

/// Chance of the stronger team, by the logistic curve of the Elo scale, 0.5 to 1: of `rating_scale` points it wins ten games of eleven.
pub fn favourite_wins(rating_gap: f64, rating_scale: f64) -> f64 {
    1.0 / (1.0 + 10f64.powf(-rating_gap / rating_scale))
}
