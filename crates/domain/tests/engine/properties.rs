use crate::support::{DUEL, TEAMS, anchored, matches, pairings, rules, search_soundly, ticket, window, with};
use domain::{Budget, Candidate, Outcome, Outlook, Player, Range, Rules, search, search_within};
use proptest::prelude::*;

const NOW_MS: u64 = 1_000_000;
/// Unlimited patience as a number.
const UNLIMITED_S: f64 = 1e9;

/// Three team forms besides the files that ship: uneven, three teams, and everyone for himself.
fn any_rules() -> impl Strategy<Value = Rules> {
    let limited = TEAMS.replace("[limit]", "[limit]\nrating_range = { start = 300, per_s = 10 }");
    let teams = |sizes: &str| TEAMS.replace("teams = [5, 5]", &format!("teams = {sizes}"));
    let texts =
        [DUEL.to_owned(), TEAMS.to_owned(), limited, teams("[1, 4]"), teams("[3, 3, 3]"), teams("[1, 1, 1, 1]")];
    proptest::sample::select(texts.map(|text| rules(&text)).to_vec())
}

/// One against one, by what adds up along a line and by what does not.
fn any_duel() -> impl Strategy<Value = Rules> {
    let regions: Vec<&str> = TEAMS.split("regions = [").nth(1).unwrap().split(']').take(1).collect();
    let with = |prices: &str| DUEL.replace("[price]", &format!("regions = [{}]\n[price]\n{prices}", regions[0]));
    let texts = [
        DUEL.to_owned(),
        with("rtt = 0.2\nrtt_free_ms = 40\nrtt_difference = 0.05"),
        with("win_probability = 0.3\nrating_spread = 0.02\nrtt = 0.1"),
        with("rematch = 20"),
        format!("{DUEL}\n[limit]\nrating_gap = {{ start = 50, per_s = 2, max = 400 }}\n"),
        with("rtt = 0.1") + "\n[limit]\nrtt_ms = { start = 80, per_s = 1, max = 200 }\n",
    ];
    proptest::sample::select(texts.map(|text| rules(&text)).to_vec())
}

/// Every third blocks the next, every other one has just met the one after that.
fn choosy(solo: Candidate) -> Candidate {
    let id = solo.id.0;
    let other = |distance: u128| vec![format!("p{}-0", id + distance).parse().unwrap()];
    with(solo, |player| {
        player.blocked = if id.is_multiple_of(3) { other(1) } else { Vec::new() };
        player.recent = if id.is_multiple_of(2) { other(2) } else { Vec::new() };
    })
}

/// What the matches of a window save each of their players, in seconds.
fn saved_s(rules: &Rules, range: &Range, outcome: &Outcome) -> f64 {
    matches(range, outcome).iter().map(|teams| saving_s(rules, teams)).sum()
}

prop_compose! {
    fn any_ticket(id: u32)(
        rating in 800.0..2400.0f64, age_ms in 0u64..300_000, size in prop_oneof![4 => Just(1usize), 1 => 2usize..6],
        home in 0usize..14, spread in 0.0..200.0f64,
    ) -> Candidate {
        let ratings: Vec<f64> = (0..size).map(|at| rating + spread * at as f64).collect();
        with(ticket(id, NOW_MS - age_ms, &ratings), |player| live_at(player, home))
    }
}

fn live_at(player: &mut Player, home: usize) {
    let rtt_ms = |at: usize| 25 + 35 * at.abs_diff(home).min(14 - at.abs_diff(home)) as u32;
    let regions = rules(TEAMS).regions().to_vec();
    player.rtt_ms = regions.into_iter().enumerate().map(|(at, region)| (region, rtt_ms(at))).collect();
}

fn any_tickets(most: usize) -> impl Strategy<Value = Vec<Candidate>> {
    (1..=most).prop_flat_map(|count| (1..=count as u32).map(any_ticket).collect::<Vec<_>>())
}

fn shuffled(range: &Range, keys: &[u32]) -> Range {
    let mut keyed: Vec<(u32, Candidate)> =
        range.candidates.iter().enumerate().map(|(at, one)| (keys[at % keys.len()], one.clone())).collect();
    keyed.sort_by_key(|(key, _)| *key);
    Range { candidates: keyed.into_iter().map(|(_, one)| one).collect(), ..range.clone() }
}

/// What a match saves each of its players over waiting on; below 0 where it is not worth making.
fn saving_s(rules: &Rules, teams: &[Vec<Candidate>]) -> f64 {
    let size = |ticket: &Candidate| ticket.party.size() as f64;
    let patience_s = |ticket| rules.patience_s(ticket, &Outlook::default(), NOW_MS).min(UNLIMITED_S);
    let tickets = || teams.iter().flatten();
    let given_s: f64 = tickets().map(|ticket| patience_s(ticket) * size(ticket)).sum();
    given_s / tickets().map(size).sum::<f64>() - rules.cost_s(teams, NOW_MS)
}

/// What a pair saves each of the two, if it is worth making.
fn pair_saves_s(rules: &Rules, a: &Candidate, b: &Candidate) -> Option<f64> {
    Some(saving_s(rules, &[vec![a.clone()], vec![b.clone()]])).filter(|saves_s| *saves_s >= 0.0)
}

