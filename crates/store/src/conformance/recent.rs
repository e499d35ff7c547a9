use super::people::*;
use crate::{MatchOutcome, Store};
use domain::PlayerId;
use domain::limits::PLAYER_RECENT_MAX;
use std::sync::Arc;

fn players(names: &[&str]) -> Vec<PlayerId> {
    names.iter().map(|name| player(name)).collect()
}

/// Whom one player met.
async fn met_by(store: &dyn Store, name: &str) -> Vec<PlayerId> {
    store.recent(&[player(name)]).await.unwrap().remove(0)
}

pub async fn players_have_met_those_of_other_tickets_once_their_match_ends(store: Arc<dyn Store>) {
    let parties: [&[&str]; 3] = [&["ann", "bob"], &["cid"], &["dan"]];
    let id = assigned(&*store, &parties).await;
    assert_eq!(met_by(&*store, "ann").await, []);
    store.end(id, "", NOW_MS).await.unwrap();
    let asked = players(&["dan", "bob", "nobody", "cid", "ann"]);
    let met = [players(&["ann", "bob", "cid"]), players(&["cid", "dan"]), vec![], players(&["dan", "ann", "bob"])];
    assert_eq!(store.recent(&asked).await.unwrap(), [&met[..], &[players(&["cid", "dan"])]].concat());
    assert_eq!(store.recent(&[]).await.unwrap(), Vec::<Vec<PlayerId>>::new());
}

pub async fn whom_a_player_met_last_comes_first_and_only_once(store: Arc<dyn Store>) {
    for other in ["bob", "cid", "bob", "dan"] {
        played(&*store, &[&["ann"], &[other]]).await;
    }
    assert_eq!(met_by(&*store, "ann").await, players(&["dan", "bob", "cid"]));
    played(&*store, &[&["ann", "dan"], &["eve"]]).await;
    assert_eq!(met_by(&*store, "ann").await, players(&["eve", "bob", "cid"]), "who is now of his party is left out");
}

pub async fn a_match_ended_twice_was_met_in_once(store: Arc<dyn Store>) {
    let first = played(&*store, &[&["ann"], &["bob"]]).await;
    played(&*store, &[&["ann"], &["cid"]]).await;
    assert!(matches!(store.end(first, "", NOW_MS).await.unwrap(), MatchOutcome::Done(_)));
    assert_eq!(met_by(&*store, "ann").await, players(&["cid", "bob"]));
}

pub async fn players_of_a_match_that_was_never_assigned_have_not_met(store: Arc<dyn Store>) {
    let (id, ..) = a_match(&*store).await;
    store.end(id, "host refused", NOW_MS).await.unwrap();
    assert_eq!(met_by(&*store, "ann").await, []);
}

pub async fn of_more_than_are_kept_those_who_were_met_first_give_way(store: Arc<dyn Store>) {
    let others: Vec<String> = (0..PLAYER_RECENT_MAX + 2).map(|turn| format!("player-{turn}")).collect();
    for other in &others {
        played(&*store, &[&["ann"], &[other]]).await;
    }
    let latest: Vec<PlayerId> = others[2..].iter().rev().map(|name| player(name)).collect();
    assert_eq!(met_by(&*store, "ann").await, latest);
}

pub async fn of_a_large_match_each_player_keeps_those_who_follow_him(store: Arc<dyn Store>) {
    let names: Vec<String> = (0..PLAYER_RECENT_MAX + 4).map(|turn| format!("player-{turn}")).collect();
    let parties: Vec<[&str; 1]> = names.iter().map(|name| [name.as_str()]).collect();
    let parties: Vec<&[&str]> = parties.iter().map(|party| &party[..]).collect();
    played(&*store, &parties).await;
    for at in [0, 7, names.len() - 1] {
        let following = names.iter().cycle().skip(at + 1).take(PLAYER_RECENT_MAX);
        let following: Vec<PlayerId> = following.map(|name| player(name)).collect();
        assert_eq!(met_by(&*store, &names[at]).await, following);
    }
}
