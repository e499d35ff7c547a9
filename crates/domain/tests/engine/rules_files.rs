use crate::shipped::SHIPPED;
use crate::support::{DUEL, TEAMS, rules};
use domain::{RuleSet, Rules};

const SMALL: &str = "queue = \"q\"
teams = [1, 1]
longest_wait_s = 60
longest_match_s = 600
[price]
rating_gap = 0.05
[patience]
start_s = 1
per_s = 1
";

/// Asserts that the small file with `from` replaced is refused in one line that holds every text in `told`.
fn refused(from: &str, to: &str, told: &[&str]) {
    assert!(SMALL.contains(from), "{from:?} is not in the small file");
    let error = Rules::parse(&SMALL.replacen(from, to, 1)).unwrap_err().to_string();
    assert!(!error.contains('\n'), "more than one line: {error}");
    told.iter().for_each(|told| assert!(error.contains(told), "{told:?} is not in: {error}"));
}

#[test]
fn the_files_that_ship_are_good() {
    assert_eq!(rules(DUEL).team_sizes(), [1, 1]);
    assert_eq!(rules(TEAMS).team_sizes(), [5, 5]);
    assert_eq!(rules(TEAMS).regions().len(), 14);
    for text in SHIPPED {
        rules(text);
    }
}

#[test]
fn one_file_can_hold_a_realm() {
    let as_table = |text: &str| format!("[[queues]]\n{}", text.replace("[p", "[queues.p").replace("[l", "[queues.l"));
    let realm = format!("{}\n{}", as_table(SMALL), as_table(&SMALL.replace("\"q\"", "\"r\"")));
    let queues: Vec<String> = Rules::parse_all(&realm).unwrap().iter().map(|rules| rules.queue().to_string()).collect();
    assert_eq!(queues, ["q", "r"]);
    assert_eq!(Rules::parse_all(SMALL).unwrap().len(), 1);
}

#[test]
fn a_mistake_is_told_with_its_line_column_and_key() {
    refused("teams = [1, 1]", "teams = [1, 0]", &["line 2, column 9: teams:", "empty team"]);
    refused("teams = [1, 1]", "teams = []", &["line 2", "teams", "1 to 100"]);
    refused("teams = [1, 1]", "teams = [60, 41]", &["line 2", "teams", "sums to 101"]);
    refused("teams = [1, 1]", "teams = [65]", &["line 2", "teams", "at most 64"]);
    refused("teams = [1, 1]", "team = [1, 1]", &["line 2", "team: unknown key, did you mean `teams`?"]);
    refused("queue = \"q\"\n", "", &["lacks the key `queue`"]);
    refused("\"q\"", "\"a}b\"", &["line 1", "queue", "only ASCII"]);
    refused("= 60\n", "= 0\n", &["line 3, column 18", "longest_wait_s", "1 to 86400"]);
    refused("= 600", "= \"long\"", &["line 4", "longest_match_s", "invalid type"]);
    refused("0.05", "-1", &["line 6, column 14", "rating_gap", "from 0"]);
    refused("0.05", "nan", &["line 6", "rating_gap", "from 0"]);
    refused("0.05", "inf", &["line 6", "rating_gap", "from 0"]);
    refused("0.05", "", &["line 6", "rating_gap"]);
    refused("per_s = 1", "per_s = 1\nunlimited_s = 60", &["line 10", "unlimited_s", "less than `longest_wait_s` (60)"]);
    let look = |line: &str| format!("per_s = 1\n[look]\n{line}");
    refused("per_s = 1", &look("width_max = 17"), &["line 11", "width_max", "0 to 16"]);
    refused("per_s = 1", &look("rating = { start = 1, factor = 0.5 }"), &["line 11", "rating", "from 1"]);
}

#[test]
fn a_set_that_nothing_declares_is_told_where_a_limit_asks_for_it() {
    let at_line = "[limit.overlap]\nmaps = 1\n[price]";
    refused("[price]", at_line, &["line 6, column 8: limit.overlap.maps:", "the set maps", "`[sets]`"]);
}

#[test]
fn a_limit_that_contradicts_itself_is_refused() {
    let limit = |ramp: &str| format!("[limit]\nrating_gap = {ramp}\n[price]");
    refused(
        "[price]",
        &limit("{ start = 9, max = 8 }"),
        &["line 6", "rating_gap", "`max` must be at least `start` (9)"],
    );
    refused("[price]", &limit("{ start = -1 }"), &["line 6", "rating_gap", "`start` must be a number of at least 0"]);
    refused(
        "[price]",
        &limit("{ start = 1, per_min = 2 }"),
        &["line 6", "rating_gap", "unknown key, did you mean `per_s`?"],
    );
}

#[test]
fn lists_of_names_are_refused_where_a_name_is_odd_or_stands_twice() {
    let top = |line: &str| format!("{line}\nteams = [1, 1]");
    refused("teams = [1, 1]", &top("regions = [\"eu\", \"eu\"]"), &["line 2", "regions: names eu twice"]);
    refused("teams = [1, 1]", &top("roles = { \"\" = 1 }"), &["line 2", "roles"]);
    refused(
        "teams = [1, 1]",
        &top("roles = { tank = 2 }"),
        &["line 2", "roles: must seat the 1 players of a team, seat 2"],
    );
    refused("teams = [1, 1]", &top("roles = [{ tank = 1 }]"), &["line 2", "roles:", "each of 2 teams, holds 1"]);
    refused("teams = [1, 1]", &top("equal = [\"a b\"]"), &["line 2", "equal:", "\"a b\""]);
}

#[test]
fn the_version_follows_what_the_file_says_and_not_how_it_is_written() {
    let version = |text: &str| rules(text).version();
    let rearranged = SMALL.replace("start_s = 1\nper_s = 1", "per_s = 1.0 # a comment\nstart_s = 1.0");
    assert_eq!(version(SMALL), version(&rearranged));
    assert_ne!(version(SMALL), version(&SMALL.replace("0.05", "0.06")));
    assert_ne!(version(SMALL), version(&SMALL.replace("\"q\"", "\"r\"")));
}

#[test]
fn a_realm_has_each_queue_once_and_at_least_one() {
    let set = RuleSet::try_new(vec![rules(DUEL), rules(TEAMS)]).unwrap();
    let queues: Vec<&str> = set.iter().map(|rules| rules.queue().as_str()).collect();
    assert_eq!(queues, ["duel", "teams-5v5"]);
    assert_eq!(set.get(&"duel".parse().unwrap()).unwrap().version(), rules(DUEL).version());
    assert!(set.get(&"chess".parse().unwrap()).is_none());
    assert!(RuleSet::try_new(vec![rules(DUEL), rules(DUEL)]).unwrap_err().to_string().contains("queue duel"));
    assert!(RuleSet::try_new(vec![]).unwrap_err().to_string().contains("at least one"));
}
