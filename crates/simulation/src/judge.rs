//! The rules' own judgement of what was committed, and of what might have been.

use domain::{Candidate, Invalid, RuleSet, Rules, Ticket};
use std::collections::HashMap;
use store::{CommitRequest, Versioned};

/// Why this match should not have been committed.
pub fn violation(rules: &RuleSet, request: &CommitRequest) -> Option<String> {
    let Some(rules) = rules.get(&request.queue) else { return Some(format!("no queue {}", request.queue)) };
    let teams = match teams(request) {
        Ok(teams) => teams,
        Err(wrong) => return Some(wrong),
    };
    rules.check(&teams, request.now_ms).err().map(|violation| violation.to_string())
}

/// The tickets that were committed, in the teams that their players are told.
fn teams(request: &CommitRequest) -> Result<Vec<Vec<Candidate>>, String> {
    let read = |ticket: &Versioned| Ok((ticket.id.to_string(), versioned(ticket).map_err(|error| error.to_string())?));
    let mut tickets = request.tickets.iter().map(read).collect::<Result<HashMap<_, _>, String>>()?;
    let mut teams = Vec::new();
    for told in api::decode_sheet(&request.sheet).teams {
        let mut team = Vec::new();
        let mut seats = told.seats.iter().peekable();
        while let Some(first) = seats.peek() {
            let id = &first.ticket_id;
            let ticket = tickets.remove(id).ok_or_else(|| format!("ticket {id} is none of it, or sits there twice"))?;
            for player in ticket.party.player_ids() {
                let seat = seats.next().filter(|seat| seat.ticket_id == *id && seat.player_id == player.as_str());
                seat.ok_or_else(|| format!("player {player} has no seat beside his party"))?;
            }
            team.push(ticket);
        }
        teams.push(team);
    }
    match tickets.into_keys().min() {
        Some(id) => Err(format!("ticket {id} sits nowhere")),
        None => Ok(teams),
    }
}

fn versioned(ticket: &Versioned) -> Result<Candidate, Invalid> {
    let Versioned { id, version, queued_ms, tries, ref party } = *ticket;
    Ok(Candidate { id, version, queued_ms, tries, party: api::decode_party(party)? })
}

/// A ticket as the rules look at it.
pub fn candidate(ticket: &Ticket) -> Result<Candidate, Invalid> {
    versioned(&ticket.into())
}

/// Teams of a match that `ticket` could have had with some of these at `now_ms`, if the rules allow one.
pub fn possible(rules: &Rules, ticket: &Candidate, others: &[&Candidate], now_ms: u64) -> Option<Vec<Vec<Candidate>>> {
    let sizes = rules.team_sizes();
    (0..sizes.len()).find_map(|team| {
        let mut teams = vec![Vec::new(); sizes.len()];
        teams[team].push(ticket.clone());
        fill(rules, &mut teams, others, now_ms).then_some(teams)
    })
}

/// Fills the teams with some of these until the rules allow the match: true when they do.
fn fill(rules: &Rules, teams: &mut [Vec<Candidate>], others: &[&Candidate], now_ms: u64) -> bool {
    if rules.check(teams, now_ms).is_ok() {
        return true;
    }
    others.iter().enumerate().any(|(at, other)| {
        (0..teams.len()).any(|team| {
            let seated: usize = teams[team].iter().map(|ticket| ticket.party.size()).sum();
            if seated + other.party.size() > rules.team_sizes()[team] {
                return false;
            }
            teams[team].push((*other).clone());
            let filled = fill(rules, teams, &others[at + 1..], now_ms);
            if !filled {
                teams[team].pop();
            }
            filled
        })
    })
}

#[cfg(test)]
mod tests;
