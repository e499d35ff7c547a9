use crate::shipped::SHIPPED;
use crate::support::{anchored, rules, search_soundly, ticket, window};
use domain::{Candidate, DoubtKind, Rules};
use proptest::prelude::*;

const SMALL: &str = "queue = \"q\"\nlongest_wait_s = 100\nlongest_match_s = 600\n";

fn doubts(text: &str) -> Vec<(DoubtKind, String, String)> {
    let of_one = |doubt: domain::Doubt| (doubt.kind, doubt.key(), doubt.told);
    rules(&format!("{SMALL}{text}")).doubts().into_iter().map(of_one).collect()
}

/// Asserts that these lines are doubted once, of this key, in words that hold each of `told`.
fn doubted(text: &str, kind: DoubtKind, key: &str, told: &[&str]) {
    let doubts = doubts(text);
    let [(is_kind, is_key, is_told)] = &doubts[..] else { panic!("not one doubt: {doubts:?} of {text}") };
    assert_eq!((*is_kind, is_key.as_str()), (kind, key), "{is_told}");
    told.iter().for_each(|told| assert!(is_told.contains(told), "{told:?} is not in: {is_told}"));
}

/// Asserts that nothing is doubted of these lines.
fn trusted(text: &str) {
    assert_eq!(doubts(text), [], "{text}");
}

const DUEL: &str = "teams = [1, 1]\n";
const TEAMS: &str = "teams = [5, 5]\n";

#[test]
fn the_files_that_ship_are_not_doubted() {
    for text in SHIPPED {
        assert_eq!(rules(text).doubts(), [], "{text}");
    }
    trusted(DUEL);
}

#[test]
fn more_shared_members_than_there_are_match_nobody() {
    let of = |overlap: &str| format!("{DUEL}[sets]\nmaps = [\"a\", \"b\", \"c\"]\n[limit.overlap]\nmaps = {overlap}\n");
    let never = DoubtKind::NeverMatches;
    doubted(&of("4"), never, "limit.overlap.maps", &["asks for 4", "the set has 3", "no match can ever be made"]);
    let late = "{ start = 5, per_s = -0.1, min = 1 }";
    doubted(&of(late), DoubtKind::MatchesLate, "limit.overlap.maps", &["asks for 5", "has 3", "before 20 s"]);
    trusted(&of("3"));
    doubted(&of("0"), DoubtKind::NoEffect, "limit.overlap.maps", &["0 members"]);
    doubted(&format!("{DUEL}[sets]\nmaps = [\"a\"]\n"), DoubtKind::NoEffect, "sets.maps", &["`limit.overlap`"]);
}

#[test]
fn who_may_queue_and_can_never_be_matched_is_named() {
    let some = DoubtKind::SomeNeverMatch;
    let rtt = |limit: &str| format!("{DUEL}regions = [\"eu\", \"us\"]\n[limit]\n{limit}\n");
    doubted(&rtt("rtt_ms = 0"), some, "limit.rtt_ms", &["allows 0 ms", "1 ms or more"]);
    trusted(&rtt("rtt_ms = { start = 0, per_s = 1 }"));
    trusted(&rtt("rtt_ms = 0\nrtt_over_best_ms = 0"));
    let seats = "teams = [2, 2]\nroles = { tank = 2, healer = 0 }\n";
    doubted(&format!("{seats}limit.off_roles = 0\n"), some, "roles.healer", &["no team seats it", "`limit.off_roles`"]);
    doubted(seats, DoubtKind::NoEffect, "roles.healer", &["always plays another"]);
    let uneven = "teams = [1, 4]\n[limit]\nparty_size = ";
    let told = ["allows 1", "a party of 3 exceeds what can face it by 2", "never be matched"];
    doubted(&format!("{uneven}1\n"), some, "limit.party_size", &told);
    trusted(&format!("{uneven}{{ steps = [[0, 0], [99, 3]] }}\n"));
}

