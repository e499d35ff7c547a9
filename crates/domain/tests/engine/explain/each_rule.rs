//! Each number of the rules that can keep players apart is told when it alone does.

use super::NOW_MS;
use super::promise::holds;
use crate::support::{DUEL, anchored, ticket, with};
use domain::{Candidate, Explanation, Outlook, Player, Prospect, Range};

/// Two who would play each other but for what is changed of the second, after 12 s.
fn pair(rules: &str, change: impl Fn(&mut Player)) -> Explanation {
    let [one, other] = [1, 2].map(|id| ticket(id, NOW_MS - 12_000, &[1500.0]));
    holds(&anchored(1, &[one, with(other, change)]), &format!("{DUEL}\n{rules}"))
}

/// Key, present value and needed value of the remedies, but for rounding.
fn remedies(explanation: &Explanation) -> Vec<(&str, f64, f64)> {
    let rounded = |value: f64| (value * 1e6).round() / 1e6;
    explanation.remedies.iter().map(|remedy| (remedy.key.as_str(), remedy.is, rounded(remedy.needed))).collect()
}

#[test]
fn a_number_that_differs_too_much() {
    let [one, other] = [3.0, 10.0].map(|rank| {
        move |player: &mut Player| {
            player.numbers.insert("rank".into(), rank);
        }
    });
    let pair = [with(ticket(1, NOW_MS - 12_000, &[1500.0]), one), with(ticket(2, NOW_MS, &[1500.0]), other)];
    let text = format!("{DUEL}\n[limit]\nnumber.rank = {{ start = 2, per_s = 0.25 }}\nnumber.level = 9");
    let explanation = holds(&anchored(1, &pair), &text);
    assert_eq!(remedies(&explanation), [("limit.number.rank", 5.0, 7.0)]);
    assert_eq!(explanation.matches_at_age_ms.map(|at_ms| at_ms / 500), Some(40), "at 20 s");
}

#[test]
fn a_set_that_is_not_shared_enough() {
    let maps = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let rules = "[sets]\nmaps = [\"dust\", \"mirage\", \"inferno\"]\n[limit]\noverlap.maps = 2";
    let explanation = pair(rules, |other| {
        other.sets.insert("maps".into(), maps(&["dust"]));
    });
    assert_eq!(remedies(&explanation), [("limit.overlap.maps", 2.0, 1.0)]);
}

#[test]
fn an_attribute_that_must_still_be_the_same() {
    let explanation = pair("[limit]\nsame_until_s.mode = 30", |other| {
        other.strings.insert("mode".into(), "fast".into());
    });
    assert_eq!(remedies(&explanation), [("limit.same_until_s.mode", 30.0, 12.0)]);
    assert_eq!(explanation.matches_at_age_ms.map(|at_ms| at_ms / 500), Some(60), "at 30 s");
}

/// Round trips to two regions, in ms.
fn at(east: u32, west: u32) -> impl Fn(&mut Player) {
    move |player| {
        player.rtt_ms = [("east", east), ("west", west)].map(|(name, ms)| (name.parse().unwrap(), ms)).into();
    }
}

#[test]
fn a_way_that_is_too_long() {
    let regions = |text: &str| text.replacen("[price]", "regions = [\"east\", \"west\"]\n[price]", 1);
    let pair = [with(ticket(1, NOW_MS, &[1500.0]), at(20, 200)), with(ticket(2, NOW_MS, &[1500.0]), at(90, 50))];
    let told = |limits: &str| holds(&anchored(1, &pair), &regions(&format!("{DUEL}\n[limit]\n{limits}")));
    assert_eq!(remedies(&told("rtt_ms = 80")), [("limit.rtt_ms", 80.0, 90.0)]);
    assert_eq!(
        remedies(&told("rtt_ms = 60\nrtt_over_best_ms = 10")),
        [("limit.rtt_ms", 60.0, 90.0), ("limit.rtt_over_best_ms", 10.0, 40.0)],
        "in whole ms"
    );
}

