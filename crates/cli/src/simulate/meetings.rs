//! Whom players met in the run's matches, as the live store remembers it. To play takes no time here: who is matched has met.

use domain::{Party, PlayerId, Rules};
use orchestrator::plan::having_met;
use std::collections::HashMap;
use store::bounds::RECENT_KEPT_MS;
use store::recent::Recent;

pub struct Meetings {
    /// Nothing is kept where the rules do not ask for it.
    are_asked_for: bool,
    recent: Recent,
    /// When each player was matched last.
    last_ms: HashMap<PlayerId, u64>,
}

impl Meetings {
    pub fn new(rules: &Rules) -> Self {
        Self { are_asked_for: rules.prices_rematch(), recent: Recent::default(), last_ms: HashMap::new() }
    }

    /// Notes a match of these parties.
    pub fn note<'a>(&mut self, parties: impl Iterator<Item = &'a Party>, now_ms: u64) {
        if !self.are_asked_for {
            return;
        }
        let parties: Vec<Vec<PlayerId>> = parties.map(|party| party.player_ids().cloned().collect()).collect();
        self.recent.meet(&parties);
        self.last_ms.extend(parties.into_iter().flatten().map(|player| (player, now_ms)));
    }

    /// The party as it queues now: its players know whom they met.
    pub fn told_to(&mut self, party: Party, now_ms: u64) -> Party {
        if !self.are_asked_for {
            return party;
        }
        for player in party.player_ids() {
            if self.last_ms.get(player).is_some_and(|last_ms| last_ms + RECENT_KEPT_MS <= now_ms) {
                self.recent.forget(player);
            }
        }
        having_met(&party, party.player_ids().map(|player| self.recent.of(player)))
    }
}