#[test]
fn a_match_that_waits_without_need_is_told_with_its_numbers() {
    let late = DoubtKind::MatchesLate;
    let last = "[patience]\nunlimited_s = 99\n[look]\nagain_ms = 1500\n";
    let told = ["from 99 s on", "1 s before", "1.5 s apart"];
    doubted(&format!("{DUEL}{last}"), late, "patience.unlimited_s", &told);
    trusted(&format!("{DUEL}{}", last.replace("1500", "1000")));
    let none = "[price]\nrating_gap = 1\n[patience]\nstart_s = 0\n";
    doubted(&format!("{DUEL}{none}"), late, "patience.start_s", &["no cost at all", "at 80 s"]);
    trusted(&format!("{DUEL}{none}per_s = 0.1\n"));
    trusted(&format!("{DUEL}{none}unlimited_s = 0\n"));
    doubted(&format!("{DUEL}{}", none.replace("start_s", "most_s")), late, "patience.most_s", &["no cost at all"]);
    let parties = "teams = [1, 4]\n[price]\nparty_size = 6\n[patience]\nstart_s = ";
    let told = ["a party of 3 exceeds what can face it by 2", "at least 12 s", "accept 7 s", "at 80 s"];
    doubted(&format!("{parties}7\n"), late, "price.party_size", &told);
    trusted(&format!("{parties}18\n"));
}

#[test]
fn looks_that_never_widen_are_told() {
    let late = DoubtKind::MatchesLate;
    let told = ["width 8 begins after 128 s", "expires at 100 s", "width 7 at most", "at 80 s"];
    doubted(&format!("{DUEL}look.width_max = 8\n"), late, "look.width_max", &told);
    trusted(&format!("{DUEL}look.width_max = 7\n"));
    let zero = format!("{DUEL}look.rating = {{ start = 0, factor = 2 }}\n");
    doubted(&zero, late, "look.rating", &["0 points", "below width 6"]);
    trusted(&format!("{zero}[price]\nrating_gap = 1\n[patience]\nstart_s = 5\n"));
    trusted(&format!("{zero}[limit]\nrating_range = 0\n"));
    let short = SMALL.replace("100", "10");
    assert_eq!(rules(&format!("{short}{DUEL}")).doubts(), [], "defaults are nobody's mistake");
}

#[test]
fn a_price_that_nothing_is_measured_for_is_told() {
    let idle = |text: &str, name: &str, why: &str| {
        doubted(&format!("{text}[price]\n{name} = 1\n"), DoubtKind::NoEffect, &format!("price.{name}"), &[why]);
    };
    for name in ["rating_gap", "win_probability", "party_size"] {
        idle("teams = [5]\n", name, "only one team");
    }
    for name in ["rating_spread", "rematch"] {
        idle("teams = [1]\n", name, "one player");
    }
    idle(TEAMS, "rtt", "`regions`");
    idle(TEAMS, "rtt_difference", "`regions`");
    idle("teams = [1]\nregions = [\"eu\"]\n", "rtt_difference", "one player");
    idle("teams = [5, 5]\nregions = [\"eu\"]\n", "rtt", "with one region");
    idle(TEAMS, "rtt_free_ms", "`price.rtt`");
    idle(TEAMS, "rtt_free_over_best_ms", "`price.rtt`");
    idle(TEAMS, "off_role", "`roles`");
    idle(DUEL, "party_size", "every party is one player");
    let all = "rating_gap = 1\nwin_probability = 1\nrating_spread = 1\nrtt = 1\nrtt_free_ms = 1\nrtt_free_over_best_ms = 1\n\
               rtt_difference = 1\noff_role = 1\nparty_size = 1\nrematch = 1\n";
    trusted(&format!("{TEAMS}regions = [\"eu\", \"us\"]\nroles = {{ any = 5 }}\n[price]\n{all}"));
}

