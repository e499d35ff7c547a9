//! How tickets, matches and updates look: aligned lines for people, one JSON object a line for programs.

mod explanation;

pub use explanation::explanations;

use api::v1::{self, Change, MatchState, TicketState};
use chassis::Clock;
use serde_json::{Value, json};
use std::io::{Write, stdout};

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

pub fn ticket(ticket: &v1::Ticket, json: bool) -> anyhow::Result<()> {
    ticket_with_match(ticket, None, json)
}

pub fn ticket_with_match(ticket: &v1::Ticket, matched: Option<&v1::Match>, json: bool) -> anyhow::Result<()> {
    if json {
        return line(&ticket_json(ticket, matched).to_string());
    }
    line(&format!("ticket  {}", ticket.id))?;
    line(&format!("state   {}{}", state(ticket.state()), because(&ticket.reason)))?;
    if !ticket.trace_id.is_empty() {
        let only_failures = if ticket.is_traced { "" } else { ": not sampled, so only what fails is in it" };
        line(&format!("trace   {}{only_failures}", ticket.trace_id))?;
    }
    let lines = matched.map(sheet_lines).unwrap_or_default();
    lines.iter().try_for_each(|text| line(text))
}

/// All of a match: who plays whom, how long each waited, what it costs and where it is played.
fn sheet_lines(matched: &v1::Match) -> Vec<String> {
    let sheet = matched.sheet.clone().unwrap_or_default();
    let mut lines = vec![format!("match   {} {}", matched.id, match_state(matched.state()))];
    lines.push(format!("queue   {}", sheet.queue));
    for (number, team) in (1..).zip(&sheet.teams) {
        lines.extend(team.seats.iter().map(|seat| format!("team {number}  {}", seat_text(seat))));
    }
    lines.push(format!("cost    {:.1} s of waiting", sheet.cost_s));
    if !sheet.region.is_empty() {
        lines.push(format!("region  {}", sheet.region));
    }
    if !matched.address.is_empty() {
        lines.push(format!("play at {}", matched.address));
    }
    lines
}

fn seat_text(seat: &v1::Seat) -> String {
    let rtt = seat.rtt_ms.map(|ms| format!(", {ms} ms away")).unwrap_or_default();
    format!("{} {:.0}, waited {:.1} s{rtt}", seat.player_id, seat.rating, seat.wait_ms as f64 / 1e3)
}

pub fn update(update: &v1::Update, json: bool) -> anyhow::Result<()> {
    line(&if json { update_json(update).to_string() } else { update_text(update) })
}

/// The acknowledgements of these players were taken.
pub fn acknowledged(match_id: &str, players: &[String], json: bool) -> anyhow::Result<()> {
    if json {
        return line(&json!({ "acknowledged": match_id, "player_ids": players }).to_string());
    }
    line(&format!("{}  acknowledged match {match_id} for {}", time_of_day(0), players.join(", ")))
}

pub fn ended(matched: &v1::Match, json: bool) -> anyhow::Result<()> {
    line(&if json { match_json(matched).to_string() } else { format!("match   {}", match_text(matched)) })
}

/// A reader that went away (`| head`) is an error to report, not a panic.
fn line(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(stdout(), "{text}")?)
}

pub fn state(state: TicketState) -> &'static str {
    let name = state.as_str_name();
    name.strip_prefix("TICKET_STATE_").unwrap_or(name)
}

fn change(change: Change) -> &'static str {
    let name = change.as_str_name();
    name.strip_prefix("CHANGE_").unwrap_or(name)
}

fn match_state(state: MatchState) -> &'static str {
    let name = state.as_str_name();
    name.strip_prefix("MATCH_STATE_").unwrap_or(name)
}

fn update_text(update: &v1::Update) -> String {
    if update.ticket_id.is_empty() {
        return format!("{}  no ticket", time_of_day(update.at_ms));
    }
    let what = if update.snapshot { "SNAPSHOT" } else { change(update.change()) };
    let told = update.r#match.as_ref().map(|told| format!("  match {}", match_text(told))).unwrap_or_default();
    let (at, now) = (time_of_day(update.at_ms), state(update.state()));
    format!("{at}  {what:<9} {now:<9} ticket {}{}{told}", update.ticket_id, because(&update.reason))
}

fn match_text(matched: &v1::Match) -> String {
    let teams = matched.sheet.iter().flat_map(|sheet| &sheet.teams).map(team_text).collect::<Vec<_>>().join(" vs ");
    let place = if matched.address.is_empty() { String::new() } else { format!("  at {}", matched.address) };
    format!("{} {}  {teams}{place}", matched.id, match_state(matched.state()))
}

