use crate::v1;
use domain::{Candidate, Instance, Rules};

/// What `Inspect` tells of a ticket as it was read from the index.
pub fn held_ticket(ticket: &Candidate, rules: &Rules) -> v1::HeldTicket {
    v1::HeldTicket {
        ticket_id: ticket.id.to_string(),
        player_ids: ticket.party.player_ids().map(ToString::to_string).collect(),
        rating: ticket.party.rating(),
        region: rules.place(&ticket.party).region,
        queued_ms: ticket.queued_ms,
        tries: ticket.tries,
        ..Default::default()
    }
}

impl From<&Instance> for v1::Instance {
    /// What its lease says.
    fn from(instance: &Instance) -> Self {
        Self {
            id: instance.id.to_string(),
            role: instance.role.as_str().to_owned(),
            address: instance.address.clone(),
            region: instance.region.clone(),
            capacity: instance.capacity,
            load: instance.load,
            ..Default::default()
        }
    }
}