#[test]
fn a_limit_that_no_match_can_exceed_is_told() {
    let idle = |text: &str, key: &str, why: &str| doubted(text, DoubtKind::NoEffect, key, &["has no effect", why]);
    let limit = |teams: &str, limit: &str| format!("{teams}[limit]\n{limit}\n");
    idle(&limit("teams = [5]\n", "rating_gap = 9"), "limit.rating_gap", "only one team");
    idle(&limit("teams = [1]\n", "rating_range = 9"), "limit.rating_range", "one player");
    idle(&limit("teams = [1]\n", "number.level = 9"), "limit.number.level", "one player");
    idle(&limit(DUEL, "number.level = 2e6"), "limit.number.level", "more than 2000000");
    idle(&limit(DUEL, "rating_gap = 200000"), "limit.rating_gap", "more than 200000");
    idle(&limit(DUEL, "rtt_ms = 80"), "limit.rtt_ms", "`regions`");
    idle(&limit(DUEL, "rtt_over_best_ms = 30"), "limit.rtt_over_best_ms", "`regions`");
    let one_region = "teams = [1, 1]\nregions = [\"eu\"]\n";
    idle(&limit(one_region, "rtt_ms = 80\nrtt_over_best_ms = 30"), "limit.rtt_over_best_ms", "with one region");
    trusted(&limit(one_region, "rtt_ms = 80"));
    idle(&limit(TEAMS, "off_roles = 2"), "limit.off_roles", "`roles`");
    idle(&limit("teams = [2, 2]\nroles = { any = 2 }\n", "off_roles = 4"), "limit.off_roles", "more than 4");
    idle(&limit(DUEL, "party_size = 1"), "limit.party_size", "every party is one player");
    idle(&limit(TEAMS, "party_size = 4"), "limit.party_size", "more than 4");
    trusted(&limit(TEAMS, "party_size = 3\nrating_gap = 9\nrating_range = 9\nnumber.level = 1"));
    idle(&limit(DUEL, "same_until_s.map = 0"), "limit.same_until_s.map", "up to no age");
    idle(&limit("teams = [1, 1]\nequal = [\"map\"]\n", "same_until_s.map = 9"), "limit.same_until_s.map", "`equal`");
    idle(&limit(DUEL, "avoided_until_s = 9"), "limit.avoided_until_s", "beside another");
    trusted(&limit(TEAMS, "avoided_until_s = 0\nsame_until_s.map = 60"));
}

#[test]
fn a_part_of_a_limit_that_no_ticket_grows_old_enough_for_is_told() {
    let unreached = |limit: &str, key: &str, told: &[&str]| {
        doubted(
            &format!("{TEAMS}[sets]\nmaps = [\"a\", \"b\"]\n[limit]\noverlap.maps = 1\n{limit}\n"),
            DoubtKind::NoEffect,
            key,
            told,
        );
    };
    let rating = "limit.rating_gap";
    unreached(
        "rating_gap = { start = 80, per_s = 1, max = 400 }",
        rating,
        &["comes to 180", "at 100 s", "never to 400"],
    );
    unreached("rating_gap = { start = 80, max = 400 }", rating, &["comes to 80"]);
    unreached("rating_gap = { steps = [[0, 5], [100, 9]] }", rating, &["step at 100 s", "expires at 100 s"]);
    unreached("number.level = { steps = [[0, 5], [500, 9]] }", "limit.number.level", &["step at 500 s"]);
    unreached("same_until_s.map = 100", "limit.same_until_s.map", &["ends at 100 s", "never relaxes"]);
    unreached("avoided_until_s = 200", "limit.avoided_until_s", &["ends at 200 s", "never relaxes"]);
    let falls = "{ start = 2, per_s = -0.001, min = 1 }";
    let maps = format!("{TEAMS}[sets]\nmaps = [\"a\", \"b\"]\n[limit]\noverlap.maps = {falls}\n");
    doubted(&maps, DoubtKind::NoEffect, "limit.overlap.maps", &["comes to 1.9", "never to 1"]);
    trusted(&maps.replace(", min = 1", ""));
    trusted(&format!("{TEAMS}[limit]\nrating_gap = {{ start = 300, per_s = 1, max = 400 }}\n"));
    trusted(&format!("{TEAMS}[limit]\nrating_gap = {{ steps = [[0, 5], [99, 9]] }}\n"));
}

