use crate::v1;
use domain::limits::{PARTY_BYTES_MAX, PARTY_PLAYERS_MAX};
use domain::{Encoded, Invalid, Party, Player, PlayerId, RegionName, RoleName};
use prost::Message;

/// The party of a request, with every bound checked; errors name `players[i].field`.
pub fn party_from_wire(players: Vec<v1::Player>) -> Result<Party, Invalid> {
    // Counted and measured before anything is converted, so that an oversized list costs nothing.
    if players.len() > PARTY_PLAYERS_MAX {
        let bound = format!("must hold 1 to {PARTY_PLAYERS_MAX} players, holds {}", players.len());
        return Err(Invalid::new("players", bound));
    }
    let party = v1::Party { players };
    let bytes = party.encoded_len();
    if bytes > PARTY_BYTES_MAX {
        return Err(Invalid::new("players", format!("must have at most {PARTY_BYTES_MAX} bytes in all, has {bytes}")));
    }
    party.try_into()
}

/// One that was taken: whom its players met may have been added to what a client sent.
impl TryFrom<v1::Party> for Party {
    type Error = Invalid;

    fn try_from(party: v1::Party) -> Result<Self, Invalid> {
        let numbered = party.players.into_iter().enumerate();
        let players = numbered.map(|(index, player)| {
            Player::try_from(player).map_err(|invalid| invalid.within(format_args!("players[{index}]")))
        });
        Self::try_new(players.collect::<Result<_, _>>()?)
    }
}

/// The party in the encoding that the store keeps. The same party always gives the same bytes: maps are written in order.
pub fn encode_party(party: &Party) -> Encoded {
    Encoded(v1::Party::from(party).encode_to_vec().into())
}

/// The error names what is wrong with bytes that no `encode_party` wrote. However many they are: whom the players met was added to what a
/// client sent.
pub fn decode_party(encoded: &Encoded) -> Result<Party, Invalid> {
    v1::Party::decode(encoded.0.clone()).map_err(|error| Invalid::new("party", error.to_string()))?.try_into()
}

impl TryFrom<v1::Player> for Player {
    type Error = Invalid;

    fn try_from(wire: v1::Player) -> Result<Self, Invalid> {
        let mut player = Player::new(PlayerId::parse("id", &wire.id)?, wire.rating);
        player.deviation = wire.deviation;
        for (region, rtt_ms) in wire.rtt_ms {
            player.rtt_ms.insert(RegionName::parse("rtt_ms", &region)?, rtt_ms);
        }
        player.roles = wire.roles.iter().map(|role| RoleName::parse("roles", role)).collect::<Result<_, _>>()?;
        player.strings = wire.strings;
        player.numbers = wire.numbers;
        player.sets = wire.sets.into_iter().map(|(key, set)| (key, set.names.into_iter().collect())).collect();
        player.blocked = player_ids("blocked", &wire.blocked)?;
        player.avoided = player_ids("avoided", &wire.avoided)?;
        player.recent = player_ids("recent", &wire.recent)?;
        Ok(player)
    }
}

fn player_ids(field: &str, names: &[String]) -> Result<Vec<PlayerId>, Invalid> {
    names.iter().map(|name| PlayerId::parse(field, name)).collect()
}

impl From<&Player> for v1::Player {
    fn from(player: &Player) -> Self {
        Self {
            id: player.id.to_string(),
            rating: player.rating,
            deviation: player.deviation,
            rtt_ms: player.rtt_ms.iter().map(|(region, rtt_ms)| (region.to_string(), *rtt_ms)).collect(),
            roles: player.roles.iter().map(RoleName::to_string).collect(),
            strings: player.strings.clone(),
            numbers: player.numbers.clone(),
            sets: player.sets.iter().map(|(key, set)| (key.clone(), names(set))).collect(),
            blocked: names(&player.blocked).names,
            avoided: names(&player.avoided).names,
            recent: names(&player.recent).names,
        }
    }
}

fn names<T: ToString>(names: impl IntoIterator<Item = T>) -> v1::Names {
    v1::Names { names: names.into_iter().map(|name| name.to_string()).collect() }
}

