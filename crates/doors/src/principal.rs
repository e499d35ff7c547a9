use crate::Member;
use crate::rates::Limit;
use crate::tokens::Claims;
use api::v1;
use domain::PlayerId;
use http::Extensions;
use std::sync::Arc;
use tonic::Status;

/// Whoever makes a call, and so what he may do. Cheap to clone.
#[derive(Clone)]
pub enum Principal {
    /// Doors are open: everybody may do everything.
    Anyone,
    /// Shows nothing, and may do nothing to anybody.
    Nobody,
    Member(Member),
    /// One player, for himself; what is vouched for of him.
    Player(Arc<Claims>),
    /// Acts for all players of the realm.
    RealmServer(Arc<Realm>),
}

/// A realm server's token.
pub struct Realm {
    pub(crate) name: String,
    pub(crate) limit: Arc<Limit>,
}

/// Who makes the call with these extensions.
pub fn principal(extensions: &Extensions) -> Principal {
    // Nobody came past the guard without being looked at; should a server lack one, nothing is allowed.
    extensions.get().cloned().unwrap_or(Principal::Nobody)
}

impl Principal {
    /// Whether he may act as this player, and hear what he hears.
    pub fn may_be(&self, player: &str) -> Result<(), Status> {
        match self {
            Self::Anyone | Self::RealmServer(_) | Self::Member(Member::Monitor) => Ok(()),
            Self::Player(claims) if claims.sub == player => Ok(()),
            Self::Player(claims) => Err(Status::permission_denied(format!(
                "player_id: the token is of player {}, and lets nobody act as another",
                claims.sub
            ))),
            Self::Nobody | Self::Member(_) => Err(no_client()),
        }
    }

    /// Whether what he may see of a ticket depends on who is in it.
    pub fn sees_only_his_own(&self) -> bool {
        !matches!(self, Self::Anyone | Self::RealmServer(_) | Self::Member(Member::Monitor))
    }

    /// Whether a ticket of these players is one of his.
    pub fn is_among(&self, players: &[PlayerId]) -> bool {
        match self {
            Self::Player(claims) => players.iter().any(|player| player.as_str() == claims.sub),
            _ => !self.sees_only_his_own(),
        }
    }

    /// Whether he may queue this party. Of a player who queues himself, ratings and numbers are what his token says.
    pub fn vouch_for(&self, party: &mut [v1::Player]) -> Result<(), Status> {
        match (self, party) {
            (Self::Anyone | Self::RealmServer(_), _) => Ok(()),
            (Self::Player(claims), [player]) if player.id == claims.sub => vouch(claims, player),
            (Self::Player(claims), _) => Err(Status::permission_denied(format!(
                "players: the token is of player {}, who may queue himself alone: parties come from a realm server",
                claims.sub
            ))),
            (Self::Nobody | Self::Member(_), _) => Err(no_client()),
        }
    }

    /// One request on a stream of calls.
    pub fn take_turn(&self) -> Result<(), Status> {
        match self {
            Self::RealmServer(realm) => realm.limit.take(&realm.name),
            _ => Ok(()),
        }
    }
}

fn no_client() -> Status {
    Status::permission_denied("this is for clients, with a token")
}

/// Leaving out what the token says is fine; saying something else is not.
fn vouch(claims: &Claims, player: &mut v1::Player) -> Result<(), Status> {
    let no_rating = || Status::permission_denied("players[0].rating: the token does not tell this player's rating");
    let rating = claims.rating.ok_or_else(no_rating)?;
    for (field, said, vouched) in
        [("rating", player.rating, rating), ("deviation", player.deviation, claims.deviation.unwrap_or_default())]
    {
        if said != 0.0 && said != vouched {
            return Err(other_than_the_token(field));
        }
    }
    let vouched = |(key, said): (&String, &f64)| claims.numbers.get(key) == Some(said);
    if !player.numbers.iter().all(vouched) {
        return Err(other_than_the_token("numbers"));
    }
    player.rating = rating;
    player.deviation = claims.deviation.unwrap_or_default();
    player.numbers = claims.numbers.clone().into_iter().collect();
    Ok(())
}

fn other_than_the_token(field: &str) -> Status {
    Status::permission_denied(format!("players[0].{field}: must be left out, or be what the token says"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Code;

    fn player(id: &str, rating: f64) -> v1::Player {
        v1::Player { id: id.to_owned(), rating, ..Default::default() }
    }

    fn ada(rating: Option<f64>) -> Principal {
        let numbers = [("level".to_owned(), 12.0)].into();
        Principal::Player(Arc::new(Claims { sub: "ada".to_owned(), rating, numbers, ..Default::default() }))
    }

    #[test]
    fn a_player_queues_himself_alone_with_the_rating_of_his_token() {
        let mut party = [player("ada", 0.0)];
        ada(Some(1510.0)).vouch_for(&mut party).unwrap();
        assert_eq!((party[0].rating, party[0].numbers["level"]), (1510.0, 12.0));
        let mut said = player("ada", 1510.0);
        said.numbers.insert("level".to_owned(), 12.0);
        assert!(ada(Some(1510.0)).vouch_for(&mut [said]).is_ok());
    }

    #[test]
    fn what_a_token_does_not_say_is_not_believed() {
        let mut leveled = player("ada", 0.0);
        leveled.numbers.insert("level".to_owned(), 99.0);
        let deviating = v1::Player { deviation: 300.0, ..player("ada", 0.0) };
        for (principal, mut party, named) in [
            (ada(Some(1510.0)), vec![player("ada", 900.0)], "rating"),
            (ada(Some(1510.0)), vec![deviating], "deviation"),
            (ada(Some(1510.0)), vec![leveled], "numbers"),
            (ada(None), vec![player("ada", 1510.0)], "rating"),
            (ada(Some(1510.0)), vec![player("bob", 0.0)], "players"),
            (ada(Some(1510.0)), vec![player("ada", 0.0), player("bob", 1500.0)], "players"),
            (ada(Some(1510.0)), vec![], "players"),
            (Principal::Nobody, vec![player("ada", 0.0)], "clients"),
            (Principal::Member(Member::Monitor), vec![player("ada", 0.0)], "clients"),
        ] {
            let refused = principal.vouch_for(&mut party).unwrap_err();
            assert_eq!(refused.code(), Code::PermissionDenied);
            assert!(refused.message().contains(named), "{refused}");
        }
    }

    #[test]
    fn a_rating_that_is_no_number_is_not_the_tokens() {
        assert!(ada(Some(1510.0)).vouch_for(&mut [player("ada", f64::NAN)]).is_err());
    }

    #[test]
    fn only_his_own_tickets_are_a_players() {
        let players = ["bob", "ada"].map(|name| PlayerId::parse("id", name).unwrap());
        assert!(ada(None).is_among(&players) && !ada(None).is_among(&players[..1]));
        assert!(
            Principal::Anyone.is_among(&players[..1]) && Principal::Member(Member::Monitor).is_among(&players[..1])
        );
        assert!(!Principal::Nobody.is_among(&players));
        assert!(ada(None).may_be("ada").is_ok() && ada(None).may_be("bob").is_err());
    }
}