#[test]
fn patience_that_contradicts_itself_is_told() {
    let idle = |patience: &str, key: &str, why: &str| {
        let key = format!("patience.{key}");
        doubted(&format!("{DUEL}[patience]\n{patience}\n"), DoubtKind::NoEffect, &key, &["has no effect", why]);
    };
    idle("start_s = 1\nleast_s = 2", "least_s", "`start_s`");
    idle("start_s = 1\nmost_s = 2", "most_s", "`start_s`");
    idle("least_s = 3\nmost_s = 2", "most_s", "below `least_s` (3)");
    idle("least_s = 3\nmost_s = 0\n[price]\nrating_gap = 1", "most_s", "below `least_s` (3)");
    idle("least_s = 1\nafter_s = 9", "after_s", "`per_s`");
    idle("least_s = 1\nper_s = 1\nafter_s = 80", "per_s", "at 80 s");
    trusted(&format!("{DUEL}[patience]\nleast_s = 1\nmost_s = 1\nper_s = 1\nafter_s = 79\n"));
    trusted(&format!("{DUEL}[patience]\nper_s = 1\nafter_s = 90\nseconds_per_try = 5\n"));
}

#[test]
fn the_worst_doubt_comes_first() {
    let kinds: Vec<DoubtKind> = doubts(
        "teams = [1, 4]\n[price]\nrtt = 1\nparty_size = 9\n[sets]\nmaps = [\"a\"]\n[limit]\nparty_size = 2\noverlap.maps = 2\n\
         [patience]\nstart_s = 1\n",
    )
    .into_iter()
    .map(|(kind, ..)| kind)
    .collect();
    let order = [DoubtKind::NeverMatches, DoubtKind::SomeNeverMatch, DoubtKind::MatchesLate, DoubtKind::NoEffect];
    assert_eq!(kinds, order);
}

prop_compose! {
    fn any_ramp()(start in 0u32..6, per_s in 0u32..3, kind in 0u32..3) -> String {
        match kind {
            0 => start.to_string(),
            1 => format!("{{ start = {start}, per_s = {per_s} }}"),
            _ => format!("{{ steps = [[0, {start}], [9, {}]] }}", start + per_s),
        }
    }
}

prop_compose! {
    fn any_fall()(start in 0u32..6, per_s in 0u32..3, kind in 0u32..2) -> String {
        if kind == 0 { start.to_string() } else { format!("{{ start = {start}, per_s = -0.{per_s} }}") }
    }
}

/// Whether a line of the file is there.
fn any_lines(lines: Vec<String>) -> impl Strategy<Value = String> {
    let count = lines.len();
    proptest::sample::subsequence(lines, 0..=count).prop_map(|lines| lines.join("\n") + "\n")
}

prop_compose! {
    fn any_limits()(ramps in proptest::collection::vec(any_ramp(), 7), fall in any_fall(), until_s in 0u32..40)(
        lines in any_lines(vec![
            format!("rating_gap = {}", ramps[0]), format!("rating_range = {}", ramps[1]), format!("rtt_ms = {}", ramps[2]),
            format!("rtt_over_best_ms = {}", ramps[3]), format!("off_roles = {}", ramps[4]),
            format!("party_size = {}", ramps[5]), format!("number.level = {}", ramps[6]), format!("overlap.maps = {fall}"),
            format!("same_until_s.map = {until_s}"), format!("avoided_until_s = {until_s}"),
        ]),
    ) -> String { lines }
}