impl From<&Party> for v1::Party {
    fn from(party: &Party) -> Self {
        Self { players: party.players().iter().map(v1::Player::from).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::limits;

    fn wire(id: &str, rating: f64) -> v1::Player {
        v1::Player { id: id.into(), rating, ..Default::default() }
    }

    #[test]
    fn a_party_survives_encoding_and_always_gives_the_same_bytes() {
        let mut player = wire("a", 1500.0);
        player.rtt_ms = [("eu".to_owned(), 20), ("us".to_owned(), 90)].into();
        player.strings = [("input".to_owned(), "pad".to_owned())].into();
        let party = party_from_wire(vec![player, wire("b", 1600.5)]).unwrap();
        let encoded = encode_party(&party);
        assert_eq!(decode_party(&encoded).unwrap(), party);
        assert_eq!(encode_party(&party), encoded);
    }

    /// A name as long as one may be.
    fn name(of: &str, number: usize) -> String {
        format!("{of:x<60}{number:04}")
    }

    fn names(of: &str, count: usize) -> Vec<String> {
        (0..count).map(|number| name(of, number)).collect()
    }

    /// Of whom everything is said that may be.
    fn full(number: usize) -> v1::Player {
        v1::Player {
            deviation: 350.0,
            rtt_ms: names("region", limits::PLAYER_REGIONS_MAX).into_iter().map(|region| (region, 60_000)).collect(),
            roles: names("role", limits::PLAYER_ROLES_MAX),
            strings: names("string", limits::PLAYER_ATTRIBUTES_MAX)
                .into_iter()
                .map(|key| (key, "v".repeat(limits::ATTRIBUTE_BYTES_MAX)))
                .collect(),
            numbers: names("number", limits::PLAYER_ATTRIBUTES_MAX).into_iter().map(|key| (key, 0.5)).collect(),
            sets: names("set", limits::PLAYER_SETS_MAX)
                .into_iter()
                .map(|key| (key, v1::Names { names: names("member", limits::SET_MEMBERS_MAX) }))
                .collect(),
            blocked: names("blocked", limits::PLAYER_BLOCKED_MAX),
            avoided: names("avoided", limits::PLAYER_AVOIDED_MAX),
            recent: names("recent", limits::PLAYER_RECENT_MAX),
            ..wire(&name("player", number), 1500.0)
        }
    }

    #[test]
    fn two_players_may_say_everything_and_a_full_party_four_long_strings_each() {
        party_from_wire(vec![full(0), full(1)]).unwrap();
        let with_strings = |number| {
            let strings = full(number).strings.into_iter().take(4).collect();
            v1::Player { strings, ..wire(&name("player", number), 1500.0) }
        };
        party_from_wire((0..PARTY_PLAYERS_MAX).map(with_strings).collect()).unwrap();
    }

    #[test]
    fn a_party_that_is_too_large_in_all_is_refused_and_read_where_it_was_stored() {
        let players: Vec<_> = (0..3).map(full).collect();
        let error = party_from_wire(players.clone()).unwrap_err().to_string();
        assert!(error.starts_with("players: must have at most 65536 bytes in all, has 7"), "{error}");
        let stored = Encoded(v1::Party { players }.encode_to_vec().into());
        assert_eq!(decode_party(&stored).unwrap().size(), 3);
    }

    #[test]
    fn bad_players_are_refused_by_field_and_bound() {
        let cases = [
            (vec![], "players: must hold 1 to 64"),
            (vec![wire("", 0.0)], "players[0].id: must have 1 to 64 bytes"),
            (vec![wire("a", f64::NAN)], "players[0].rating: must be a number"),
            (vec![wire("a", 0.0), wire("b", f64::INFINITY)], "players[1].rating: must be a number"),
            (vec![wire("a", 0.0), wire("a", 0.0)], "players[1].id: a stands in the party twice"),
            ((0..65).map(|n| wire(&n.to_string(), 0.0)).collect(), "players: must hold 1 to 64"),
        ];
        for (players, expected) in cases {
            let error = party_from_wire(players).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error} should start with {expected}");
        }
    }
}
