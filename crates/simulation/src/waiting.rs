//! Who waits in the queues, and who waited in vain.

use crate::judge;
use domain::{Candidate, QueueName, RuleSet, Ticket, TicketId};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Whoever is together in a queue for so long should have been matched, in ms.
///
/// This expects nothing that depends on luck. A ticket expires when it has waited 30 s, and nobody waits before a run is 1 s old: so whoever
/// expires waited already 4 s before, when the last fault was 15 s over, and with it every lease, silent call, drain and start that it
/// left (3 to 10 s). He was 26 s old then, and from 24 s on a ticket takes whatever match the limits allow, and its partners with it. It is
/// looked for every 2 s at least, and by a sweeper too, so that the 4 s hold two looks; a commit takes some ms. Only partners count
/// who were queued all the while, and only matches that the limits allowed when it began.
const TOGETHER_MS: u64 = 4_000;
/// A ticket is out of its queue so long after its longest wait at the latest, in ms: that is looked for several times a second.
const OVERDUE_MS: u64 = 3_000;

/// The queues as the store's answers tell of them. All times are in ms since the Unix epoch.
#[derive(Default)]
pub struct Waiting(BTreeMap<TicketId, Stay>);

struct Stay {
    queue: QueueName,
    ticket: Candidate,
    /// When it came, or came back.
    since_ms: u64,
    /// When it should have left at the latest.
    until_ms: u64,
}

impl Waiting {
    /// It came into its queue, or back. An error says why it should not have been let in.
    pub fn came(&mut self, ticket: &Ticket, now_ms: u64) -> Result<(), String> {
        let id = ticket.id;
        let Some(place) = ticket.places.first() else { return Err(format!("ticket {id} waits in no queue")) };
        let queue = place.queue.clone();
        let until_ms = ticket.expires_ms.max(now_ms) + OVERDUE_MS;
        let ticket = judge::candidate(ticket).map_err(|error| format!("ticket {id} cannot be read: {error}"))?;
        self.0.insert(id, Stay { queue, ticket, since_ms: now_ms, until_ms });
        Ok(())
    }

    /// It left its queue, if it was there; an error says that it should have done so before.
    pub fn went(&mut self, id: TicketId, now_ms: u64) -> Result<(), String> {
        self.0.remove(&id).map_or(Ok(()), |stay| stay.in_time(now_ms))
    }

    /// It left its queue because it had waited for too long; an error says that it need not have waited in vain.
    pub fn expired(&mut self, rules: &RuleSet, id: TicketId, now_ms: u64) -> Result<(), String> {
        let Some(stay) = self.0.remove(&id) else { return Ok(()) };
        stay.in_time(now_ms)?;
        let then_ms = now_ms - TOGETHER_MS;
        let Some(rules) = rules.get(&stay.queue).filter(|_| stay.since_ms <= then_ms) else { return Ok(()) };
        let others = self.0.values().filter(|other| other.queue == stay.queue && other.since_ms <= then_ms);
        let others: Vec<&Candidate> = others.map(|other| &other.ticket).collect();
        let Some(teams) = judge::possible(rules, &stay.ticket, &others, then_ms) else { return Ok(()) };
        let mut said = format!("starved: ticket {id} expired, and for {TOGETHER_MS} ms might have had a match of");
        for ticket in teams.iter().flatten() {
            // Writing to a string does not fail.
            let _ = write!(said, " {}", ticket.id);
        }
        Err(said)
    }

    /// Those who wait still, though they should not.
    pub fn overdue(&self, now_ms: u64) -> Vec<String> {
        self.0.values().filter_map(|stay| stay.in_time(now_ms).err()).collect()
    }
}

impl Stay {
    fn in_time(&self, now_ms: u64) -> Result<(), String> {
        if now_ms <= self.until_ms {
            return Ok(());
        }
        let late_ms = now_ms - self.until_ms + OVERDUE_MS;
        Err(format!("overdue: ticket {} was still queued {late_ms} ms after its longest wait", self.ticket.id))
    }
}

#[cfg(test)]
mod tests;
