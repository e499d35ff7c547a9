mod limited;

use crate::support::{DUEL, TEAMS, anchored, matches, pairings, rejected, rules, search_soundly, ticket, window, with};
use domain::{Budget, Candidate, Party, Player, Range, Sought, TicketId, search_within};
use std::collections::BTreeSet;

const NOW_MS: u64 = 1_000_000;
/// So long ago that only hard rules hold a ticket back.
const LONG_AGO_MS: u64 = NOW_MS - 250_000;

fn parties(sizes: &[usize], queued_ms: u64) -> Vec<Candidate> {
    let rating = |at: usize| 1500.0 + 10.0 * at as f64;
    sizes.iter().enumerate().map(|(at, size)| ticket(at as u32 + 1, queued_ms, &vec![rating(at); *size])).collect()
}

#[test]
fn whole_parties_fill_both_teams_exactly_or_there_is_no_match() {
    let rules = rules(TEAMS);
    let made = |sizes: &[usize]| {
        let range = window(&parties(sizes, LONG_AGO_MS));
        search_soundly(&range, &rules, NOW_MS).proposals.len()
    };
    assert_eq!(made(&[5, 1, 1, 1, 1, 1]), 1);
    assert_eq!(made(&[5, 5]), 1);
    assert_eq!(made(&[4, 1, 3, 2]), 1);
    assert_eq!(made(&[3, 3, 2, 2]), 1);
    assert_eq!(made(&[4, 4, 2]), 0);
    assert_eq!(made(&[4, 4, 4, 1]), 0);
    assert_eq!(made(&[3, 3, 3, 1]), 0);
    assert_eq!(made(&[1; 9]), 0);
    assert_eq!(made(&[1; 31]), 3);
}

#[test]
fn in_a_window_of_teams_matches_are_looked_for_around_those_who_are_due() {
    // Thirty solos make three matches; around one of them there is one, filled by others who are not due.
    let due = |ids: &[u128]| Range {
        sought: Sought::Window(ids.iter().copied().map(TicketId).collect()),
        ..window(&parties(&[1; 30], LONG_AGO_MS))
    };
    let made = |ids: &[u128]| {
        let range = due(ids);
        matches(&range, &search_soundly(&range, &rules(TEAMS), NOW_MS))
    };
    assert_eq!(made(&[]).len(), 3, "none told: every ticket");
    let around_9 = made(&[9]);
    assert_eq!(around_9.len(), 1);
    assert!(around_9[0].iter().flatten().any(|ticket| ticket.id == TicketId(9)));
    assert_eq!(made(&[999]).len(), 0, "one who is not there");
}

#[test]
fn who_takes_any_match_gets_the_cheapest_around_him_whoever_looks() {
    // Five friends who would now take five solos could have five friends; a solo who looks has nobody but them.
    let rules = rules(TEAMS);
    let friends = |id: u32, queued_ms: u64, rating: f64| ticket(id, queued_ms, &[rating; 5]);
    let mut tickets = vec![friends(1, LONG_AGO_MS, 1500.0), friends(2, NOW_MS, 1600.0)];
    tickets.extend((3..=7).map(|id| ticket(id, NOW_MS, &[1500.0])));
    let sought = |sought: Sought| {
        let range = Range { sought, ..window(&tickets) };
        pairings(&range, &search_soundly(&range, &rules, NOW_MS))
    };
    let both = BTreeSet::from([BTreeSet::from([TicketId(1), TicketId(2)])]);
    assert_eq!(sought(Sought::Window(vec![TicketId(3)])), both);
    assert_eq!(sought(Sought::Anchor(TicketId(3))), BTreeSet::new(), "the match would be without the anchor");
    assert_eq!(sought(Sought::Anchor(TicketId(2))), both);
}

#[test]
fn greed_that_does_not_come_out_even_steps_back() {
    // The nearest to the anchor of three are two fours, which leave seats that nobody fits; the two and the three do.
    let sizes = [3, 4, 4, 2, 3, 2];
    let range = anchored(1, &parties(&sizes, LONG_AGO_MS));
    let outcome = search_soundly(&range, &rules(TEAMS), NOW_MS);
    assert_eq!(outcome.proposals.len(), 1);
    assert!(pairings(&range, &outcome).iter().all(|tickets| tickets.len() == 4));
}

