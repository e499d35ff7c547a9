//! Who may stand in a queue.

use super::Rules;
use crate::{Invalid, Party, Player, RegionName, RoleName};
use std::fmt::Display;

impl Rules {
    /// Whether the party may queue here at all: it fits a team, its members share every attribute that must be equal, and
    /// its roles and regions are known. The error names the field as the client wrote it.
    pub fn admit(&self, party: &Party) -> Result<(), Invalid> {
        self.admit_size(party)?;
        for (index, player) in party.players().iter().enumerate() {
            self.admit_names(player).map_err(|invalid| invalid.within(format_args!("players[{index}]")))?;
        }
        self.admit_equal(party)
    }

    fn admit_size(&self, party: &Party) -> Result<(), Invalid> {
        let largest = self.team_sizes.iter().max().copied().unwrap_or(0);
        if party.size() <= largest {
            return Ok(());
        }
        let bound = format!("must hold at most {largest} in queue {}, holds {}", self.queue, party.size());
        Err(Invalid::new("players", bound))
    }

    fn admit_names(&self, player: &Player) -> Result<(), Invalid> {
        // A queue that declares no regions or no roles does not ask, so whatever is said about them is let pass.
        let unknown = |region: &&RegionName| !self.regions.is_empty() && !self.regions.contains(region);
        if let Some(region) = player.rtt_ms.keys().find(unknown) {
            return Err(Invalid::new(format!("rtt_ms[{region}]"), self.unknown("region", region, &self.regions)));
        }
        let unknown = |role: &&RoleName| self.roles.is_asked() && !self.roles.names.contains(role);
        if let Some(role) = player.roles.iter().find(unknown) {
            return Err(Invalid::new("roles", self.unknown("role", role, &self.roles.names)));
        }
        for (name, members) in &self.sets {
            let taken = player.sets.get(name).into_iter().flatten();
            if let Some(member) = taken.into_iter().find(|member| !members.contains(member)) {
                return Err(Invalid::new(format!("sets[{name}]"), self.unknown("member", member, members)));
            }
        }
        Ok(())
    }

    fn unknown<T: Display>(&self, what: &str, name: &T, known: &[T]) -> String {
        let known: Vec<String> = known.iter().map(T::to_string).collect();
        format!("unknown {what} {name} in queue {}: must be one of {}", self.queue, known.join(", "))
    }

    fn admit_equal(&self, party: &Party) -> Result<(), Invalid> {
        let Some((leader, others)) = party.players().split_first() else { return Ok(()) };
        for (index, player) in others.iter().enumerate() {
            let differs = |name: &&String| attribute(player, name) != attribute(leader, name);
            if let Some(name) = self.equal.iter().find(differs) {
                let field = format!("players[{}].strings[{name}]", index + 1);
                return Err(Invalid::new(field, format!("must equal players[0]'s in queue {}", self.queue)));
            }
        }
        Ok(())
    }

    /// What must be equal in a match, as one text; empty when nothing must.
    ///
    /// Values are joined by commas, and every byte of theirs that is not a plain name's is written `%XX`: no two lists look
    /// alike, and the text needs no quoting in a store key, a log line or a URL.
    pub(crate) fn pool(&self, party: &Party) -> String {
        let Some(leader) = party.players().first() else { return String::new() };
        let values = self.equal.iter().map(|name| escaped(attribute(leader, name)));
        values.collect::<Vec<_>>().join(",")
    }

    /// Whether all of the party's members share every attribute that must be equal.
    pub(crate) fn is_of_one_pool(&self, party: &Party) -> bool {
        self.admit_equal(party).is_ok()
    }
}

fn attribute<'a>(player: &'a Player, name: &str) -> &'a str {
    player.strings.get(name).map_or("", String::as_str)
}

fn escaped(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let text = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    value.bytes().map(text).collect()
}
