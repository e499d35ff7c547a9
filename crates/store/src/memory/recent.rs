use super::expiry::Kept;
use super::state::State;
use crate::bounds::RECENT_KEPT_MS;
use domain::{Match, PlayerId};
use std::time::Duration;
use tokio::time::Instant;

impl State {
    /// Lets the players of a match that was played remember one another for a while from now.
    pub(super) fn remember_meeting(&mut self, matched: &Match) {
        let tickets = matched.tickets.iter().filter_map(|id| self.tickets.get(id));
        let parties: Vec<Vec<PlayerId>> = tickets.map(|ticket| ticket.players.clone()).collect();
        self.recent.meet(&parties);
        let until = Instant::now() + Duration::from_millis(RECENT_KEPT_MS);
        for player in parties.into_iter().flatten() {
            self.expiry.set(Kept::Recent(player), until);
        }
    }
}
