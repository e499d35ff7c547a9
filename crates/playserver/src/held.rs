//! What is told of those who are watched, and of matches that are hosted here.

use api::v1::{HeldTicket, Hold, Match, Seat, Sheet, Stage};
use api::{Message, v1};
use chassis::Describe;
use std::collections::BTreeMap;
use store::Subject;

/// A player or ticket that somebody watches.
pub struct Watched(pub Subject);

/// A match that was given to this host: a [`Hold`], encoded. A playserver may hold a hundred thousand of them, each for an hour.
pub struct Hosted(Vec<u8>);

impl Describe for Watched {
    fn describe(&self) -> Hold {
        let ticket = match &self.0 {
            Subject::Ticket(id) => HeldTicket { ticket_id: id.to_string(), ..Default::default() },
            Subject::Player(id) => HeldTicket { player_ids: vec![id.to_string()], ..Default::default() },
        };
        Hold { stage: Stage::Watched.into(), tickets: vec![ticket], ..Default::default() }
    }
}

impl Hosted {
    pub fn new(matched: &Match, sheet: &Sheet) -> Self {
        let hold = Hold {
            stage: Stage::Hosted.into(),
            queue: sheet.queue.clone(),
            tickets: (0..).zip(&sheet.teams).flat_map(|(team, seats)| tickets(team, seats, matched)).collect(),
            match_id: matched.id.clone(),
            match_region: sheet.region.clone(),
            cost_s: sheet.cost_s,
            matched_ms: matched.matched_ms,
            ..Default::default()
        };
        Self(hold.encode_to_vec())
    }
}

impl Describe for Hosted {
    fn describe(&self) -> Hold {
        // It was encoded here.
        Hold::decode(self.0.as_slice()).unwrap_or_default()
    }
}

/// Of one team, put together from its seats.
fn tickets(team: u32, seats: &v1::Team, matched: &Match) -> Vec<HeldTicket> {
    let mut tickets: BTreeMap<&str, Vec<&Seat>> = BTreeMap::new();
    for seat in &seats.seats {
        tickets.entry(&seat.ticket_id).or_default().push(seat);
    }
    let ticket = |(id, seats): (&str, Vec<&Seat>)| HeldTicket {
        ticket_id: id.to_owned(),
        player_ids: seats.iter().map(|seat| seat.player_id.clone()).collect(),
        rating: seats.iter().map(|seat| seat.rating).sum::<f64>() / seats.len() as f64,
        queued_ms: matched.matched_ms.saturating_sub(seats.first().map_or(0, |seat| seat.wait_ms)),
        team,
        ..Default::default()
    };
    tickets.into_iter().map(ticket).collect()
}
