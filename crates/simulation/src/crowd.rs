//! Who plays, and by which rules: as the seed says.

use crate::dice::Dice;
use domain::{RuleSet, Rules, RulesError};
use players::{Arrival, Person, Plan};
use std::time::Duration;

const PARTIES_MIN: u64 = 16;
const PARTIES_MORE: u64 = 24;
const ARRIVE_WITHIN_MS: u64 = 10_000;
const LATECOMERS_MIN: u64 = 4;
const LATECOMERS_MORE: u64 = 8;
const LATECOMERS_WITHIN_MS: u64 = 4_000;

/// How long a ticket waits that nobody watches any more; less than some faults last.
pub const UNWATCHED_MAX: Duration = Duration::from_secs(3);

const DUEL: &str = r#"
queue = "duel"
teams = [1, 1]
longest_wait_s = 30
longest_match_s = 10
[price]
rating_gap = 0.01
"#;
/// Binds many at first, and some for ever.
const DUEL_LIMIT: &str = r#"
[limit]
rating_gap = { start = 50, per_s = 10, max = 300 }
"#;
const PAIRS: &str = r#"
queue = "pairs"
teams = [2, 2]
longest_wait_s = 30
longest_match_s = 10
[price]
rating_gap = 0.01
"#;

/// Rules under which nobody waits longer than a run lasts; with their limits or without.
pub fn rules(with_limits: bool) -> Result<RuleSet, RulesError> {
    let duel = if with_limits { [DUEL, DUEL_LIMIT].concat() } else { DUEL.to_owned() };
    RuleSet::try_new(vec![Rules::parse(&duel)?, Rules::parse(PAIRS)?])
}

/// How the players of one run play.
pub fn plan(dice: &Dice) -> Plan {
    Plan {
        queue: (*dice.pick(&["duel", "pairs"])).to_owned(),
        realm: String::new(),
        speed: 1.0,
        game: Duration::from_millis(1_500),
        ack_delay: Some(Duration::from_millis(20)),
        cancel_share: 0.25,
        cancel_after: Duration::from_millis(400),
        vanish_share: 0.1,
        vanish_after: Duration::from_millis(150),
        drain: Duration::from_secs(40),
        players_max: 1_000,
    }
}

/// Parties that come from the beginning on, while things go wrong, one after the other.
pub fn arrivals(dice: &Dice, queue: &str) -> Vec<Arrival> {
    let count = PARTIES_MIN + dice.below(PARTIES_MORE);
    parties(dice, queue, "p", count, Duration::ZERO, ARRIVE_WITHIN_MS)
}

/// Parties that come `from` then on, when all has been well for a while.
pub fn latecomers(dice: &Dice, queue: &str, from: Duration) -> Vec<Arrival> {
    let count = LATECOMERS_MIN + dice.below(LATECOMERS_MORE);
    parties(dice, queue, "late", count, from, LATECOMERS_WITHIN_MS)
}

/// Parties of one or two, as the queue takes them.
fn parties(dice: &Dice, queue: &str, name: &str, count: u64, from: Duration, within_ms: u64) -> Vec<Arrival> {
    let size_max = if queue == "duel" { 1 } else { 2 };
    let person = |number: u64, seat: u64| {
        let id = format!("{name}{number}-{seat}").into();
        Person { id, rating: 1_200.0 + dice.below(600) as f64, rtt_ms: None }
    };
    let party = |number: u64| Arrival {
        queue_ms: from.as_millis() as u64 + dice.below(within_ms),
        players: (0..=dice.below(size_max)).map(|seat| person(number, seat)).collect(),
    };
    let mut arrivals: Vec<Arrival> = (0..count).map(party).collect();
    arrivals.sort_by_key(|arrival| arrival.queue_ms);
    arrivals
}
