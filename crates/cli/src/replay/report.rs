//! What players got, in figures.

use super::broken::{self, WithoutOutcome};
use crate::stats::Spread;
use api::v1::{Team, TicketState};
use players::{Broken, Lost, Member, Refusals, Stage, Tally, TicketRecord, Told};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A replay that is over.
pub struct Played<'a> {
    pub trace: &'a str,
    pub stage: &'a Stage,
    pub records: &'a [TicketRecord],
    pub broken: &'a [Broken],
}

/// Trace seconds are wall seconds times the speed.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    pub trace: String,
    pub queue: String,
    pub speed: f64,
    /// It was stopped by hand: what follows is about the part that was played.
    pub interrupted: bool,
    /// Nothing answered any more: what follows is about the part that was played.
    pub deserted: bool,
    /// From the first row to the last player's leaving.
    pub wall_s: f64,
    /// Players in the trace so far as it was played, and what became of their rows.
    pub rows: u64,
    pub rows_skipped_busy: u64,
    pub rows_skipped_full: u64,
    pub refused: u64,
    pub refusals: BTreeMap<&'static str, Refusals>,
    /// Acknowledged tickets and what became of them.
    pub tickets: usize,
    pub tickets_matched: usize,
    pub tickets_ended: usize,
    pub tickets_cancelled: usize,
    /// Of those, the ones that still waited when the replay was over.
    pub tickets_given_up: usize,
    pub tickets_expired: usize,
    pub tickets_without_outcome: usize,
    pub without_outcome: WithoutOutcome,
    pub matched_share: f64,
    pub matches: usize,
    pub matches_per_s: f64,
    /// Each player's, from sending Enqueue to being told of the match.
    pub wait_trace_s: Spread,
    pub wait_wall_ms: Spread,
    /// Each player's, from Enqueue's answer to being told of the match.
    pub answered_to_matched_ms: Spread,
    /// Each ticket's, from sending Enqueue to its answer.
    pub enqueue_ms: Spread,
    /// Each match's, between the highest and the lowest mean rating of its teams.
    pub rating_gap: Spread,
    /// Each seat's, to the match's region, where known.
    pub rtt_ms: Spread,
    pub cost_s: Spread,
    /// Watches that broke, watches opened again, updates told again, acknowledgements and ends that found no answer.
    pub watch_broken: u64,
    pub watch_reopened: u64,
    /// From a watch that broke to one that stands, in ms.
    pub watch_mended_ms: Spread,
    pub updates_repeated: u64,
    pub acknowledge_failures: u64,
    pub end_failures: u64,
    pub players_lost: usize,
    pub first_loss: String,
    /// Tickets that were acknowledged are unknown, or history went back to an earlier epoch.
    pub store_began_anew: bool,
    /// How far the replay fell behind the trace at worst: above a few hundred, it measured itself.
    pub replay_late_ms_max: f64,
    pub broken: Vec<String>,
    pub broken_by_kind: BTreeMap<&'static str, usize>,
    /// Of one-outcome.
    pub players_told_no_outcome: usize,
}

impl Report {
    pub fn of(played: Played) -> Self {
        let mut report = Self { trace: played.trace.to_owned(), ..Default::default() };
        report.counts(played.stage);
        report.outcomes(played.records);
        report.waits(played.records);
        report.matches(played.records);
        report.troubles(played.records);
        report.broken = played.broken.iter().map(Broken::to_string).collect();
        report.broken_by_kind = broken::counts(played.broken);
        report.players_told_no_outcome = broken::told_no_outcome(played.records);
        report
    }

    fn counts(&mut self, stage: &Stage) {
        let tally = &stage.tally;
        self.queue.clone_from(&stage.plan.queue);
        self.speed = stage.plan.speed;
        self.interrupted = stage.interrupted.is_cancelled();
        self.deserted = stage.deserted.is_cancelled();
        self.rows = Tally::read(&tally.rows);
        self.rows_skipped_busy = Tally::read(&tally.skipped_busy);
        self.rows_skipped_full = Tally::read(&tally.skipped_full);
        self.refused = Tally::read(&tally.refused);
        self.refusals = tally.refusals();
        self.acknowledge_failures = Tally::read(&tally.acknowledge_failures);
        self.end_failures = Tally::read(&tally.end_failures);
        self.replay_late_ms_max = ms(Tally::read(&tally.late_us_max));
    }

    fn outcomes(&mut self, records: &[TicketRecord]) {
        let came_to = |state| records.iter().filter(|record| outcome(record) == state).count();
        self.tickets = records.len();
        self.tickets_ended = came_to(Some(TicketState::Ended));
        self.tickets_cancelled = came_to(Some(TicketState::Cancelled));
        let given_up = |record: &&TicketRecord| record.given_up && outcome(record) == Some(TicketState::Cancelled);
        self.tickets_given_up = records.iter().filter(given_up).count();
        self.tickets_expired = came_to(Some(TicketState::Expired));
        self.without_outcome = WithoutOutcome::of(records.iter().filter(|record| outcome(record).is_none()));
        self.tickets_without_outcome = self.without_outcome.total();
        self.tickets_matched = records.iter().filter(|record| matched(record).next().is_some()).count();
        self.matched_share = share(self.tickets_matched, self.tickets);
    }