#[test]
fn ten_solos_are_split_as_evenly_as_can_be() {
    let ratings = [1500.0, 1510.0, 1530.0, 1560.0, 1600.0, 1650.0, 1710.0, 1780.0, 1860.0, 1950.0];
    let solos: Vec<Candidate> = (1u32..).zip(ratings).map(|(id, rating)| ticket(id, LONG_AGO_MS, &[rating])).collect();
    let range = window(&solos);
    let outcome = search_soundly(&range, &rules(TEAMS), NOW_MS);
    let teams = matches(&range, &outcome).remove(0);
    let sum = |team: &Vec<Candidate>| team.iter().map(|one| one.party.rating()).sum::<f64>();
    let sums: Vec<f64> = teams.iter().map(sum).collect();
    let best = (0u32..1 << 10).filter(|half| half.count_ones() == 5).map(|half| {
        let of = |wanted: u32| (0..10).filter(move |at| half >> at & 1 == wanted).map(|at| ratings[at]).sum::<f64>();
        (of(1) - of(0)).abs()
    });
    assert_eq!((sums[0] - sums[1]).abs(), best.fold(f64::INFINITY, f64::min));
}

#[test]
fn fresh_tickets_of_far_ratings_wait_and_the_miss_is_told() {
    let pair = [ticket(1, NOW_MS, &[1000.0]), ticket(2, NOW_MS, &[1800.0])];
    let outcome = search_soundly(&anchored(1, &pair), &rules(DUEL), NOW_MS);
    assert!(outcome.proposals.is_empty());
    assert_eq!(rejected(&outcome, "patience"), 1);
    assert_eq!(outcome.nearest_miss_s, Some(40.0), "800 points at 0.05 s");
    let later = search_soundly(&anchored(1, &pair), &rules(DUEL), NOW_MS + 119_000);
    assert_eq!(later.proposals.len(), 1, "nobody starves");
}

#[test]
fn a_hard_limit_holds_however_long_one_waits_until_it_relaxes() {
    let limited = format!("{DUEL}\n[limit]\nrating_gap = {{ start = 100, per_s = 5, max = 400 }}\n");
    let rules = rules(&limited);
    let pair = |gap: f64| [ticket(1, NOW_MS, &[1000.0]), ticket(2, NOW_MS, &[1000.0 + gap])];
    let after = |gap: f64, s: u64| search_soundly(&anchored(1, &pair(gap)), &rules, NOW_MS + s * 1000);
    assert_eq!(rejected(&after(350.0, 45), "rating_gap_limit"), 1);
    assert_eq!(after(350.0, 50).proposals.len(), 1);
    assert_eq!(rejected(&after(450.0, 119), "rating_gap_limit"), 1);
}

#[test]
fn a_match_is_played_where_it_costs_least_among_regions_within_the_limit() {
    let rules = rules(&DUEL.replace("[price]", "regions = [\"east\", \"west\"]\n[price]\nrtt = 0.1\nrtt_free_ms = 50"));
    let at = |east: u32, west: u32| {
        move |player: &mut Player| {
            player.rtt_ms = [("east", east), ("west", west)].map(|(name, ms)| (name.parse().unwrap(), ms)).into();
        }
    };
    let pair = [with(ticket(1, 0, &[1000.0]), at(20, 90)), with(ticket(2, 0, &[1000.0]), at(140, 60))];
    let outcome = search_soundly(&anchored(1, &pair), &rules, 100_000);
    assert_eq!(outcome.proposals[0].region, "west");
    assert_eq!(outcome.proposals[0].cost_s, 0.1 * 40.0 / 2.0, "the second has no better region, so his 60 ms are free");
}

#[test]
fn one_who_stands_in_two_tickets_is_never_matched_with_himself() {
    let left = ticket(1, NOW_MS - 9, &[1000.0]);
    let mut again = ticket(2, NOW_MS, &[1000.0]);
    again.party = left.party.clone();
    let outcome = search_soundly(&window(&[left, again]), &rules(DUEL), NOW_MS);
    assert!(outcome.proposals.is_empty());
    assert_eq!((rejected(&outcome, "twice"), rejected(&outcome, "team_fill")), (1, 1));
}

#[test]
fn pools_never_mix() {
    let rules = rules(&format!("equal = [\"input\"]\n{DUEL}"));
    let on = |input: &'static str| move |player: &mut Player| drop(player.strings.insert("input".into(), input.into()));
    let mut all: Vec<Candidate> = (1..=3).map(|id| with(ticket(id, 0, &[1000.0]), on("pad"))).collect();
    all.push(with(ticket(4, 0, &[1000.0]), on("mouse")));
    assert_eq!(search_soundly(&window(&all), &rules, 1_000).proposals.len(), 1);
    let outcome = search_soundly(&anchored(4, &all), &rules, 1_000);
    assert_eq!((outcome.proposals.len(), rejected(&outcome, "equal")), (0, 3));
    let mixed = [vec![all[0].clone()], vec![all[3].clone()]];
    assert_eq!(rules.check(&mixed, 1_000).unwrap_err().rule, "equal");
}

