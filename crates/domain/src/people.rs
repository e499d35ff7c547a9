use crate::{Player, PlayerId};
use foldhash::quality::FixedState;
use std::hash::BuildHasher;

/// Who is in a party, and whom its players would rather not meet, by hashes: two strangers taken for each other, once in 2^64 pairs,
/// only miss a match.
#[derive(Debug, Clone, Default)]
pub(crate) struct People {
    pub ids: Vec<u64>,
    /// Those whom each player met lately; left empty where nobody met anyone.
    pub recent: Vec<Vec<u64>>,
    blocked: Vec<u64>,
    avoided: Vec<u64>,
}

impl People {
    pub fn of(players: &[Player]) -> Self {
        let all = |of: fn(&Player) -> &[PlayerId]| hashes(players.iter().flat_map(of));
        let recent = || players.iter().map(|player| hashes(&player.recent)).collect();
        let has_met = players.iter().any(|player| !player.recent.is_empty());
        Self {
            ids: hashes(players.iter().map(|player| &player.id)),
            recent: if has_met { recent() } else { Vec::new() },
            blocked: all(|player| &player.blocked),
            avoided: all(|player| &player.avoided),
        }
    }

    /// Whether any of them has anyone whom he does not want to meet.
    pub fn is_choosy(&self) -> bool {
        !self.blocked.is_empty() || !self.avoided.is_empty()
    }

    pub fn blocks(&self, other: &Self) -> bool {
        self.blocked.iter().any(|blocked| other.ids.contains(blocked))
    }

    pub fn avoids(&self, other: &Self) -> bool {
        self.avoided.iter().any(|avoided| other.ids.contains(avoided))
    }
}

fn hashes<'a>(ids: impl IntoIterator<Item = &'a PlayerId>) -> Vec<u64> {
    let hasher = FixedState::default();
    ids.into_iter().map(|id| hasher.hash_one(id)).collect()
}
