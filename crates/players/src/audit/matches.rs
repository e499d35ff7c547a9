//! Promises about matches, over all that were told of them.

use super::{Broken, Which, broken};
use crate::record::{Lost, Member, Seen, TicketRecord, Told, is_over};
use api::v1::Change;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

pub fn audit(records: &[TicketRecord]) -> Vec<Broken> {
    let mut found = Vec::new();
    let matches = gather(records, &mut found);
    let tickets = records.iter().map(|record| (record.ticket_id.as_str(), record)).collect::<HashMap<_, _>>();
    for life in matches.values() {
        whole_tickets(life, &tickets, &mut found);
        everyone_told(life, &tickets, &mut found);
    }
    one_live_match(&matches, &mut found);
    found
}

/// A match from its first trace to its last.
struct Life<'a> {
    told: &'a Arc<Told>,
    /// A player who was told this content.
    witness: &'a str,
    /// Microseconds: first heard of; first known to be over.
    from_us: u64,
    until_us: u64,
    /// It never started: its tickets went back to the queue.
    failed: bool,
}

fn gather<'a>(records: &'a [TicketRecord], found: &mut Vec<Broken>) -> BTreeMap<&'a str, Life<'a>> {
    let mut matches = BTreeMap::new();
    for record in records {
        for member in &record.members {
            for seen in &member.seen {
                note(&mut matches, record, member, seen, found);
            }
            for left in member.seen.windows(2).filter_map(left_unended) {
                if let Some(life) = matches.get_mut(left) {
                    life.failed = true;
                }
            }
            if let Some((at_us, told)) = &member.ended
                && let Some(life) = matches.get_mut(told.match_id.as_str())
            {
                life.until_us = life.until_us.min(*at_us);
            }
        }
    }
    matches
}

/// The match that a player was in and is in no more, without an end: it failed, and the word of that may have been missed.
fn left_unended(pair: &[Seen]) -> Option<&str> {
    let [before, after] = pair else { return None };
    let left = &before.told.as_ref()?.match_id;
    let stays = after.told.as_ref().is_some_and(|told| told.match_id == *left);
    (!stays && !is_over(before.state)).then_some(left)
}

fn note<'a>(
    matches: &mut BTreeMap<&'a str, Life<'a>>,
    record: &TicketRecord,
    member: &'a Member,
    seen: &'a Seen,
    found: &mut Vec<Broken>,
) {
    let Some(told) = &seen.told else { return };
    let life = matches.entry(&told.match_id).or_insert(Life {
        told,
        witness: &member.player,
        from_us: seen.at_us,
        until_us: u64::MAX,
        failed: false,
    });
    life.from_us = life.from_us.min(seen.at_us);
    life.failed |= matches!(seen.change, Change::Requeued | Change::NoShow);
    if is_over(seen.state) {
        life.until_us = life.until_us.min(seen.at_us);
    }
    if !Arc::ptr_eq(life.told, told) && life.told != told {
        let detail = format!("was told another content of match {} than player {}", told.match_id, life.witness);
        found.push(broken(Which::SameContent, &member.player, detail));
    }
    if !told.ticket_ids.contains(&record.ticket_id) {
        let detail = format!("was told of match {}, which his ticket {} is not in", told.match_id, record.ticket_id);
        found.push(broken(Which::WholeTickets, &member.player, detail));
    }
}

/// Each ticket sits in one team with all of its players, each once; and the match names just the tickets that sit in it.
fn whole_tickets(life: &Life, tickets: &HashMap<&str, &TicketRecord>, found: &mut Vec<Broken>) {
    let told = life.told;
    let mut seated: BTreeMap<&str, (usize, Vec<&str>)> = BTreeMap::new();
    for (team, seat) in seats(told) {
        let (in_team, players) = seated.entry(&seat.ticket_id).or_insert((team, Vec::new()));
        if *in_team != team {
            let detail = format!("sits apart from his party in match {}", told.match_id);
            found.push(broken(Which::WholeTickets, &seat.player_id, detail));
        }
        players.push(&seat.player_id);
    }
    let named = told.ticket_ids.iter().map(String::as_str).collect::<BTreeSet<_>>();
    if named != seated.keys().copied().collect() || named.len() != told.ticket_ids.len() {
        let detail = format!("was told of match {} whose tickets are not those that sit in it", told.match_id);
        found.push(broken(Which::WholeTickets, life.witness, detail));
    }
    for (ticket_id, (_, mut players)) in seated {
        let Some(record) = tickets.get(ticket_id) else { continue };
        let mut party = record.members.iter().map(|member| &*member.player).collect::<Vec<_>>();
        players.sort_unstable();
        party.sort_unstable();
        if players != party {
            let player = party.first().copied().unwrap_or("?");
            let detail = format!("queued as {party:?}, and match {} seats {players:?}", told.match_id);
            found.push(broken(Which::WholeTickets, player, detail));
        }
    }
}

/// Whoever sits in a match that started has heard of it, unless his own watch was lost.
fn everyone_told(life: &Life, tickets: &HashMap<&str, &TicketRecord>, found: &mut Vec<Broken>) {
    if life.failed {
        return;
    }
    for (_, seat) in seats(life.told) {
        let Some(record) = tickets.get(seat.ticket_id.as_str()) else { continue };
        let member = record.members.iter().find(|member| *member.player == *seat.player_id);
        let deaf = |member: &Member| !matches!(member.lost, None | Some(Lost::Untold | Lost::Forgotten));
        let heard = |member: &Member| {
            member.seen.iter().any(|seen| seen.told.as_ref().is_some_and(|told| told.match_id == life.told.match_id))
        };
        if member.is_some_and(|member| !heard(member) && !deaf(member)) {
            let detail =
                format!("was never told of match {}, which player {} was told of", life.told.match_id, life.witness);
            found.push(broken(Which::EveryoneTold, &seat.player_id, detail));
        }
    }
}

/// A match that failed before it started is left out: nobody played it, and its end is known only by hearsay.
fn one_live_match(matches: &BTreeMap<&str, Life>, found: &mut Vec<Broken>) {
    let mut lives: HashMap<&str, Vec<&Life>> = HashMap::new();
    for life in matches.values().filter(|life| !life.failed) {
        for (_, seat) in seats(life.told) {
            lives.entry(&seat.player_id).or_default().push(life);
        }
    }
    for (player, mut lives) in lives {
        lives.sort_by_key(|life| life.from_us);
        for pair in lives.windows(2) {
            let [one, other] = pair else { continue };
            if other.from_us < one.until_us {
                let detail = format!("was in match {} and in match {} at once", one.told.match_id, other.told.match_id);
                found.push(broken(Which::OneLiveMatch, player, detail));
            }
        }
    }
}

fn seats(told: &Told) -> impl Iterator<Item = (usize, &api::v1::Seat)> {
    told.sheet.teams.iter().enumerate().flat_map(|(team, side)| side.seats.iter().map(move |seat| (team, seat)))
}