#[test]
fn a_way_that_costs_too_much() {
    let [one, other] = [1, 2].map(|id| ticket(id, NOW_MS - 12_000, &[1500.0]));
    let prices = "regions = [\"east\", \"west\"]\n[price]\nrtt = 1\nrtt_free_ms = 40\nrtt_free_over_best_ms = 10";
    let text = DUEL.replacen("[price]", prices, 1);
    let explanation = holds(&anchored(1, &[with(one, at(20, 160)), with(other, at(160, 20))]), &text);
    assert_eq!(
        remedies(&explanation),
        [
            ("price.rtt", 1.0, 0.208333),
            ("price.rtt_free_ms", 40.0, 135.0),
            ("price.rtt_free_over_best_ms", 10.0, 115.0),
            ("patience", 12.5, 60.0),
        ],
        "half of them has a way of 160 ms, and both give 12.5 s"
    );
}

#[test]
fn a_role_that_nobody_wants_and_two_who_avoid_each_other() {
    let text = DUEL.replace("teams = [1, 1]", "teams = [2, 2]").replacen(
        "[price]",
        "roles = { tank = 1, healer = 1 }\n[price]",
        1,
    );
    let four = |change: fn(u32, &mut Player)| -> Vec<Candidate> {
        (1..=4).map(|id| with(ticket(id, NOW_MS - 12_000, &[1500.0]), |player| change(id, player))).collect()
    };
    let tanks = four(|_, player| player.roles = vec!["tank".parse().unwrap()]);
    let explanation = holds(&anchored(1, &tanks), &format!("{text}\n[limit]\noff_roles = 1"));
    assert_eq!(remedies(&explanation), [("limit.off_roles", 1.0, 2.0)]);
    assert_eq!(explanation.rejections.iter().map(|r| r.rule).collect::<Vec<_>>(), ["off_roles_limit"]);

    let dear = text.replacen("[price]", "[price]\noff_role = 100", 1);
    let explanation = holds(&anchored(1, &tanks), &dear);
    assert_eq!(explanation.nearest_miss.as_ref().unwrap().costs, [("price.off_role", 50.0)]);
    assert_eq!(remedies(&explanation)[0], ("price.off_role", 100.0, 25.0), "patience is 12.5 s");

    let alone = four(|id, player| {
        player.avoided =
            (1..=4).filter(|other| *other != id).map(|other| format!("p{other}-0").parse().unwrap()).collect();
    });
    assert_eq!(remedies(&holds(&anchored(1, &alone), &text)), [("limit.avoided_until_s", f64::INFINITY, 12.0)]);
}

#[test]
fn one_who_blocks_the_other() {
    let explanation = pair("", |other| {
        other.blocked = ["p1-0".parse().unwrap()].into();
    });
    assert_eq!(remedies(&explanation), [("block_lists", 1.0, 0.0)]);
    assert_eq!(explanation.rejections.iter().map(|r| r.rule).collect::<Vec<_>>(), ["blocked"]);
}

#[test]
fn parties_of_unlike_size() {
    let text = DUEL.replace("teams = [1, 1]", "teams = [2, 2]");
    let three = [ticket(1, NOW_MS, &[1500.0; 2]), ticket(2, NOW_MS, &[1500.0]), ticket(3, NOW_MS, &[1500.0])];
    let explanation = holds(&anchored(1, &three), &format!("{text}\n[limit]\nparty_size = 0"));
    assert_eq!(remedies(&explanation), [("limit.party_size", 0.0, 1.0)]);
}

#[test]
fn patience_that_follows_the_arrivals() {
    let prospect = Prospect { region: String::new(), role: String::new(), worth_s: vec![(1500.0, 4.0)] };
    let text = DUEL.replace("start_s = 0.5", "");
    let pair = [ticket(1, NOW_MS, &[1500.0]), ticket(2, NOW_MS, &[1600.0])];
    let range = Range { outlook: Outlook { prospects: vec![prospect] }, ..anchored(1, &pair) };
    let explanation = domain::explain(&range, &crate::support::rules(&text), NOW_MS).unwrap();
    assert_eq!(explanation.patience_s, 4.0);
    let miss = explanation.nearest_miss.as_ref().unwrap();
    assert_eq!((miss.cost_s, miss.patience_s), (5.0, 4.0));
    assert_eq!(remedies(&explanation), [("price.rating_gap", 0.05, 0.04), ("patience", 4.0, 5.0)]);
    assert_eq!(explanation.matches_at_age_ms.map(|at_ms| at_ms / 500), Some(2), "at 1 s");
}
