//! What the charts show: one sample a second.

use crate::config::{HISTORY_S_MAX, SAMPLED_MAX};
use api::v1::{Hold, Stage};
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

#[derive(Default)]
pub struct History {
    samples: VecDeque<Sample>,
    now: Figures,
}

/// One second.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Sample {
    /// When it ended, in ms since the Unix epoch.
    pub at_ms: u64,
    pub matches: usize,
    /// Tickets that somebody began to look for, once for each of their queues.
    pub arrivals: usize,
    /// Tickets that wait at its end, by home region.
    pub waiting: BTreeMap<String, usize>,
    /// Of those matched in it, in seconds: half of them waited no longer, nine of ten no longer.
    pub wait_s: Option<[f64; 2]>,
    /// Of its matches, between the highest and the lowest team mean, in rating points.
    pub gap: Option<[f64; 2]>,
    /// Of its matches, in seconds of waiting.
    pub cost_s: Option<[f64; 2]>,
}

#[derive(Default)]
struct Figures {
    matches: usize,
    arrivals: usize,
    waits_s: Vec<f64>,
    gaps: Vec<f64>,
    costs_s: Vec<f64>,
}

impl History {
    /// A hold that began just now.
    pub fn note(&mut self, hold: &Hold) {
        match hold.stage() {
            Stage::Waiting => self.now.arrivals += hold.tickets.len(),
            Stage::Hosted => self.now.note_match(hold),
            _ => {}
        }
    }

    /// Ends the present second.
    pub fn sample(&mut self, at_ms: u64, waiting: BTreeMap<String, usize>) -> &Sample {
        let Figures { matches, arrivals, waits_s, gaps, costs_s } = std::mem::take(&mut self.now);
        if self.samples.len() >= HISTORY_S_MAX {
            self.samples.pop_front();
        }
        let (wait_s, gap, cost_s) = (percentiles(waits_s), percentiles(gaps), percentiles(costs_s));
        self.samples.push_back(Sample { at_ms, matches, arrivals, waiting, wait_s, gap, cost_s });
        &self.samples[self.samples.len() - 1]
    }

    pub fn samples(&self) -> &VecDeque<Sample> {
        &self.samples
    }
}

impl Figures {
    fn note_match(&mut self, hold: &Hold) {
        self.matches += 1;
        if self.gaps.len() >= SAMPLED_MAX {
            return;
        }
        self.gaps.push(gap(hold));
        self.costs_s.push(hold.cost_s);
        let wait_s = |queued_ms| hold.matched_ms.saturating_sub(queued_ms) as f64 / 1e3;
        self.waits_s.extend(hold.tickets.iter().map(|ticket| wait_s(ticket.queued_ms)));
    }
}

/// Between the highest and the lowest mean rating of its teams.
fn gap(hold: &Hold) -> f64 {
    let mut teams: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for ticket in &hold.tickets {
        let (rating, players) = teams.entry(ticket.team).or_default();
        *rating += ticket.rating * ticket.player_ids.len() as f64;
        *players += ticket.player_ids.len() as f64;
    }
    let means = teams.values().filter(|(_, players)| *players > 0.0).map(|(rating, players)| rating / players);
    let (low, high) =
        means.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), mean| (low.min(mean), high.max(mean)));
    (high - low).max(0.0)
}

/// The median and the ninetieth.
fn percentiles(mut values: Vec<f64>) -> Option<[f64; 2]> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    Some([0.5, 0.9].map(|share| values[(last as f64 * share).round() as usize]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::v1::HeldTicket;

    fn ticket(team: u32, rating: f64, players: usize) -> HeldTicket {
        let player_ids = vec!["p".to_owned(); players];
        HeldTicket { team, rating, player_ids, queued_ms: 1_000, ..Default::default() }
    }

    #[test]
    fn a_second_tells_the_matches_that_began_in_it() {
        let mut history = History::default();
        let tickets = vec![ticket(0, 1500.0, 1), ticket(0, 1600.0, 3), ticket(1, 1500.0, 4)];
        history.note(&Hold { stage: Stage::Hosted.into(), matched_ms: 3_000, tickets, ..Default::default() });
        let sample = history.sample(4_000, BTreeMap::new());
        assert_eq!((sample.matches, sample.wait_s, sample.gap), (1, Some([2.0, 2.0]), Some([75.0, 75.0])));
        assert_eq!(history.sample(5_000, BTreeMap::new()).matches, 0);
    }

    #[test]
    fn no_more_is_kept_than_the_charts_show() {
        let mut history = History::default();
        for second in 0..=HISTORY_S_MAX as u64 {
            history.sample(second, BTreeMap::new());
        }
        assert_eq!((history.samples().len(), history.samples()[0].at_ms), (HISTORY_S_MAX, 1));
    }
}
