//! What all ways to offer a load share: which ticket comes, how it is asked for, and what its player makes of what he is told.

use super::population::Population;
use super::recorder::Recorder;
use api::v1::{self, TicketState, watch_request};
use std::sync::Arc;
use tokio::time::Instant;

/// A ticket that is due.
pub struct Arrival {
    pub number: usize,
    pub players: Vec<v1::Player>,
}

#[derive(Clone)]
pub struct Driver {
    pub realm: String,
    pub queue: String,
    pub recorder: Arc<Recorder>,
    pub population: Arc<Population>,
}

/// What is to be done about an update.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The match that is to be ended.
    pub over: Option<String>,
    /// Nothing further comes of this ticket.
    pub is_last: bool,
}

impl Driver {
    /// The next ticket, which is due at that time.
    pub fn arrival(&self, due: Instant) -> Arrival {
        let number = self.recorder.due(due);
        Arrival { number, players: self.population.players(number) }
    }

    pub fn request(&self, arrival: Arrival) -> v1::EnqueueRequest {
        let (realm, queues) = (self.realm.clone(), vec![self.queue.clone()]);
        v1::EnqueueRequest { realm, queues, players: arrival.players, ..Default::default() }
    }

    /// By which its player hears of a ticket that was taken.
    pub fn watch(&self, enqueued: v1::EnqueueResponse) -> v1::WatchRequest {
        let subject = Some(watch_request::Subject::TicketId(enqueued.ticket.unwrap_or_default().id));
        v1::WatchRequest { subject, ..Default::default() }
    }

    pub fn hear(&self, update: &v1::Update) -> Heard {
        match update.state() {
            TicketState::Matched => {
                self.note_matched(update);
                Heard::default()
            }
            TicketState::Assigned => {
                self.note_matched(update);
                Heard { over: ended_by(update).map(|matched| matched.id.clone()), is_last: false }
            }
            TicketState::Ended => {
                // A ticket whose end is the first that is heard of it was matched too.
                self.note_matched(update);
                Heard { over: None, is_last: true }
            }
            TicketState::Cancelled | TicketState::Expired => Heard { over: None, is_last: true },
            _ => Heard::default(),
        }
    }

    fn note_matched(&self, update: &v1::Update) {
        let number = update.player_ids.first().and_then(|player| self.population.number(player));
        if let (Some(number), Some(matched)) = (number, &update.r#match) {
            if let Some(sheet) = &matched.sheet {
                self.recorder.played_by(&sheet.rules_version);
            }
            let teams = matched.sheet.iter().flat_map(|sheet| &sheet.teams);
            self.recorder.matched(number, &matched.id, || teams.map(|team| self.numbers(team)).collect());
        }
    }

    /// Of the team's tickets; a party's players stand side by side.
    fn numbers(&self, team: &v1::Team) -> Vec<usize> {
        let mut numbers: Vec<usize> =
            team.seats.iter().filter_map(|seat| self.population.number(&seat.player_id)).collect();
        numbers.dedup();
        numbers
    }
}

/// The match, if it is this one of its tickets that ends it.
fn ended_by(update: &v1::Update) -> Option<&v1::Match> {
    let matched = update.r#match.as_ref()?;
    let first = matched.sheet.as_ref()?.teams.first()?.seats.first()?;
    (first.ticket_id == update.ticket_id).then_some(matched)
}