#[test]
fn the_recheck_names_the_rule_that_is_broken() {
    let rules = rules(DUEL);
    let one = ticket(1, 0, &[1000.0]);
    let broken = |teams: &[Vec<Candidate>]| rules.check(teams, 0).unwrap_err().rule;
    assert_eq!(broken(&[]), "team_sizes");
    assert_eq!(broken(&[vec![one.clone()]]), "team_sizes");
    assert_eq!(broken(&[vec![one.clone()], vec![]]), "team_sizes");
    assert_eq!(broken(&[vec![one.clone()], vec![one.clone()]]), "twice");
    assert_eq!(rules.cost_s(&[], 0), f64::INFINITY);
    assert_eq!(rules.region(&[], 0), None);
}

#[test]
fn six_whose_first_seating_is_uneven_meet_if_another_is_even() {
    let text = DUEL.replace("teams = [1, 1]", "teams = [3, 3]").replace("start_s = 0.5", "start_s = 5.1");
    let six: Vec<Candidate> = (1..=6).map(|id| ticket(id, NOW_MS, &[1000.0 + 300.0 * f64::from(id)])).collect();
    let found = search_soundly(&anchored(3, &six), &rules(&text), NOW_MS);
    // At first sight the teams are 300 points apart, at best 100.
    assert_eq!(found.proposals.iter().map(|proposal| proposal.cost_s.round()).collect::<Vec<_>>(), [5.0]);
}

#[test]
fn an_absent_anchor_or_an_empty_range_gives_nothing() {
    let pair = [ticket(1, 0, &[1000.0]), ticket(2, 0, &[1000.0])];
    assert!(search_soundly(&anchored(9, &pair), &rules(DUEL), 0).proposals.is_empty());
    assert_eq!(search_soundly(&window(&[]), &rules(TEAMS), 0), Default::default());
}

#[test]
fn everyone_is_seated_in_a_role_that_he_named_where_that_can_be() {
    let rules = rules(include_str!("../../../../rules/roles-5v5.toml"));
    let wishes: [&[&str]; 5] = [&["damage", "tank"], &["damage"], &["support"], &[], &["damage", "support"]];
    let team: Vec<Candidate> =
        (1u32..).zip(wishes).map(|(id, wishes)| wants(ticket(id, 0, &[1500.0]), wishes)).collect();
    let others: Vec<Candidate> = (6..=10).map(|id| ticket(id, 0, &[1500.0])).collect();
    let roles = rules.seat_roles(&[team.clone(), others.clone()]);
    let mut seated: Vec<&str> = roles[0].iter().map(|role| role.as_str()).collect();
    assert_eq!((seated[1], seated[2]), ("damage", "support"));
    seated.sort_unstable();
    assert_eq!(seated, ["damage", "damage", "support", "support", "tank"]);
    rules.check(&[team, others], 0).unwrap();
}

#[test]
fn nobody_fills_in_for_a_role_until_the_rules_let_him() {
    let rules = rules(include_str!("../../../../rules/roles-5v5.toml"));
    let solos: Vec<Candidate> = (1..=10).map(|id| wants(ticket(id, NOW_MS, &[1500.0]), &["damage"])).collect();
    let teams = [solos[..5].to_vec(), solos[5..].to_vec()];
    assert_eq!(rules.check(&teams, NOW_MS + 119_000).unwrap_err().rule, "off_roles_limit");
    rules.check(&teams, NOW_MS + 120_000).unwrap();
}

fn wants(ticket: Candidate, roles: &[&str]) -> Candidate {
    with(ticket, |player| player.roles = roles.iter().map(|role| role.parse().unwrap()).collect())
}

#[test]
fn too_few_players_for_a_match_are_found_out_at_once() {
    let nine = parties(&[1; 9], NOW_MS);
    let outcome = search_within(Budget { steps: 4_000 }, &window(&nine), &rules(TEAMS), NOW_MS, 0);
    let told: Vec<&str> = outcome.rejections.iter().map(|rejection| rejection.rule).collect();
    assert_eq!(told, ["team_fill"], "and not that the budget was spent");
}

/// How many matches a window of these makes.
fn made_of(rules_text: &str, tickets: &[Candidate]) -> usize {
    search_soundly(&window(tickets), &rules(rules_text), NOW_MS).proposals.len()
}

fn solos(ratings: &[f64]) -> Vec<Candidate> {
    (1..).zip(ratings).map(|(id, rating)| ticket(id, LONG_AGO_MS, &[*rating])).collect()
}

const TWO_TEAMS: &str = r#"
    queue = "two"
    teams = [2, 2]
    longest_wait_s = 300
    longest_match_s = 60
    [patience]
    start_s = 1000000
    per_s = 0
    [look]
    width_max = 0
    rating = { start = 10000, factor = 1 }
"#;

const NOBODY_OFF_ROLE: &str = "roles = { tank = 1, healer = 1 }\n[limit]\noff_roles = 0";

