//! Every id in the system, each its own type. Names are chosen by studios; ticket and match ids are derived by hashing,
//! so that asking again with the same input names the same thing.

use crate::Invalid;
use crate::limits::NAME_BYTES_MAX;
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Names stay inside a set of characters that never needs quoting: in a store key, a log line, a URL or a table.
fn check_name(text: &str) -> Result<(), Invalid> {
    let fits = (1..=NAME_BYTES_MAX).contains(&text.len());
    if !fits {
        return Err(Invalid::new("name", format!("must have 1 to {NAME_BYTES_MAX} bytes, has {}", text.len())));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:@".contains(&byte);
    if !text.bytes().all(plain) {
        return Err(Invalid::new("name", "may contain only ASCII letters, digits and _ - . : @"));
    }
    Ok(())
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Deserialize, serde::Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes 1 to 64 bytes of ASCII letters, digits and `_ - . : @`; the error names `field` as the field.
            pub fn parse(field: &str, text: &str) -> Result<Self, Invalid> {
                check_name(text).map_err(|invalid| Invalid::new(field, invalid.bound))?;
                Ok(Self(text.into()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Invalid;
            fn from_str(text: &str) -> Result<Self, Invalid> {
                Self::parse("name", text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;
            fn try_from(text: String) -> Result<Self, Invalid> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.to_string()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

names! {
    /// One person, as the studio names him.
    PlayerId,
    /// One game mode.
    QueueName,
    /// One title: the unit of partition. All of its keys share a hash slot.
    RealmId,
    /// One place where matches can be hosted.
    RegionName,
    /// One part a player can play in a team.
    RoleName,
    /// One running process of Muster.
    InstanceId,
}

macro_rules! digests {
    ($($(#[$doc:meta])* $name:ident($int:ty, $digits:literal)),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $int);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("{:0", $digits, "x}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = Invalid;
            fn from_str(text: &str) -> Result<Self, Invalid> {
                let wrong = || Invalid::new("id", concat!("must be ", $digits, " lowercase hexadecimal digits"));
                let canonical = text.len() == $digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                if !canonical {
                    return Err(wrong());
                }
                <$int>::from_str_radix(text, 16).map(Self).map_err(|_| wrong())
            }
        }
    )+};
}

digests! {
    /// One request to be matched: 32 hexadecimal digits.
    TicketId(u128, 32),
    /// One committed proposal: 32 hexadecimal digits.
    MatchId(u128, 32),
    /// One rule set's content: 16 hexadecimal digits.
    RulesVersion(u64, 16),
}

impl TicketId {
    /// The id of the ticket that `players` get for `client_key`: a repeated Enqueue names the same ticket, in whatever
    /// order the players are listed, and nobody else's key can name it.
    pub fn derive<'a>(realm: &RealmId, client_key: &str, players: impl IntoIterator<Item = &'a PlayerId>) -> Self {
        let mut players: Vec<&str> = players.into_iter().map(PlayerId::as_str).collect();
        players.sort_unstable();
        Self(digest([realm.as_str(), client_key].into_iter().chain(players).map(str::as_bytes)))
    }
}

impl MatchId {
    /// The id of the match of `tickets` (each with the version that was read) under `rules`: proposing the same twice, in
    /// whatever order, names the same match, so the outcome of a commit can be asked for again.
    pub fn derive(rules: RulesVersion, tickets: impl IntoIterator<Item = (TicketId, u64)>) -> Self {
        let mut tickets: Vec<(TicketId, u64)> = tickets.into_iter().collect();
        tickets.sort_unstable();
        let parts = tickets.iter().map(|(id, version)| format!("{id}:{version}").into_bytes());
        let rules = rules.to_string().into_bytes();
        Self(digest(std::iter::once(rules).chain(parts)))
    }
}

impl RulesVersion {
    pub fn of(content: &str) -> Self {
        let whole = digest([content.as_bytes()]);
        Self((whole >> 64) as u64)
    }
}

/// First 128 bits of SHA-256 over the parts, each preceded by its length so that no two lists of parts look alike.
fn digest<T: AsRef<[u8]>>(parts: impl IntoIterator<Item = T>) -> u128 {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.as_ref().len() as u64).to_be_bytes());
        hasher.update(part.as_ref());
    }
    let bytes = hasher.finalize();
    bytes[..16].iter().fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_empty_long_or_odd_is_refused_with_its_bound() {
        for (text, bound) in
            [("", "1 to 64"), (&*"x".repeat(65), "1 to 64"), ("a}b", "only ASCII"), ("é", "only ASCII")]
        {
            let error = PlayerId::parse("players[0].id", text).unwrap_err();
            assert_eq!(error.field, "players[0].id");
            assert!(error.bound.contains(bound), "{error}");
        }
    }

    #[test]
    fn a_ticket_id_depends_on_key_and_players_but_not_on_their_order() {
        let realm: RealmId = "r".parse().unwrap();
        let [a, b]: [PlayerId; 2] = ["a", "b"].map(|id| id.parse().unwrap());
        let id = TicketId::derive(&realm, "k", [&a, &b]);
        assert_eq!(id, TicketId::derive(&realm, "k", [&b, &a]));
        assert_ne!(id, TicketId::derive(&realm, "l", [&a, &b]));
        assert_ne!(id, TicketId::derive(&realm, "k", [&a]));
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn a_match_id_changes_with_any_version() {
        let (rules, a, b) = (RulesVersion(1), TicketId(1), TicketId(2));
        let id = MatchId::derive(rules, [(a, 1), (b, 1)]);
        assert_eq!(id, MatchId::derive(rules, [(b, 1), (a, 1)]));
        assert_ne!(id, MatchId::derive(rules, [(a, 1), (b, 2)]));
        assert_ne!(id, MatchId::derive(RulesVersion(2), [(a, 1), (b, 1)]));
    }
}