fn team_text(team: &v1::Team) -> String {
    let seats = team.seats.iter().map(|seat| format!("{} {:.0}", seat.player_id, seat.rating));
    format!("[{}]", seats.collect::<Vec<_>>().join(", "))
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!("  ({reason})") }
}

/// `at_ms` in UTC; snapshots carry no time, so theirs is now.
fn time_of_day(at_ms: u64) -> String {
    let of_day_ms = if at_ms == 0 { Clock::system().now_ms() } else { at_ms } % DAY_MS;
    let (s, ms) = (of_day_ms / 1000, of_day_ms % 1000);
    format!("{:02}:{:02}:{:02}.{ms:03}Z", s / 3600, s / 60 % 60, s % 60)
}

fn ticket_json(ticket: &v1::Ticket, matched: Option<&v1::Match>) -> Value {
    let players = ticket.party.iter().flat_map(|party| &party.players);
    json!({
        "ticket_id": ticket.id,
        "state": state(ticket.state()),
        "trace_id": ticket.trace_id,
        "is_traced": ticket.is_traced,
        "queues": ticket.queues,
        "players": players.map(|player| json!({"id": player.id, "rating": player.rating})).collect::<Vec<_>>(),
        "queued_ms": ticket.queued_ms,
        "expires_ms": ticket.expires_ms,
        "tries": ticket.tries,
        "width": ticket.width,
        "reason": ticket.reason,
        "match": matched.map(match_json),
    })
}

fn update_json(update: &v1::Update) -> Value {
    let cursor = update.cursor.unwrap_or_default();
    json!({
        "cursor": {"epoch": cursor.epoch, "seq": cursor.seq},
        "snapshot": update.snapshot,
        "change": change(update.change()),
        "ticket_id": update.ticket_id,
        "state": state(update.state()),
        "player_ids": update.player_ids,
        "at_ms": update.at_ms,
        "reason": update.reason,
        "match": update.r#match.as_ref().map(match_json),
    })
}

fn match_json(matched: &v1::Match) -> Value {
    let sheet = matched.sheet.clone().unwrap_or_default();
    let seat = |seat: &v1::Seat| {
        json!({
            "player_id": seat.player_id,
            "ticket_id": seat.ticket_id,
            "rating": seat.rating,
            "rtt_ms": seat.rtt_ms,
            "wait_ms": seat.wait_ms,
        })
    };
    json!({
        "match_id": matched.id,
        "state": match_state(matched.state()),
        "queue": sheet.queue,
        "rules_version": sheet.rules_version,
        "teams": sheet.teams.iter().map(|team| team.seats.iter().map(seat).collect()).collect::<Vec<Vec<Value>>>(),
        "region": sheet.region,
        "cost_s": sheet.cost_s,
        "longest_match_ms": sheet.longest_match_ms,
        "acknowledge_within_ms": sheet.acknowledge_within_ms,
        "host": matched.host,
        "address": matched.address,
        "matched_ms": matched.matched_ms,
        "assigned_ms": matched.assigned_ms,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_match_is_shown_with_waits_cost_and_region() {
        let seat =
            v1::Seat { player_id: "ada".into(), rating: 1510.0, wait_ms: 2340, rtt_ms: Some(21), ..Default::default() };
        let teams = vec![v1::Team { seats: vec![seat] }];
        let sheet = v1::Sheet { queue: "duel".into(), teams, region: "eu".into(), cost_s: 3.21, ..Default::default() };
        let told = v1::Match { id: "m1".into(), sheet: Some(sheet), address: "h:1".into(), ..Default::default() };
        assert_eq!(
            sheet_lines(&told)[1..],
            [
                "queue   duel",
                "team 1  ada 1510, waited 2.3 s, 21 ms away",
                "cost    3.2 s of waiting",
                "region  eu",
                "play at h:1"
            ]
        );
    }

    #[test]
    fn an_update_is_one_line_with_all_that_a_player_needs() {
        let seat = |id: &str, rating| v1::Seat { player_id: id.into(), rating, ..Default::default() };
        let teams = vec![v1::Team { seats: vec![seat("ada", 1510.0)] }, v1::Team { seats: vec![seat("bob", 1490.4)] }];
        let told = v1::Update {
            change: Change::Assigned.into(),
            state: TicketState::Assigned.into(),
            ticket_id: "t1".into(),
            at_ms: 3_661_007,
            r#match: Some(v1::Match {
                id: "m1".into(),
                state: MatchState::Assigned.into(),
                sheet: Some(v1::Sheet { teams, ..Default::default() }),
                address: "127.0.0.1:7610".into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        assert_eq!(
            update_text(&told),
            "01:01:01.007Z  ASSIGNED  ASSIGNED  ticket t1  match m1 ASSIGNED  [ada 1510] vs [bob 1490]  at 127.0.0.1:7610"
        );
    }
}