/// The same with further tables or keys.
fn two_teams(more: &str) -> String {
    TWO_TEAMS.replacen("[patience]", &format!("{more}\n[patience]"), 1)
}

#[test]
fn a_seating_that_a_limit_forbids_is_no_reason_not_to_try_others() {
    let mut four = solos(&[1600.0, 1500.0, 1400.0, 1300.0]);
    four[0] = with(four[0].clone(), |player| player.avoided = ["p4-0".parse().unwrap()].into());
    assert_eq!(made_of(TWO_TEAMS, &four), 1, "the evenest seating has the first with whom he avoids");

    let roles = two_teams(NOBODY_OFF_ROLE);
    let wanted = ["tank", "healer", "healer", "tank"];
    let four: Vec<_> = solos(&[1600.0, 1550.0, 1450.0, 1400.0])
        .into_iter()
        .zip(wanted)
        .map(|(one, role)| wants(one, &[role]))
        .collect();
    assert_eq!(made_of(&roles, &four), 1, "the evenest seating has two tanks in one team");

    let three = two_teams("[limit]\nrating_gap = 200").replacen("[2, 2]", "[3, 3]", 1);
    assert_eq!(made_of(&three, &solos(&[1300.0, 1600.0, 1900.0, 2200.0, 2500.0, 2800.0])), 1);
}

#[test]
fn players_who_find_no_roles_together_leave_the_seats_to_others() {
    let text = two_teams(NOBODY_OFF_ROLE);
    let ratings: Vec<f64> = (0..12).map(|at| 1500.0 + f64::from(at)).collect();
    // The first ten are tanks, and only the farthest two are healers.
    let crowd: Vec<_> =
        (0..).zip(solos(&ratings)).map(|(at, one)| wants(one, &[if at < 10 { "tank" } else { "healer" }])).collect();
    assert_eq!(made_of(&text, &crowd), 1);
}

#[test]
fn those_who_may_not_meet_the_anchor_hide_nobody_who_may() {
    let text = two_teams("[limit]\nnumber.level = 0");
    let level = |one: Candidate, level: f64| {
        with(one, |player| {
            player.numbers.insert("level".to_owned(), level);
        })
    };
    let ratings: Vec<f64> = (0..16).map(|at| 1500.0 + f64::from(at)).collect();
    let levels = (0..16).map(|at| if at % 4 == 0 { 100.0 } else { f64::from(at) });
    let crowd: Vec<_> = solos(&ratings).into_iter().zip(levels).map(|(one, at)| level(one, at)).collect();
    assert_eq!(made_of(&text, &crowd), 1);
}

#[test]
fn whom_the_oldest_may_play_with_is_found_by_whoever_comes() {
    let text = two_teams("regions = [\"eu\"]\n[limit]\nrtt_ms = { steps = [[0, 50], [60, 200]] }");
    let away = |one: Candidate, ms: u32| {
        with(one, |player| {
            player.rtt_ms.insert("eu".parse().unwrap(), ms);
        })
    };
    let mut four: Vec<_> = solos(&[1500.0; 4]).into_iter().map(|one| away(one, 100)).collect();
    four[3] = away(ticket(4, NOW_MS, &[1500.0]), 10);
    let range = anchored(4, &four);
    assert_eq!(search_soundly(&range, &rules(&text), NOW_MS).proposals.len(), 1);
}

#[test]
fn whose_patience_pays_for_a_match_is_not_exchanged_for_someone_cheaper() {
    let text = two_teams("[price]\nrating_gap = 1").replacen(
        "start_s = 1000000\n    per_s = 0",
        "start_s = 1\n    per_s = 1",
        1,
    );
    let at = |id: u32, ago_ms: u64, rating: f64| ticket(id, NOW_MS - ago_ms, &[rating]);
    let five = [at(1, 24_000, 1550.0), at(2, 100, 1480.0), at(3, 100, 1540.0), at(4, 100, 1557.0), at(5, 0, 1500.0)];
    assert_eq!(search_soundly(&anchored(5, &five), &rules(&text), NOW_MS).proposals.len(), 1);
}

#[test]
fn all_of_a_party_must_share_what_a_match_shares() {
    let text = two_teams("[limit]\nsame_until_s.map = 300");
    let map = |names: [&str; 2], id: u32| {
        let mut party = ticket(id, NOW_MS, &[1500.0, 1500.0]);
        let players = party.party.players().iter().zip(names).map(|(player, name)| {
            let mut player = player.clone();
            player.strings.insert("map".to_owned(), name.to_owned());
            player
        });
        party.party = Party::try_new(players.collect()).unwrap();
        party
    };
    assert_eq!(made_of(&text, &[map(["a", "b"], 1), map(["a", "c"], 2)]), 0);
    assert_eq!(made_of(&text, &[map(["a", "a"], 1), map(["a", "a"], 2)]), 1);
}
