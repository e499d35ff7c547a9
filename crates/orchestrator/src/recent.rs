//! Whom the players of a party met in their last matches, for queues in which meeting again costs something.

use domain::{Party, PlayerId};
use store::recent::latest_first;

/// The party, of which each player has met those of `met` too, one list for each in the party's order. Whom he named himself comes
/// first; nobody is named twice, nor anyone of his party, nor more than a player may name.
pub fn having_met<'a>(party: &Party, met: impl IntoIterator<Item = &'a [PlayerId]>) -> Party {
    let mut players = party.players().to_vec();
    for (player, met) in players.iter_mut().zip(met) {
        player.recent = latest_first(party.player_ids(), &player.recent, met);
    }
    // It held before, and so many names are within every bound.
    Party::try_new(players).unwrap_or_else(|_| party.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Player;
    use domain::limits::PLAYER_RECENT_MAX;

    fn ids(names: &[&str]) -> Vec<PlayerId> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    fn party(recent: &[(&str, &[&str])]) -> Party {
        let player =
            |(id, recent): &(&str, &[&str])| Player { recent: ids(recent), ..Player::new(id.parse().unwrap(), 1500.0) };
        Party::try_new(recent.iter().map(player).collect()).unwrap()
    }

    #[test]
    fn whom_a_player_named_comes_before_whom_the_store_knows_and_nobody_twice() {
        let met = [ids(&["cid", "eve", "ann"]), ids(&["fay"])];
        let party = having_met(&party(&[("ann", &["dan", "cid", "bob"]), ("bob", &[])]), met.iter().map(Vec::as_slice));
        let recent: Vec<_> = party.players().iter().map(|player| player.recent.clone()).collect();
        assert_eq!(recent, [ids(&["dan", "cid", "eve"]), ids(&["fay"])], "neither is a stranger to the other");
    }

    #[test]
    fn no_more_are_named_than_a_player_may_name() {
        let names: Vec<String> = (0..2 * PLAYER_RECENT_MAX).map(|number| format!("p{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (named, met) = names.split_at(PLAYER_RECENT_MAX - 1);
        let party = having_met(&party(&[("ann", named)]), [ids(met).as_slice()]);
        assert_eq!(party.players()[0].recent, ids(&names[..PLAYER_RECENT_MAX]));
    }
}
