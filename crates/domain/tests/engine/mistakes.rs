use crate::support::{DUEL, TEAMS};
use domain::{Place, Rules};
use proptest::prelude::*;

const HEAD: &str = "queue = \"q\"\nteams = [1, 1]\nlongest_wait_s = 60\nlongest_match_s = 600\n";

/// Every mistake of these lines under the head of a file, which has four.
fn mistakes(lines: &str) -> Vec<String> {
    of_file(&format!("{HEAD}{lines}"))
}

fn of_file(text: &str) -> Vec<String> {
    Rules::review(text).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn a_misspelt_key_is_told_with_what_was_meant() {
    assert_eq!(
        mistakes("[price]\nratng_gap = 1\nnonsense = 2\n"),
        [
            "line 6, column 1: price.ratng_gap: unknown key, did you mean `rating_gap`?",
            "line 7, column 1: price.nonsense: unknown key, expected one of rating_gap, win_probability, rating_spread, rtt, \
             rtt_free_ms, rtt_free_over_best_ms, rtt_difference, off_role, party_size, rematch",
        ]
    );
    assert_eq!(mistakes("prices = 1\n"), ["line 5, column 1: prices: unknown key, did you mean `price`?"]);
}

#[test]
fn a_value_of_the_wrong_type_is_told_with_the_right_one() {
    assert_eq!(
        mistakes("equal = \"input\"\nlimit = 3\n[price]\nrtt = \"x\"\n[look]\nwidth_max = 3.5\nrating = 5\n"),
        [
            "line 5, column 9: equal: invalid type: string \"input\", expected a list in [ ]",
            "line 6, column 9: limit: invalid type: integer `3`, expected a table",
            "line 8, column 7: price.rtt: invalid type: string \"x\", expected a number",
            "line 10, column 13: look.width_max: invalid type: floating point `3.5`, expected a whole number",
            "line 11, column 10: look.rating: invalid type: integer `5`, expected a table, such as { start = 100, factor = 2 }",
        ]
    );
}

#[test]
fn a_number_out_of_bounds_is_told_with_them() {
    assert_eq!(
        mistakes("[price]\nrematch = -1\n[look.rating]\nstart = -1\nfactor = 0.5\n"),
        [
            "line 6, column 11: price.rematch: must be a number from 0 to 1000000000, is -1",
            "line 8, column 9: look.rating.start: must be a number from 0 to 1000000000, is -1",
            "line 9, column 10: look.rating.factor: must be a number from 1 to 1000, is 0.5",
        ]
    );
}

#[test]
fn a_ramp_the_wrong_way_or_of_the_wrong_form_is_told() {
    assert_eq!(
        mistakes(
            "sets.maps = [\"a\"]\n[limit]\nrating_gap = { start = 5, per_s = -1 }\nrtt_ms = { steps = [[0, 5], [3]] }\n\
             off_roles = { start = 5, min = 2 }\noverlap.maps = { start = 1, per_s = 1 }\n"
        ),
        [
            "line 7, column 14: limit.rating_gap: must never fall: limits relax with waiting",
            "line 8, column 29: limit.rtt_ms.steps: invalid length 1, expected a pair, such as [30, 800]",
            "line 9, column 13: limit.off_roles: does not fall, so it ends at `max`, not at `min`",
            "line 10, column 16: limit.overlap.maps: must never rise: limits relax with waiting",
        ]
    );
}

#[test]
fn a_key_that_is_lacking_is_told_by_name_and_never_because_its_value_is_wrong() {
    assert_eq!(
        mistakes("[look]\nrating = { start = 1 }\n"),
        ["line 6, column 10: look.rating: lacks the key `factor`"]
    );
    assert_eq!(
        of_file(""),
        ["queue", "teams", "longest_wait_s", "longest_match_s"]
            .map(|key| format!("lacks the key `{key}`: see rules/README.md"))
    );
    assert_eq!(
        of_file("queue = \"q\"\nteams = \"5v5\"\nlongest_wait_s = 0\n"),
        [
            "line 2, column 9: teams: invalid type: string \"5v5\", expected a list in [ ]",
            "line 3, column 18: longest_wait_s: must be 1 to 86400 seconds, is 0",
            "lacks the key `longest_match_s`: see rules/README.md",
        ]
    );
}

#[test]
fn what_is_no_toml_is_told_with_its_line() {
    assert_eq!(
        mistakes("name = yes\n"),
        ["line 5, column 8: `name = yes`: string values must be quoted, expected literal string"]
    );
    assert_eq!(mistakes("queue = \"r\"\n"), ["line 5, column 1: `queue = \"r\"`: duplicate key"]);
    assert_eq!(
        mistakes("[price\nrtt = 0,5\n"),
        [
            "line 5, column 7: `[price`: unclosed table, expected `]`",
            "line 6, column 8: `rtt = 0,5`: unexpected key or value, expected newline, `#`",
        ]
    );
}

#[test]
fn values_that_contradict_each_other_are_told_all_at_once() {
    assert_eq!(
        mistakes(
            "roles = { tank = 2 }\n[patience]\nunlimited_s = 60\n[limit.overlap]\nmaps = 1\n[limit.number]\n\"a b\" = 1\n"
        ),
        [
            "line 5, column 9: roles: must seat the 1 players of a team, seat 2",
            "line 7, column 15: patience.unlimited_s: must be less than `longest_wait_s` (60), so that nobody starves, is 60",
            "line 9, column 8: limit.overlap.maps: names the set maps, which `[sets]` does not declare",
            "line 11, column 9: limit.number.a b: the name \"a b\" must have 1 to 64 ASCII letters, digits or _ - . : @",
        ]
    );
}

#[test]
fn of_mistakes_and_names_without_end_only_so_many_are_taken() {
    assert_eq!(of_file(&"= \n".repeat(200_000)).len(), 50);
    let many: String = (0..65).map(|at| format!("n{at} = 1\n")).collect();
    assert_eq!(
        mistakes(&format!("[limit.number]\n{many}")),
        ["line 5, column 1: limit.number: must hold at most 64 names, holds 65"]
    );
}

#[test]
fn an_acknowledgement_is_due_before_the_match_is_over() {
    assert_eq!(
        mistakes("acknowledge_within_s = 600\n"),
        ["line 5, column 24: acknowledge_within_s: must be less than `longest_match_s` (600), is 600"]
    );
}

#[test]
fn every_queue_of_a_realm_is_told_of() {
    assert_eq!(
        of_file("[[queues]]\nqueue = \"q\"\nteams = [1, 1]\nlongest_wait_s = 9\n[[queues]]\nteams = [0]\n"),
        [
            "line 1, column 1: lacks the key `longest_match_s`",
            "line 5, column 1: lacks the key `queue`",
            "line 5, column 1: lacks the key `longest_wait_s`",
            "line 5, column 1: lacks the key `longest_match_s`",
        ]
    );
    let [no_list, empty] = ["queues = [1]\n", "queues = []\n"].map(of_file);
    assert_eq!(no_list, ["line 1, column 10: queues: must be at least one table, each under a line `[[queues]]`"]);
    assert_eq!(no_list, empty);
    let beside = of_file("[[queues]]\nqueue = \"q\"\n[price]\nrtt = 1\n");
    assert_eq!(beside, ["line 3, column 1: price: must stand in one of the `queues`"]);
}

#[test]
fn a_good_file_is_reviewed_queue_by_queue_with_the_place_of_each_doubt() {
    let queue = |name: &str, more: &str| {
        format!("[[queues]]\nqueue = \"{name}\"\nteams = [1, 1]\nlongest_wait_s = 1\nlongest_match_s = 600\n{more}")
    };
    let text = queue("a", "[queues.price]\nrtt = 1\n") + &queue("b", "");
    let reviews = Rules::review(&text).unwrap();
    let place = |line: usize, column: usize| Place { line, column };
    let names: Vec<(&str, Place)> = reviews.iter().map(|one| (one.rules.queue().as_str(), one.place)).collect();
    assert_eq!(names, [("a", place(2, 9)), ("b", place(9, 9))]);
    let doubts = |at: usize| -> Vec<(Place, String)> {
        reviews[at].doubts.iter().map(|(place, doubt)| (*place, doubt.key())).collect()
    };
    // What is left to its default is doubted where its table stands: `unlimited_s` of so short a wait.
    let unlimited = "patience.unlimited_s".to_owned();
    assert_eq!(doubts(0), [(place(1, 1), unlimited.clone()), (place(7, 7), "price.rtt".to_owned())]);
    assert_eq!(doubts(1), [(place(8, 1), unlimited)]);
}

#[test]
fn what_binds_is_told_for_the_fresh_and_for_the_oldest() {
    let limited = format!("{DUEL}[limit]\nrating_range = {{ start = 100, per_s = 5, max = 400 }}\n");
    let reviews = Rules::review(&limited).unwrap();
    let terms: Vec<(String, f64, f64)> =
        reviews[0].rules.terms().into_iter().map(|term| (term.key, term.first, term.last)).collect();
    let expected = [("limit.rating_range", 100.0, 400.0), ("price.rating_gap", 0.05, 0.05)];
    assert_eq!(terms, expected.map(|(key, first, last)| (key.to_owned(), first, last)));
}

proptest! {
    /// A file that lost a piece, or got one of another: never a panic, and whatever is refused is refused for a reason in the file.
    #[test]
    fn whatever_is_written_is_used_or_told_why_not(
        from in 0usize..600, length in 0usize..40, piece in "[\\[\\]{}=\".,é \n0-9a-z_-]{0,12}", is_realm: bool,
    ) {
        let head = if is_realm { "[[queues]]\n" } else { "" };
        let chars: Vec<char> = format!("{head}{TEAMS}").chars().collect();
        let (from, until) = (from.min(chars.len()), (from + length).min(chars.len()));
        let text: String = chars[..from].iter().copied().chain(piece.chars()).chain(chars[until..].iter().copied()).collect();
        let lines = text.lines().count().max(1);
        if let Err(mistakes) = Rules::review(&text) {
            prop_assert!(!mistakes.is_empty());
            for mistake in mistakes {
                prop_assert!(!mistake.told.is_empty() && !mistake.told.contains('\n'), "{:?}", mistake);
                prop_assert!(mistake.place.is_none_or(|place| (1..=lines + 1).contains(&place.line)), "{:?} of {lines}", mistake);
            }
        }
    }
}
