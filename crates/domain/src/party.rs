use crate::limits::{
    ATTRIBUTE_BYTES_MAX, NUMBER_ABS_MAX, PARTY_PLAYERS_MAX, PLAYER_ATTRIBUTES_MAX, PLAYER_AVOIDED_MAX,
    PLAYER_BLOCKED_MAX, PLAYER_RECENT_MAX, PLAYER_REGIONS_MAX, PLAYER_ROLES_MAX, PLAYER_SETS_MAX, RATING_ABS_MAX,
    RTT_MS_MAX, SET_MEMBERS_MAX,
};
use crate::{Invalid, PlayerId, RegionName, RoleName};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// One person as he stands when he queues.
#[derive(Debug, Clone, PartialEq)]
pub struct Player {
    pub id: PlayerId,
    /// Skill in rating points.
    pub rating: f64,
    /// Rating deviation in rating points, 0 when unknown.
    pub deviation: f64,
    /// Measured round-trip time per region, in milliseconds.
    pub rtt_ms: BTreeMap<RegionName, u32>,
    /// Roles he is willing to play, most wanted first.
    pub roles: Vec<RoleName>,
    pub strings: BTreeMap<String, String>,
    pub numbers: BTreeMap<String, f64>,
    /// What he would take of several things: `maps` → `dust`, `mill`.
    pub sets: BTreeMap<String, BTreeSet<String>>,
    /// Players with whom he never wants to be in one match.
    pub blocked: Vec<PlayerId>,
    /// Players with whom he does not want to be in one team.
    pub avoided: Vec<PlayerId>,
    /// Players whom he met in his last matches.
    pub recent: Vec<PlayerId>,
}

impl Player {
    /// A player of whom only his rating is known.
    pub fn new(id: PlayerId, rating: f64) -> Self {
        Self {
            id,
            rating,
            deviation: 0.0,
            rtt_ms: BTreeMap::new(),
            roles: Vec::new(),
            strings: BTreeMap::new(),
            numbers: BTreeMap::new(),
            sets: BTreeMap::new(),
            blocked: Vec::new(),
            avoided: Vec::new(),
            recent: Vec::new(),
        }
    }

    fn check(&self) -> Result<(), Invalid> {
        number("rating", self.rating, -RATING_ABS_MAX, RATING_ABS_MAX)?;
        number("deviation", self.deviation, 0.0, RATING_ABS_MAX)?;
        count("rtt_ms", self.rtt_ms.len(), PLAYER_REGIONS_MAX)?;
        count("roles", self.roles.len(), PLAYER_ROLES_MAX)?;
        count("strings", self.strings.len(), PLAYER_ATTRIBUTES_MAX)?;
        count("numbers", self.numbers.len(), PLAYER_ATTRIBUTES_MAX)?;
        count("sets", self.sets.len(), PLAYER_SETS_MAX)?;
        count("blocked", self.blocked.len(), PLAYER_BLOCKED_MAX)?;
        count("avoided", self.avoided.len(), PLAYER_AVOIDED_MAX)?;
        count("recent", self.recent.len(), PLAYER_RECENT_MAX)?;
        for (region, rtt_ms) in &self.rtt_ms {
            if *rtt_ms > RTT_MS_MAX {
                return Err(Invalid::new(format!("rtt_ms[{region}]"), format!("must be at most {RTT_MS_MAX} ms")));
            }
        }
        for (key, value) in &self.strings {
            RegionName::parse("strings", key)?;
            if value.len() > ATTRIBUTE_BYTES_MAX {
                let bound = format!("must have at most {ATTRIBUTE_BYTES_MAX} bytes, has {}", value.len());
                return Err(Invalid::new(format!("strings[{key}]"), bound));
            }
        }
        for (key, value) in &self.numbers {
            RegionName::parse("numbers", key)?;
            number(&format!("numbers[{key}]"), *value, -NUMBER_ABS_MAX, NUMBER_ABS_MAX)?;
        }
        for (key, members) in &self.sets {
            RegionName::parse("sets", key)?;
            count(&format!("sets[{key}]"), members.len(), SET_MEMBERS_MAX)?;
            members.iter().try_for_each(|member| RegionName::parse(&format!("sets[{key}]"), member).map(drop))?;
        }
        Ok(())
    }
}

/// Players who queue together and stay together: at least one, at most [`PARTY_PLAYERS_MAX`], each once.
#[derive(Debug, Clone, PartialEq)]
pub struct Party {
    players: Vec<Player>,
}

impl Party {
    /// Checks every bound of every player; the error names the field as `players[i].field`.
    pub fn try_new(players: Vec<Player>) -> Result<Self, Invalid> {
        if !(1..=PARTY_PLAYERS_MAX).contains(&players.len()) {
            let bound = format!("must hold 1 to {PARTY_PLAYERS_MAX} players, holds {}", players.len());
            return Err(Invalid::new("players", bound));
        }
        let mut seen = HashSet::new();
        for (index, player) in players.iter().enumerate() {
            if !seen.insert(&player.id) {
                return Err(Invalid::new(
                    format!("players[{index}].id"),
                    format!("{} stands in the party twice", player.id),
                ));
            }
            player.check().map_err(|invalid| invalid.within(format_args!("players[{index}]")))?;
        }
        Ok(Self { players })
    }

    pub fn players(&self) -> &[Player] {
        &self.players
    }

    pub fn size(&self) -> usize {
        self.players.len()
    }

    pub fn player_ids(&self) -> impl Iterator<Item = &PlayerId> {
        self.players.iter().map(|player| &player.id)
    }

    /// Mean rating of the party, in rating points.
    pub fn rating(&self) -> f64 {
        self.players.iter().map(|player| player.rating).sum::<f64>() / self.players.len() as f64
    }
}

fn number(field: &str, value: f64, low: f64, high: f64) -> Result<(), Invalid> {
    // NaN fails every comparison, so the range is tested for membership, never for exclusion.
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(Invalid::new(field, format!("must be a number from {low} to {high}, is {value}")))
    }
}

fn count(field: &str, count: usize, max: usize) -> Result<(), Invalid> {
    if count <= max {
        Ok(())
    } else {
        Err(Invalid::new(field, format!("must hold at most {max} entries, holds {count}")))
    }
}
