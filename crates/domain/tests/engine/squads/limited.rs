//! Matches that limits on teams, roles and company allow, and that are found though the nearest at hand are none.

use super::{LONG_AGO_MS, NOW_MS, made_of, solos, two_teams, wants};
use crate::support::{anchored, rejected, rules, search_soundly, ticket, window, with};
use domain::{Budget, Candidate, Party, Rules, search_within};
use proptest::prelude::*;

/// Those of two teams where nothing costs anything but that ratings differ: the nearest come first.
fn limited(more: &str) -> String {
    two_teams(&format!("{more}\n[price]\nrating_spread = 0.001"))
}

/// The same with teams of these sizes.
fn limited_in(teams: &str, more: &str) -> String {
    limited(more).replacen("[2, 2]", teams, 1)
}

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

/// Two who queue together, each with the role that he wants.
fn duo(id: u32, rating: f64, roles: [&str; 2]) -> Candidate {
    let duo = ticket(id, LONG_AGO_MS, &[rating; 2]);
    let players = duo.party.players().iter().zip(roles).map(|(player, role)| {
        let mut player = player.clone();
        player.roles = vec![role.parse().unwrap()];
        player
    });
    Candidate { party: Party::try_new(players.collect()).unwrap(), ..duo }
}

fn of_level(one: Candidate, level: f64) -> Candidate {
    with(one, |player| player.numbers = [("level".to_owned(), level)].into())
}

/// Solos nearly of one rating, each a little above the one before.
fn alike(count: u32) -> Vec<Candidate> {
    solos(&(0..count).map(|at| 1500.0 + f64::from(at)).collect::<Vec<_>>())
}

#[test]
fn teams_of_one_size_that_seat_other_roles_are_no_such_thing_as_alike() {
    let text = limited("roles = [{ tank = 2 }, { healer = 2 }]\n[limit]\noff_roles = 0");
    let four = all_want(solos(&[1600.0, 1550.0, 1450.0, 1400.0]), &["healer", "healer", "tank", "tank"]);
    assert_eq!(made_of(&text, &four), 1, "the best of them sits in the second team");
}

#[test]
fn a_large_match_is_filled_past_those_for_whom_there_is_no_seat() {
    let text = limited_in("[31, 31]", "roles = { tank = 15, healer = 16 }\n[limit]\noff_roles = 0");
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
        let text = limited_in(teams, "");
        assert_eq!(made_of(&text, &avoided(players)), 1, "teams = {teams}");
    }
}

#[test]
fn two_who_came_for_the_same_seat_take_it_from_nobody() {
    let text = limited_in("[5, 5]", "roles = { tank = 1, healer = 4 }\n[limit]\noff_roles = 0");
    let mut crowd = all_want(alike(14), &["healer"; 14]);
    crowd.push(duo(15, 1500.5, ["tank", "tank"]));
    crowd.extend((16..=17).map(|id| wants(ticket(id, LONG_AGO_MS, &[1600.0]), &["tank"])));
    assert_eq!(made_around_first(&text, &crowd), 1, "each team seats one tank");
}

#[test]
fn of_three_who_avoid_each_other_one_is_left_out_of_two_teams() {
    let mut crowd = alike(16);
    crowd[1] = avoids(crowd[1].clone(), &[3, 4]);
    crowd[2] = avoids(crowd[2].clone(), &[4]);
    assert_eq!(made_around_first(&limited_in("[3, 3]", ""), &crowd), 1);
    assert_eq!(made_around_first(&limited_in("[5, 5]", ""), &crowd), 1);
}

#[test]
fn who_just_came_meets_those_whom_an_older_third_lets_in() {
    let four = |ages_s: [u64; 4], ratings: [f64; 4]| {
        let one = |(id, (age_s, rating)): (u32, (u64, f64))| ticket(id, NOW_MS - age_s * 1000, &[rating]);
        (1..).zip(ages_s.into_iter().zip(ratings)).map(one).collect::<Vec<_>>()
    };
    let oldest_last = || four([0, 0, 0, 290], [1500.0, 1501.0, 1502.0, 1510.0]);

    let maps = limited("[limit]\nsame_until_s.map = 60");
    let on_maps = oldest_last()
        .into_iter()
        .zip(["a", "b", "c", "d"])
        .map(|(one, map)| with(one, |player| player.strings = [("map".to_owned(), map.to_owned())].into()));
    assert_eq!(made_around_first(&maps, &on_maps.collect::<Vec<_>>()), 1, "each on a map of his own");

    let levels = limited("[limit]\nnumber.level = { steps = [[0, 0], [60, 10]] }");
    let four_levels = oldest_last().into_iter().zip([10.0, 0.0, 0.0, 5.0]).map(|(one, level)| of_level(one, level));
    assert_eq!(made_around_first(&levels, &four_levels.collect::<Vec<_>>()), 1, "ten levels apart");

    let roles = limited("roles = { tank = 1, healer = 1 }\n[limit]\noff_roles = { steps = [[0, 0], [60, 4]] }");
    assert_eq!(made_around_first(&roles, &all_want(oldest_last(), &["tank"; 4])), 1, "two fill in");

    let ways = limited("regions = [\"eu\"]\n[limit]\nrtt_ms = { steps = [[0, 50], [60, 200]] }");
    let mut away: Vec<_> = four([0, 0, 0, 0], [1500.0, 1501.0, 1502.0, 1503.0]);
    away.push(ticket(5, NOW_MS - 290_000, &[1500.0]));
    let away = away
        .into_iter()
        .zip([100, 10, 10, 10, 10])
        .map(|(one, ms)| with(one, |player| player.rtt_ms = [("eu".parse().unwrap(), ms)].into()));
    assert_eq!(made_around_first(&ways, &away.collect::<Vec<_>>()), 1, "from far away");
}

