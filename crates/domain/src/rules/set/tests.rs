use super::*;

/// Rules of a queue that differ by the price of a rating point.
fn rules(queue: &str, price: usize) -> Rules {
    let text = format!(
        "queue = \"{queue}\"\nteams = [1, 1]\nlongest_wait_s = 60\nlongest_match_s = 60\n[price]\nrating_gap = {price}\n"
    );
    Rules::parse(&text).unwrap()
}

fn version(queue: &str, price: usize) -> RulesVersion {
    rules(queue, price).version()
}

fn set(rules: Vec<Rules>) -> RuleSet {
    RuleSet::try_new(rules).unwrap()
}

fn name(queue: &str) -> QueueName {
    queue.parse().unwrap()
}

fn knows(set: &RuleSet, queue: &str, price: usize) -> bool {
    set.of_version(&name(queue), version(queue, price)).is_some()
}

fn latest(set: &RuleSet, queue: &str) -> Option<RulesVersion> {
    set.latest(&name(queue)).map(|rules| rules.version())
}

/// A set after `duel` had each of these prices in turn.
fn after(prices: impl IntoIterator<Item = usize>) -> RuleSet {
    let next = |old: RuleSet, price| set(vec![rules("duel", price)]).succeed(&old);
    prices.into_iter().fold(RuleSet::default(), next)
}

#[test]
fn a_set_knows_the_version_in_force_and_the_last_few_before_it() {
    let newest = EARLIER_VERSIONS_MAX + 3;
    let set = after(0..=newest);
    assert_eq!(set.get(&name("duel")).unwrap().version(), version("duel", newest));
    let known: Vec<usize> = (0..=newest + 1).filter(|price| knows(&set, "duel", *price)).collect();
    assert_eq!(known, (newest - EARLIER_VERSIONS_MAX..=newest).collect::<Vec<_>>());
    assert!(!knows(&set, "chess", newest), "a version is its queue's own");
}

#[test]
fn rules_that_come_back_are_in_force_and_push_no_others_out() {
    let set = after([1, 2, 1, 2, 1, 2, 1, 3, 1]);
    assert_eq!(set.get(&name("duel")).unwrap().version(), version("duel", 1));
    assert!([1, 2, 3].into_iter().all(|price| knows(&set, "duel", price)));
    assert_eq!(set.earlier.len(), 2);
}

#[test]
fn a_removed_queue_takes_no_tickets_and_its_last_rules_are_known() {
    let both = set(vec![rules("duel", 1), rules("chess", 5)]);
    let both = set(vec![rules("duel", 1), rules("chess", 6)]).succeed(&both);
    let removed = after([2, 3]).succeed(&both);
    assert!(removed.get(&name("chess")).is_none());
    assert_eq!(removed.iter().count(), 1);
    assert_eq!(latest(&removed, "chess"), Some(version("chess", 6)));
    assert!(knows(&removed, "chess", 5) && knows(&removed, "chess", 6));
    assert_eq!(latest(&removed, "duel"), Some(version("duel", 3)));
    assert_eq!(latest(&removed, "go"), None);

    let back = set(vec![rules("chess", 7), rules("duel", 3)]).succeed(&removed);
    assert_eq!(latest(&back, "chess"), Some(version("chess", 7)));
}

#[test]
fn however_many_queues_are_removed_what_is_known_is_bounded_and_the_last_to_go_are_known() {
    let many = set((0..EARLIER_VERSIONS_OF_ALL_MAX).map(|number| rules(&format!("q{number}"), 1)).collect());
    let go = set(vec![rules("go", 1)]).succeed(&many);
    let duel = set(vec![rules("duel", 1)]).succeed(&go);
    assert_eq!(duel.earlier.len(), EARLIER_VERSIONS_OF_ALL_MAX);
    assert!(latest(&duel, "go").is_some());
}

#[test]
fn what_changed_is_told_by_queue_and_what_stays_is_not() {
    let old = set(vec![rules("a", 1), rules("b", 1), rules("c", 1)]);
    let new = set(vec![rules("a", 2), rules("b", 1), rules("d", 1)]);
    let told: Vec<String> = new.changes_since(&old).iter().map(ToString::to_string).collect();
    let [a1, a2, c1, d1] = [("a", 1), ("a", 2), ("c", 1), ("d", 1)].map(|(queue, price)| version(queue, price));
    assert_eq!(told, [format!("a {a2} (was {a1})"), format!("c removed (was {c1})"), format!("d {d1} (new)")]);
    assert!(new.changes_since(&new).is_empty());
}