/// By trying every pairing.
fn most_saved_s(rules: &Rules, tickets: &[&Candidate]) -> f64 {
    let Some((first, others)) = tickets.split_first() else { return 0.0 };
    let with = |at: usize| {
        let rest: Vec<&Candidate> =
            others.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, one)| *one).collect();
        Some(pair_saves_s(rules, first, others[at])? + most_saved_s(rules, &rest))
    };
    (0..others.len()).filter_map(with).fold(most_saved_s(rules, others), f64::max)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The promise itself is asserted in `search_soundly`.
    #[test]
    fn windows_and_anchored_searches_are_sound(rules in any_rules(), tickets in any_tickets(60)) {
        search_soundly(&window(&tickets), &rules, NOW_MS);
        let range = anchored(1, &tickets);
        let outcome = search_soundly(&range, &rules, NOW_MS);
        prop_assert!(outcome.proposals.len() <= 1);
        prop_assert!(matches(&range, &outcome).iter().all(|teams| teams.iter().flatten().any(|one| one.id.0 == 1)));
    }

    #[test]
    fn the_same_input_gives_the_same_outcome_in_any_order(
        rules in any_rules(), tickets in any_tickets(40), keys in proptest::collection::vec(any::<u32>(), 41),
        is_anchored: bool,
    ) {
        let range = if is_anchored { anchored(1, &tickets) } else { window(&tickets) };
        let outcome = search(&range, &rules, NOW_MS, 7);
        prop_assert_eq!(&outcome, &search(&range, &rules, NOW_MS, 7));
        let other = shuffled(&range, &keys);
        let reordered = search(&other, &rules, NOW_MS, 7);
        prop_assert_eq!(pairings(&range, &outcome), pairings(&other, &reordered));
        prop_assert_eq!(outcome.rejections, reordered.rejections);
        prop_assert_eq!(outcome.nearest_miss_s, reordered.nearest_miss_s);
    }

    #[test]
    fn one_against_one_the_anchor_gets_whom_it_saves_most_with(tickets in any_tickets(40)) {
        let rules = rules(DUEL);
        let solos: Vec<Candidate> = tickets.into_iter().filter(|ticket| ticket.party.size() == 1).collect();
        prop_assume!(!solos.is_empty());
        let savings = solos[1..].iter().filter_map(|other| pair_saves_s(&rules, &solos[0], other));
        let most_s = savings.reduce(f64::max);
        let outcome = search_soundly(&anchored(solos[0].id.0 as u32, &solos), &rules, NOW_MS);
        let made = outcome.proposals.first().map(|made| {
            let [a, b] = [made.teams[0][0], made.teams[1][0]].map(|at| &solos[at]);
            pair_saves_s(&rules, a, b).unwrap()
        });
        prop_assert!(made.is_some() == most_s.is_some());
        // With unlimited patience on one side the cheapest partner is taken, whatever he would give himself.
        prop_assert!(made == most_s || most_s.is_some_and(|most_s| most_s > UNLIMITED_S / 4.0), "{:?} of {:?}", made, most_s);
    }

    /// Waiting on is an alternative for everyone: the optimum is over all sets of disjoint pairs worth making, the empty one included.
    #[test]
    fn a_window_of_duels_saves_as_much_as_any_pairing_could(rules in any_duel(), tickets in any_tickets(9)) {
        let solos: Vec<Candidate> = tickets.into_iter().filter(|ticket| ticket.party.size() == 1).map(choosy).collect();
        let range = window(&solos);
        let total_s = saved_s(&rules, &range, &search_soundly(&range, &rules, NOW_MS));
        let best_s = most_saved_s(&rules, &solos.iter().collect::<Vec<_>>());
        prop_assert!((total_s - best_s).abs() < 1e-3, "saves {} s of {} s", total_s, best_s);
    }

    #[test]
    fn a_window_of_duels_never_saves_less_on_a_larger_budget(
        rules in any_duel(), tickets in any_tickets(40), steps in 0usize..3_000, more in 0usize..3_000,
    ) {
        let solos: Vec<Candidate> = tickets.into_iter().filter(|ticket| ticket.party.size() == 1).map(choosy).collect();
        let range = window(&solos);
        let saved = |steps| saved_s(&rules, &range, &search_within(Budget { steps }, &range, &rules, NOW_MS, 0));
        let (less_s, more_s) = (saved(steps), saved(steps + more));
        prop_assert!(more_s >= less_s - 1e-3, "saves {} s, and {} s on a smaller budget", more_s, less_s);
    }

    /// A budget ends a window between two anchors, or between two exchanges: what was found by then is found on a larger one too.
    #[test]
    fn a_window_of_teams_never_saves_less_on_a_larger_budget(
        rules in any_rules(), tickets in any_tickets(120), steps in 0usize..100_000, more in 0usize..100_000,
    ) {
        let range = window(&tickets);
        let saved = |steps| saved_s(&rules, &range, &search_within(Budget { steps }, &range, &rules, NOW_MS, 0));
        let (less_s, more_s) = (saved(steps), saved(steps + more));
        prop_assert!(more_s >= less_s - 1e-3, "saves {} s, and {} s on a smaller budget", more_s, less_s);
    }

    /// Whoever a window of duels leaves waiting, it would leave waiting again.
    #[test]
    fn solving_what_is_left_changes_nothing(rules in any_duel(), tickets in any_tickets(60)) {
        let range = window(&tickets);
        let taken: Vec<_> = pairings(&range, &search(&range, &rules, NOW_MS, 0)).into_iter().flatten().collect();
        let left: Vec<Candidate> = tickets.into_iter().filter(|ticket| !taken.contains(&ticket.id)).collect();
        prop_assert_eq!(search(&window(&left), &rules, NOW_MS, 0).proposals, vec![]);
    }
}