#[test]
fn an_old_ticket_hides_none_of_those_who_may_play_without_it() {
    let text = limited("[limit]\nnumber.level = { steps = [[0, 0], [60, 1000]] }");
    // Nobody's like is near but the anchor's own, who are farthest.
    let mut crowd: Vec<_> =
        (1..=20).map(|id| of_level(ticket(id, NOW_MS, &[1500.0 + f64::from(id)]), f64::from(id))).collect();
    crowd.extend((21..=23).map(|id| of_level(ticket(id, NOW_MS, &[1600.0]), 1.0)));
    crowd.push(of_level(ticket(24, NOW_MS - 290_000, &[9000.0]), 1.0));
    assert_eq!(made_around_first(&text, &crowd), 1);
}

#[test]
fn a_crowd_of_one_rating_is_matched_to_the_last_ten() {
    let text = limited_in("[5, 5]", "");
    assert_eq!(made_of(&text, &solos(&[1500.0; 512])), 51);
}

#[test]
fn a_role_that_is_short_is_looked_for_beyond_the_nearest() {
    let text = limited_in("[5, 5]", "roles = { tank = 1, healer = 4 }\n[limit]\noff_roles = 0");
    let roles: Vec<&str> = (0..40).map(|at| if at == 5 || at == 30 { "tank" } else { "healer" }).collect();
    assert_eq!(made_around_first(&text, &all_want(alike(40), &roles)), 1);
}

#[test]
fn what_is_tried_in_vain_is_paid_for_from_the_budget() {
    // Both who would tank would heal as well, and no match has room for what all others want.
    let text = limited_in("[5, 5]", "roles = { tank = 1, healer = 1, damage = 3 }\n[limit]\noff_roles = 0");
    let wishes = |at: usize| if at % 10 == 9 { ["tank", "healer"].as_slice() } else { &["damage"] };
    let crowd: Vec<_> = (0..).zip(alike(100)).map(|(at, one)| wants(one, wishes(at))).collect();
    let budget = |steps| search_within(Budget { steps }, &window(&crowd), &rules(&text), NOW_MS, 0);
    assert!(rejected(&budget(50_000), "budget") > 50, "most are not looked at");
    assert_eq!(rejected(&budget(usize::MAX), "off_roles_limit"), 100);
}

/// Six places in two teams, under limits that widen.
const SIX: &str = r#"
    regions = ["eu"]
    roles = [{ tank = 1, healer = 2 }, { tank = 2, healer = 1 }]
    [limit]
    off_roles = { steps = [[0, 0], [60, 1]] }
    rating_gap = { start = 100, per_s = 1, max = 200 }
    rtt_ms = { steps = [[0, 50], [60, 200]] }
    number.level = { steps = [[0, 0], [60, 10]] }
    same_until_s.map = 200
    avoided_until_s = 270
"#;

prop_compose! {
    fn any_ticket(id: u32, size: usize)(
        age_s in prop_oneof![Just(0u64), 0u64..300], rating in 1400.0..1600.0f64, is_tank in any::<bool>(), is_healer in any::<bool>(),
        level in prop_oneof![4 => Just(0.0), 1 => Just(5.0)], map in prop_oneof![6 => Just("mill"), 1 => Just("dust")],
        way_ms in prop_oneof![4 => Just(20u32), 1 => Just(100)], avoided in 1u32..7, avoids_any in 0..3,
    ) -> Candidate {
        let roles = [("tank", is_tank), ("healer", is_healer)].into_iter().filter(|(_, is_wanted)| *is_wanted);
        let one = wants(ticket(id, NOW_MS - age_s * 1000, &vec![rating; size]), &roles.map(|(role, _)| role).collect::<Vec<_>>());
        let one = of_level(one, level);
        with(one, |player| {
            player.strings = [("map".to_owned(), map.to_owned())].into();
            player.rtt_ms = [("eu".parse().unwrap(), way_ms)].into();
            player.avoided = if avoids_any == 0 { vec![format!("p{avoided}-0").parse().unwrap()] } else { Vec::new() };
        })
    }
}

/// Parties that fill six places exactly.
fn six_players() -> impl Strategy<Value = Vec<Candidate>> {
    let sizes = [[1; 6].as_slice(), &[2, 1, 1, 1, 1], &[2, 2, 1, 1], &[3, 1, 1, 1], &[3, 2, 1]];
    let parties = |sizes: &[usize]| (1..).zip(sizes).map(|(id, size)| any_ticket(id, *size)).collect::<Vec<_>>();
    proptest::sample::select(sizes.to_vec()).prop_flat_map(parties)
}

/// By trying every seating.
fn can_be_seated(rules: &Rules, tickets: &[Candidate]) -> bool {
    (0u32..1 << tickets.len()).any(|second| {
        let in_second = |at: &usize| second >> at & 1 == 1;
        let (b, a): (Vec<usize>, Vec<usize>) = (0..tickets.len()).partition(in_second);
        let teams = [a, b].map(|team| team.into_iter().map(|at| tickets[at].clone()).collect());
        rules.check(&teams, NOW_MS).is_ok()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn whoever_makes_a_match_in_some_seating_is_matched_around_each_of_them(tickets in six_players(), anchor in 1u32..4) {
        let rules = rules(&limited_in("[3, 3]", SIX));
        let made = search_soundly(&anchored(anchor, &tickets), &rules, NOW_MS).proposals.len();
        prop_assert_eq!(made, usize::from(can_be_seated(&rules, &tickets)));
        prop_assert_eq!(search_soundly(&window(&tickets), &rules, NOW_MS).proposals.len(), made);
    }
}
