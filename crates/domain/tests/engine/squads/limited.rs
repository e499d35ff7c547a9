//! Matches that limits on teams, roles and company allow, and that are found though the nearest at hand are none.

use super::{NOW_MS, TWO_TEAMS, made_of, solos, two_teams, wants};
use crate::support::{anchored, rules, search_soundly, ticket, with};
use domain::Candidate;

/// How many matches are made around the first of these.
fn made_around_first(rules_text: &str, tickets: &[Candidate]) -> usize {
    search_soundly(&anchored(1, tickets), &rules(rules_text), NOW_MS).proposals.len()
}

fn all_want(tickets: Vec<Candidate>, roles: &[&str]) -> Vec<Candidate> {
    tickets.into_iter().zip(roles).map(|(one, role)| wants(one, &[role])).collect()
}

/// Does not want to be in one team with the solos of these ids.
fn avoids(solo: Candidate, ids: &[u32]) -> Candidate {
    with(solo, |player| player.avoided = ids.iter().map(|id| format!("p{id}-0").parse().unwrap()).collect())
}

fn of_level(one: Candidate, level: f64) -> Candidate {
    with(one, |player| drop(player.numbers.insert("level".to_owned(), level)))
}

/// Solos nearly of one rating, each a little above the one before.
fn alike(count: u32) -> Vec<Candidate> {
    solos(&(0..count).map(|at| 1500.0 + f64::from(at)).collect::<Vec<_>>())
}

#[test]
fn teams_of_one_size_that_seat_other_roles_are_no_such_thing_as_alike() {
    let text = two_teams("roles = [{ tank = 2 }, { healer = 2 }]\n[limit]\noff_roles = 0");
    let four = all_want(solos(&[1600.0, 1550.0, 1450.0, 1400.0]), &["healer", "healer", "tank", "tank"]);
    assert_eq!(made_of(&text, &four), 1, "the best of them sits in the second team");
}

#[test]
fn a_large_match_is_filled_past_those_for_whom_there_is_no_seat() {
    let text =
        two_teams("roles = { tank = 15, healer = 16 }\n[limit]\noff_roles = 0").replacen("[2, 2]", "[31, 31]", 1);
    let tanks_first: Vec<&str> = [vec!["tank"; 31], vec!["healer"; 32]].concat();
    assert_eq!(made_of(&text, &all_want(alike(63), &tanks_first)), 1, "one tank too many is left out");
}

#[test]
fn one_whom_his_equal_avoids_sits_in_another_team_however_many_play() {
    let avoided = |count: u32| {
        let mut crowd = alike(count);
        crowd[count as usize - 2] = avoids(crowd[count as usize - 2].clone(), &[count - 2]);
        crowd
    };
    for (teams, players) in [("[8, 8]", 16), ("[5, 5, 5]", 15)] {
        let text = TWO_TEAMS.replacen("[2, 2]", teams, 1);
        assert_eq!(made_of(&text, &avoided(players)), 1, "teams = {teams}");
    }
}

#[test]
fn an_old_ticket_hides_none_of_those_who_may_play_without_it() {
    let text = two_teams("[limit]\nnumber.level = { steps = [[0, 0], [60, 1000]] }");
    // Nobody's like is near but the anchor's own, who are farthest.
    let mut crowd: Vec<_> =
        (1..=20).map(|id| of_level(ticket(id, NOW_MS, &[1500.0 + f64::from(id)]), f64::from(id))).collect();
    crowd.extend((21..=23).map(|id| of_level(ticket(id, NOW_MS, &[1600.0]), 1.0)));
    crowd.push(of_level(ticket(24, NOW_MS - 290_000, &[9000.0]), 1.0));
    assert_eq!(made_around_first(&text, &crowd), 1);
}