prop_compose! {
    fn any_rules()(
        teams in proptest::sample::select(vec!["[1, 1]", "[2, 2]", "[1, 4]", "[5]", "[1, 2, 3]", "[1]", "[5, 5]"]),
        longest_wait_s in 1u32..40, members in 1usize..5, limits in any_limits(),
        prices in any_lines([
            "rating_gap", "win_probability", "rating_spread", "rtt", "rtt_difference", "off_role", "party_size", "rematch",
        ].map(|name| format!("{name} = 3")).to_vec()),
        patience in any_lines(["start_s = 0", "least_s = 1", "most_s = 2", "per_s = 1", "after_s = 9"].map(str::to_owned).to_vec()),
    ) -> Rules {
        let members = &["\"a\"", "\"b\"", "\"c\"", "\"d\""][..members];
        rules(&format!(
            "queue = \"q\"\nteams = {teams}\nlongest_wait_s = {longest_wait_s}\nlongest_match_s = 60\nregions = [\"eu\", \"us\"]\n\
             [sets]\nmaps = [{}]\n[price]\n{prices}[limit]\n{limits}[patience]\n{patience}",
            members.join(", ")
        ))
    }
}

prop_compose! {
    fn any_uneven_rules()(
        teams in proptest::sample::select(vec!["[1, 4]", "[5, 2]", "[1, 2, 3]", "[3, 3]"]), ramp in any_ramp(), wait_s in 1u32..20,
    ) -> Rules {
        let head = format!("queue = \"q\"\nteams = {teams}\nlongest_wait_s = {wait_s}\nlongest_match_s = 60\n");
        rules(&format!("{head}[price]\nparty_size = 1\n[limit]\nparty_size = {ramp}\n"))
    }
}

/// As many players of one kind as a match takes, each by himself.
fn alike(rules: &Rules) -> Vec<Candidate> {
    let seats = rules.team_sizes().iter().sum::<usize>() as u32;
    (1..=seats).map(|id| ticket(id, 0, &[1500.0])).collect()
}

fn ages_ms(rules: &Rules) -> impl Iterator<Item = u64> {
    (0..rules.longest_wait_ms()).step_by(250).chain([rules.longest_wait_ms() - 1])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Both ways: who are alike and near are matched before they expire, unless the rules are said never to match anyone.
    #[test]
    fn rules_never_match_alike_players_exactly_where_they_are_said_never_to_match(rules in any_rules()) {
        let never = rules.doubts().first().is_some_and(|doubt| doubt.kind == DoubtKind::NeverMatches);
        let range = window(&alike(&rules));
        let matches = ages_ms(&rules).any(|age_ms| !search_soundly(&range, &rules, age_ms).proposals.is_empty());
        prop_assert_eq!(matches, !never, "{:?}", rules.doubts());
    }

    /// Both ways, with the company that suits the largest party best.
    #[test]
    fn a_party_is_never_matched_exactly_where_it_is_said_to_be_shut_out(rules in any_uneven_rules()) {
        let is_shut_out = rules.doubts().iter().any(|doubt| doubt.kind == DoubtKind::SomeNeverMatch);
        let largest = *rules.team_sizes().iter().max().unwrap();
        let team = |(at, size): (usize, &usize)| ticket(at as u32 + 1, 0, &vec![1500.0; largest.min(*size)]);
        let parties: Vec<Candidate> = rules.team_sizes().iter().enumerate().map(team).collect();
        let anchor = parties.iter().find(|ticket| ticket.party.size() == largest).unwrap().id.0 as u32;
        let range = anchored(anchor, &parties);
        let matches = ages_ms(&rules).any(|age_ms| !search_soundly(&range, &rules, age_ms).proposals.is_empty());
        prop_assert_eq!(matches, !is_shut_out, "{:?}", rules.doubts());
    }
}
