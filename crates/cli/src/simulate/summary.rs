//! What a simulation came to, in figures. The same inputs give the same bytes, so nothing here knows how long it took.

use super::crowd::Crowd;
use super::full_parties::FullParties;
use super::groups::{Group, Groups};
use super::played::{Played, Seat, favourite_wins};
use crate::stats::Spread;
use serde::Serialize;
use std::collections::BTreeMap;

/// A round trip that nobody feels, in ms; or this much above the best a player can have.
const RTT_GOOD_MS: u32 = 80;
const RTT_ABOVE_BEST_MS: u32 = 30;
/// Chances of the stronger team up to here are an even match.
const EVEN_MAX: f64 = 0.55;

#[derive(Debug, Clone, Serialize)]
pub struct Summary {
    pub queue: String,
    pub rules: String,
    pub rules_version: String,
    /// Rating points at which the better of two wins ten games of eleven.
    pub rating_scale: f64,
    pub tickets: usize,
    pub tickets_matched: usize,
    pub tickets_expired: usize,
    pub players: usize,
    pub players_matched: usize,
    pub players_expired: usize,
    pub matches: usize,
    /// Proposals that the re-check refused: each one is a mistake of the engine.
    pub refused: usize,
    pub refusals: Vec<String>,
    /// Each matched player's, in ms.
    pub wait_ms: Waits,
    /// Each match's, between the means of its teams, in rating points.
    pub rating_gap_mean: f64,
    /// How far the stronger team's chance is from a half, the mean over the matches.
    pub win_probability_off_mean: f64,
    /// Share of matches in which the stronger team's chance is at most 55 %.
    pub even_share: f64,
    /// Standard deviation of the ratings within a match, the mean over the matches.
    pub rating_deviation_mean: f64,
    /// Share of matched players, of those whose round trip is known, within 80 ms or within 30 ms of their best.
    pub rtt_good_share: Option<f64>,
    pub rtt_mean_ms: Option<f64>,
    /// Seconds of wait for one rating point of gap, as the rules price it.
    pub gap_price_s: Option<f64>,
    /// Mean wait in s, and the price of the mean gap.
    pub j_s: Option<f64>,
    /// Mean wait in s, and the mean gap at the price of the rules that these are compared with: one measure for both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub j_at_first_price_s: Option<f64>,
    /// Parties that fill a team by themselves.
    pub full_parties: FullParties,
    /// How often each rule kept a ticket from matching, over all searches.
    pub rejections: BTreeMap<&'static str, u64>,
    pub by_rating: Vec<Group>,
    pub by_region: Vec<Group>,
    pub by_party_size: Vec<Group>,
    /// What these rules come to with all their prices scaled.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trade_off: Vec<TradeOff>,
    /// SHA-256 of `matches.csv`.
    pub matches_sha256: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Waits {
    pub mean: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub max: f64,
}

/// One point of the trade-off between waiting and quality.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TradeOff {
    pub price_factor: f64,
    /// Of those who were matched; none where nobody was.
    pub wait_mean_s: Option<f64>,
    pub rating_gap_mean: Option<f64>,
    pub players_expired: usize,
}

/// What the rules are called, and what of them is reported.
pub struct Headings {
    pub queue: String,
    pub rules: String,
    pub rules_version: String,
    pub rating_scale: f64,
    pub gap_price_s: Option<f64>,
}

impl Summary {
    pub fn of(headings: Headings, crowd: &Crowd, played: &Played, matches_sha256: String) -> Self {
        let seats: Vec<Seat> = played.seats(crowd).collect();
        let gaps: Vec<f64> = played.made.iter().map(|made| made.rating_gap(crowd)).collect();
        let chances: Vec<f64> = gaps.iter().map(|gap| favourite_wins(*gap, headings.rating_scale)).collect();
        let wait_ms = Waits::from(Spread::of(seats.iter().map(|seat| seat.wait_ms() as f64).collect()));
        let rating_gap_mean = mean(gaps.iter().copied());
        let size = |number: &usize| crowd.tickets[*number].party.size();
        let groups = Groups { crowd, seats: &seats, gaps: &gaps, expired: &played.expired };
        Self {
            queue: headings.queue,
            rules: headings.rules,
            rules_version: headings.rules_version,
            rating_scale: headings.rating_scale,
            tickets: crowd.tickets.len(),
            tickets_matched: played.made.iter().flat_map(|made| &made.teams).map(Vec::len).sum(),
            tickets_expired: played.expired.len(),
            players: crowd.players,
            players_matched: seats.len(),
            players_expired: played.expired.iter().map(size).sum(),
            matches: played.made.len(),
            refused: played.refused,
            refusals: played.refusals.clone(),
            wait_ms,
            rating_gap_mean,
            win_probability_off_mean: mean(chances.iter().map(|chance| chance - 0.5)),
            even_share: mean(chances.iter().map(|chance| f64::from(*chance <= EVEN_MAX))),
            rating_deviation_mean: mean(played.made.iter().map(|made| made.rating_deviation(crowd))),
            rtt_good_share: known_mean(seats.iter().filter_map(|seat| has_good_rtt(seat).map(f64::from))),
            rtt_mean_ms: known_mean(seats.iter().filter_map(|seat| seat.rtt_ms().map(f64::from))),
            gap_price_s: headings.gap_price_s,
            j_s: headings.gap_price_s.map(|price_s| j_s(price_s, &wait_ms, rating_gap_mean)),
            j_at_first_price_s: None,
            full_parties: played.full_parties,
            rejections: played.rejections.clone(),
            by_rating: groups.by_rating(),
            by_region: groups.by_region(),
            by_party_size: groups.by_party_size(),
            trade_off: Vec::new(),
            matches_sha256,
        }
    }
}

impl Summary {
    /// Measures these rules by the price of others.
    pub fn measured_at(mut self, first_price_s: Option<f64>) -> Self {
        self.j_at_first_price_s = first_price_s.map(|price_s| j_s(price_s, &self.wait_ms, self.rating_gap_mean));
        self
    }
}

/// Mean wait in s, and the price of the mean gap.
fn j_s(gap_price_s: f64, wait_ms: &Waits, rating_gap_mean: f64) -> f64 {
    wait_ms.mean / 1e3 + gap_price_s * rating_gap_mean
}

impl TradeOff {
    pub fn of(price_factor: f64, crowd: &Crowd, played: &Played) -> Self {
        let waits = played.seats(crowd).map(|seat| seat.wait_ms() as f64 / 1e3);
        Self {
            price_factor,
            wait_mean_s: known_mean(waits),
            rating_gap_mean: known_mean(played.made.iter().map(|made| made.rating_gap(crowd))),
            players_expired: played.expired.iter().map(|number| crowd.tickets[*number].party.size()).sum(),
        }
    }
}

impl From<Spread> for Waits {
    fn from(Spread { mean, p50, p90, p99, worst, .. }: Spread) -> Self {
        Self { mean, p50, p90, p99, max: worst }
    }
}

/// None where no round trip is known.
fn has_good_rtt(seat: &Seat) -> Option<bool> {
    let (rtt_ms, best_ms) = (seat.rtt_ms()?, seat.best_rtt_ms()?);
    Some(rtt_ms <= RTT_GOOD_MS || rtt_ms <= best_ms + RTT_ABOVE_BEST_MS)
}

/// 0 of nothing.
pub fn mean(values: impl Iterator<Item = f64>) -> f64 {
    known_mean(values).unwrap_or(0.0)
}

pub fn known_mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0u64, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / count as f64)
}
