//! Who plays, and by which rules: as the seed says.

use crate::dice::Dice;
use domain::{RuleSet, Rules, RulesError};
use players::{Arrival, Person, Plan};
use std::time::Duration;

const PARTIES_MIN: u64 = 16;
const PARTIES_MORE: u64 = 24;
const ARRIVE_WITHIN_MS: u64 = 10_000;

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

/// Parties of one or two, as the queue takes them, one after the other.
pub fn arrivals(dice: &Dice, queue: &str) -> Vec<Arrival> {
    let size_max = if queue == "duel" { 1 } else { 2 };
    let count = PARTIES_MIN + dice.below(PARTIES_MORE);
    let mut arrivals: Vec<Arrival> = (0..count)
        .map(|number| Arrival {
            queue_ms: dice.below(ARRIVE_WITHIN_MS),
            players: (0..=dice.below(size_max)).map(|seat| person(dice, number, seat)).collect(),
        })
        .collect();
    arrivals.sort_by_key(|arrival| arrival.queue_ms);
    arrivals
}

fn person(dice: &Dice, number: u64, seat: u64) -> Person {
    Person { id: format!("p{number}-{seat}").into(), rating: 1_200.0 + dice.below(600) as f64, rtt_ms: None }
}
