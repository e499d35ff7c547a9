//! Whom players met in their last matches. The store in memory, a simulation and a party that queues grow what is known of it by
//! this; `end.lua` does the same in Redis.

use domain::PlayerId;
use domain::limits::PLAYER_RECENT_MAX;
use std::collections::{HashMap, HashSet};

/// Whom each player met, the latest first, up to [`PLAYER_RECENT_MAX`].
#[derive(Debug, Default)]
pub struct Recent(HashMap<PlayerId, Vec<PlayerId>>);

impl Recent {
    /// Notes a match of these parties: each player met those of all other parties. Of more than are kept he keeps those of the
    /// parties that follow his own, in a circle: so each player is kept by about as many as any other.
    pub fn meet(&mut self, parties: &[Vec<PlayerId>]) {
        for (at, party) in parties.iter().enumerate() {
            for player in party {
                let others = parties.iter().cycle().skip(at + 1).take(parties.len() - 1).flatten();
                let kept = latest_first(party, others, self.of(player));
                self.0.insert(player.clone(), kept);
            }
        }
    }

    pub fn of(&self, player: &PlayerId) -> &[PlayerId] {
        self.0.get(player).map_or(&[], Vec::as_slice)
    }

    pub fn forget(&mut self, player: &PlayerId) {
        self.0.remove(player);
    }
}

/// Those of `latest`, then those of `before`: each once, nobody of his own `party`, up to [`PLAYER_RECENT_MAX`].
pub fn latest_first<'a>(
    party: impl IntoIterator<Item = &'a PlayerId>,
    latest: impl IntoIterator<Item = &'a PlayerId>,
    before: &'a [PlayerId],
) -> Vec<PlayerId> {
    let mut left_out: HashSet<&PlayerId> = party.into_iter().collect();
    let met = latest.into_iter().chain(before).filter(|player| left_out.insert(player));
    met.take(PLAYER_RECENT_MAX).cloned().collect()
}
