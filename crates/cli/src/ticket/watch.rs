//! Following a player or a ticket at the terminal.

use super::args::{Until, WatchArgs};
use super::patience::Patience;
use super::{Commands, print};
use crate::client::Side;
use crate::misuse::Misuse;
use api::v1::{self, TicketState};
use players::Subject;

pub struct WatchPlan {
    pub subject: Subject,
    pub ack: bool,
    /// `None`: a ticket until it is over, a player for ever.
    pub until: Option<Until>,
}

impl TryFrom<&WatchArgs> for WatchPlan {
    type Error = Misuse;

    fn try_from(args: &WatchArgs) -> Result<Self, Misuse> {
        let subject = match (&args.ticket_id, &args.player) {
            (Some(ticket_id), None) => Subject::TicketId(ticket_id.clone()),
            (None, Some(player_id)) => Subject::PlayerId(player_id.clone()),
            _ => return Err(Misuse::new("watch either a TICKET_ID or a --player")),
        };
        Ok(Self { subject, ack: args.ack, until: args.until })
    }
}

/// What an update means to a watch.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    On,
    Reached,
    /// Over, and not as it was hoped for.
    Missed,
}

impl WatchPlan {
    fn step(&self, state: TicketState) -> Step {
        let over = is_over(state);
        match (self.until, &self.subject) {
            (Some(Until::Assigned), _) if state == TicketState::Assigned => Step::Reached,
            (Some(Until::Ended), _) if state == TicketState::Ended => Step::Reached,
            (Some(_), _) if over => Step::Missed,
            (None, Subject::TicketId(_)) if over => Step::Reached,
            _ => Step::On,
        }
    }

    /// For whom a match is acknowledged.
    fn players(&self, update: &v1::Update) -> Vec<String> {
        match &self.subject {
            Subject::PlayerId(id) => vec![id.clone()],
            Subject::TicketId(_) => update.player_ids.clone(),
        }
    }
}

pub fn is_over(state: TicketState) -> bool {
    matches!(state, TicketState::Ended | TicketState::Cancelled | TicketState::Expired)
}

impl Commands<'_> {
    pub async fn watch(&self, plan: WatchPlan) -> anyhow::Result<()> {
        let mut watch = self.client.watch(0, &self.args.addresses.realm, plan.subject.clone());
        let (mut patience, mut acknowledged) = (Patience::default(), String::new());
        loop {
            let update = patience.next(&mut watch, |status| self.failed(Side::Play, status)).await?;
            print::update(&update, self.args.json)?;
            if plan.ack && !is_over(update.state()) {
                self.acknowledge(&plan, &update, &mut acknowledged).await?;
            }
            // A player's first snapshot may show the ticket before this one: what is hoped for is still to come.
            if update.snapshot && is_over(update.state()) && matches!(plan.subject, Subject::PlayerId(_)) {
                continue;
            }
            match plan.step(update.state()) {
                Step::On => {}
                Step::Reached => return Ok(()),
                Step::Missed => anyhow::bail!("ticket {} is {} now", update.ticket_id, print::state(update.state())),
            }
        }
    }

    /// Once for each match, however often it is told.
    async fn acknowledge(
        &self,
        plan: &WatchPlan,
        update: &v1::Update,
        acknowledged: &mut String,
    ) -> anyhow::Result<()> {
        let Some(told) = update.r#match.as_ref().filter(|told| told.id != *acknowledged) else {
            return Ok(());
        };
        let players = plan.players(update);
        for player_id in players.clone() {
            let (realm, match_id) = (self.realm(), told.id.clone());
            let request = v1::AcknowledgeRequest { realm, match_id, player_id };
            self.client.acknowledge(0, request).await.map_err(|status| self.failed(Side::Play, &status))?;
        }
        acknowledged.clone_from(&told.id);
        print::acknowledged(&told.id, &players, self.args.json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_ends_where_it_was_told_to() {
        let plan = |subject, until| WatchPlan { subject, ack: false, until };
        let ticket = || Subject::TicketId("t".into());
        let player = || Subject::PlayerId("p".into());
        assert_eq!(plan(ticket(), None).step(TicketState::Ended), Step::Reached);
        assert_eq!(plan(player(), None).step(TicketState::Ended), Step::On);
        assert_eq!(plan(player(), Some(Until::Assigned)).step(TicketState::Assigned), Step::Reached);
        assert_eq!(plan(player(), Some(Until::Ended)).step(TicketState::Assigned), Step::On);
        assert_eq!(plan(ticket(), Some(Until::Ended)).step(TicketState::Cancelled), Step::Missed);
    }
}
