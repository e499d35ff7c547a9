//! One watched subject, as the stream behind `Watch` and as one of many behind `Follow`.

use crate::hub::{Full, Hub, Listener, Told};
use crate::presence::Presence;
use api::v1;
use domain::{Cursor, PlayerId, TicketId};
use std::sync::Arc;
use store::{Snapshot, Subject};
use tonic::Status;

/// Who is watched, and from where on.
pub struct Wish {
    pub subject: Subject,
    resume: Option<Cursor>,
}

impl Wish {
    pub fn read(request: &v1::WatchRequest) -> Result<Self, Status> {
        use v1::watch_request::Subject as Wire;
        let (player_id, ticket_id) = match &request.subject {
            Some(Wire::PlayerId(id)) => (Some(id), None),
            Some(Wire::TicketId(id)) => (None, Some(id)),
            None => (None, None),
        };
        Ok(Self { subject: read_subject(player_id, ticket_id)?, resume: request.resume.map(Cursor::from) })
    }

    /// The first update: the present state, unless the client has it.
    pub fn first(&self, snapshot: &Snapshot) -> Result<Option<v1::Update>, Status> {
        match &snapshot.ticket {
            Some(ticket) if self.resume == Some(ticket.changed) => Ok(None),
            _ => self.told(present(&self.subject, snapshot)).map(Some),
        }
    }

    /// A watched ticket that is not there ends the watch, at its beginning and later: the store forgot it, or lost it.
    pub fn told(&self, update: v1::Update) -> Result<v1::Update, Status> {
        match &self.subject {
            Subject::Ticket(id) if is_nothing(&update) => Err(Status::not_found(format!("no ticket {id}"))),
            _ => Ok(update),
        }
    }
}

/// The present state of a ticket; or that there is none, which has no place in any history.
pub fn present(subject: &Subject, snapshot: &Snapshot) -> v1::Update {
    match (&snapshot.ticket, subject) {
        (Some(ticket), _) => v1::Update::of_snapshot(ticket, snapshot.matched.as_ref()),
        (None, Subject::Ticket(id)) => v1::Update { snapshot: true, ticket_id: id.to_string(), ..Default::default() },
        (None, Subject::Player(id)) => {
            v1::Update { snapshot: true, player_ids: vec![id.to_string()], ..Default::default() }
        }
    }
}

pub fn is_nothing(update: &v1::Update) -> bool {
    update.cursor.is_none()
}

/// The player or ticket that a request names.
pub fn read_subject(player_id: Option<&String>, ticket_id: Option<&String>) -> Result<Subject, Status> {
    let subject = match (player_id, ticket_id) {
        (Some(id), _) => PlayerId::parse("player_id", id).map(Subject::Player),
        (None, Some(id)) => api::parse_id::<TicketId>("ticket_id", id).map(Subject::Ticket),
        (None, None) => Err(domain::Invalid::new("subject", "must name a player_id or a ticket_id")),
    };
    subject.map_err(chassis::status::invalid)
}

/// A place in the hub, given back when dropped.
pub struct Place {
    subject: Subject,
    number: u64,
    /// How often those who watch the subject here had been told of a ticket before its present state was read.
    pub told: u64,
    hub: Hub,
    presence: Presence,
}

impl Place {
    /// Takes a place first and reads the present state second, so that nothing falls in between.
    pub async fn take(
        wish: &Wish,
        listener: Listener,
        hub: &Hub,
        presence: &Presence,
    ) -> Result<(Self, Option<v1::Update>), Status> {
        let full = |full: Full| Status::resource_exhausted(full.to_string());
        let number = hub.add(wish.subject.clone(), listener).map_err(full)?;
        let subject = wish.subject.clone();
        let mut place = Self { subject, number, told: 0, hub: hub.clone(), presence: presence.clone() };
        let present = presence.sign_on(&wish.subject).await.map_err(chassis::status::unavailable)?;
        place.told = present.told;
        Ok((place, wish.first(&present.snapshot)?))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // The note on a ticket that is over runs out with it.
        if !self.hub.remove(&self.subject, self.number) {
            self.presence.left(self.subject.clone());
        }
    }
}

/// Lets each update through once, and never an older one after a newer: deliveries may repeat.
#[derive(Default)]
pub struct Seen {
    last: Cursor,
}

impl Seen {
    /// After the first update. It may lie before what the client has seen: then the store has lost that, and it goes on from here.
    pub fn since(wish: &Wish, first: Option<&v1::Update>) -> Self {
        let last = first.map_or(wish.resume, |first| first.cursor.map(Cursor::from));
        Self { last: last.unwrap_or_default() }
    }

    pub fn is_news(&mut self, update: &v1::Update) -> bool {
        if is_nothing(update) {
            return std::mem::take(&mut self.last) != Cursor::default();
        }
        let cursor = update.cursor.map(Cursor::from).unwrap_or_default();
        // A snapshot may repeat the present state to a client that had none.
        let news = cursor > self.last || (update.snapshot && self.last == Cursor::default());
        self.last = self.last.max(cursor);
        news
    }
}

/// An update as it goes out; the last of its readers gets it without a copy.
pub fn unshared(update: Told) -> v1::Update {
    Arc::unwrap_or_clone(update)
}