    fn waits(&mut self, records: &[TicketRecord]) {
        let since = |from: fn(&TicketRecord) -> u64| {
            let waits =
                records.iter().flat_map(move |record| matched(record).map(move |(_, at_us, _)| (record, at_us)));
            Spread::of(waits.map(|(record, at_us)| ms(at_us.saturating_sub(from(record)))).collect())
        };
        self.wait_wall_ms = since(|record| record.sent_us);
        self.wait_trace_s = self.wait_wall_ms.scaled(self.speed / 1e3);
        self.answered_to_matched_ms = since(|record| record.answered_us);
        self.enqueue_ms = Spread::of(records.iter().map(|record| ms(record.answered_us - record.sent_us)).collect());
    }

    fn matches(&mut self, records: &[TicketRecord]) {
        let told = records.iter().flat_map(matched).map(|(_, _, told)| (told.match_id.as_str(), told));
        let matches = told.collect::<BTreeMap<_, _>>();
        let last_us = records.iter().flat_map(|record| &record.members).filter_map(|member| member.seen.last());
        self.wall_s = last_us.map(|seen| seen.at_us).max().unwrap_or(0) as f64 / 1e6;
        let until_us = records.iter().flat_map(matched).map(|(_, at_us, _)| at_us).max().unwrap_or(0);
        self.matches = matches.len();
        self.matches_per_s = if until_us == 0 { 0.0 } else { self.matches as f64 / (until_us as f64 / 1e6) };
        let sheets = || matches.values().map(|told| &told.sheet);
        self.rating_gap = Spread::of(sheets().map(|sheet| rating_gap(&sheet.teams)).collect());
        self.cost_s = Spread::of(sheets().map(|sheet| sheet.cost_s).collect());
        let seats = sheets().flat_map(|sheet| &sheet.teams).flat_map(|team| &team.seats);
        self.rtt_ms = Spread::of(seats.filter_map(|seat| seat.rtt_ms).map(f64::from).collect());
    }

    fn troubles(&mut self, records: &[TicketRecord]) {
        let members = || records.iter().flat_map(|record| &record.members);
        self.watch_reopened = members().map(|member| u64::from(member.opened.saturating_sub(1))).sum();
        let mended = members().flat_map(|member| &member.mended).map(|took| took.as_secs_f64() * 1e3);
        self.watch_mended_ms = Spread::of(mended.collect());
        self.watch_broken = members().map(|member| u64::from(member.broken)).sum();
        self.updates_repeated = members().map(|member| u64::from(member.repeated)).sum();
        let mut lost = members().filter_map(|member| Some((member, member.lost.as_ref()?))).peekable();
        self.first_loss = lost.peek().map(|(member, lost)| loss(member, lost)).unwrap_or_default();
        self.players_lost = lost.count();
        self.store_began_anew = records.iter().any(began_anew);
    }
}

fn loss(member: &Member, lost: &Lost) -> String {
    let why = match lost {
        Lost::Failed(why) => why,
        Lost::Untold => "was told no outcome",
        Lost::Forgotten => "his ticket is unknown",
        Lost::Vanished => "went away without a word",
        Lost::Stopped => "the replay was stopped before his ticket was over",
    };
    format!("player {}: {why}", member.player)
}

/// Signs that the store lost what it had said: no failure of a service does that.
fn began_anew(record: &TicketRecord) -> bool {
    let went_back = |member: &Member| member.seen.windows(2).any(|pair| pair[1].cursor.0 < pair[0].cursor.0);
    let forgotten = |member: &Member| member.lost == Some(Lost::Forgotten) || went_back(member);
    record.forgotten || record.members.iter().any(forgotten)
}

fn outcome(record: &TicketRecord) -> Option<TicketState> {
    record.members.iter().find_map(Member::outcome)
}

/// The players of a ticket who were told of the match that they played, when, and which.
fn matched(record: &TicketRecord) -> impl Iterator<Item = (&Member, u64, &Arc<Told>)> {
    record.members.iter().filter_map(|member| member.last_match().map(|(at_us, told)| (member, at_us, told)))
}

/// Between the strongest and the weakest team, by mean rating.
fn rating_gap(teams: &[Team]) -> f64 {
    let mean = |team: &Team| team.seats.iter().map(|seat| seat.rating).sum::<f64>() / team.seats.len() as f64;
    let (low, high) = teams
        .iter()
        .filter(|team| !team.seats.is_empty())
        .map(mean)
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), mean| (low.min(mean), high.max(mean)));
    if low > high { 0.0 } else { high - low }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn ms(us: u64) -> f64 {
    us as f64 / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::v1::Seat;

    #[test]
    fn the_gap_is_between_mean_ratings_of_teams() {
        let team = |ratings: &[f64]| Team {
            seats: ratings.iter().map(|rating| Seat { rating: *rating, ..Default::default() }).collect(),
        };
        assert_eq!(rating_gap(&[team(&[1500.0]), team(&[1620.0])]), 120.0);
        assert_eq!(rating_gap(&[team(&[1000.0, 2000.0]), team(&[1400.0, 1500.0])]), 50.0);
        assert_eq!(rating_gap(&[team(&[1.0]), team(&[5.0]), team(&[3.0])]), 4.0);
        assert_eq!(rating_gap(&[]), 0.0);
    }
}
