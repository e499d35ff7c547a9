//! What can be offered by name: who comes, and by which rules they play. A further scenario is one more entry in [`ALL`], with its rules
//! file in `rules/bench/`; all else is shared.

use super::population::{self, Draw};
use anyhow::{Context, Result};
use api::v1;
use domain::Rules;
use std::time::Duration;

#[derive(Debug)]
pub struct Scenario {
    /// As it is asked for.
    pub name: &'static str,
    /// One line of help.
    pub about: &'static str,
    /// A rules file, and the queue in it that everyone waits in.
    pub rules_toml: &'static str,
    pub queue: &'static str,
    /// Tickets that arrive per second, unless asked otherwise.
    pub rate: f64,
    /// For how long, in seconds, unless asked otherwise.
    pub seconds: u64,
    pub burst: Option<Burst>,
    pub waiting: Option<Waiting>,
    /// The players of one ticket; who they are is put in by whoever has them queue.
    pub draw: fn(&mut Draw) -> Vec<v1::Player>,
}

/// In the middle more arrive.
#[derive(Debug, Clone, Copy)]
pub struct Burst {
    pub factor: f64,
    pub lasts_max: Duration,
}

/// Tickets that cannot be matched yet come first, and wait meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    /// Unless asked otherwise.
    pub tickets: usize,
    pub draw: fn(&mut Draw) -> Vec<v1::Player>,
}

impl Burst {
    /// How long more arrive, of so much time.
    pub fn lasts(self, of: Duration) -> Duration {
        self.lasts_max.min(of / 3)
    }
}

impl Scenario {
    /// Those of its queue.
    pub fn rules(&self) -> Result<Rules> {
        let of_queue = |rules: &Rules| rules.queue().as_str() == self.queue;
        let rules = Rules::parse_all(self.rules_toml)?.into_iter().find(of_queue);
        rules.with_context(|| format!("the rules of {} have no queue {}", self.name, self.queue))
    }
}

pub const DUEL: Scenario = Scenario {
    name: "duel",
    about: "One against one, with the ratings of an arena",
    rules_toml: include_str!("../../../../rules/duel.toml"),
    queue: "duel",
    rate: 1_000.0,
    seconds: 20,
    burst: None,
    waiting: None,
    draw: population::alone,
};

pub const ALL: [Scenario; 8] = [
    DUEL,
    Scenario {
        name: "teams",
        about: "Five against five, in parties of one to five",
        rules_toml: include_str!("../../../../rules/teams-5v5.toml"),
        queue: "teams-5v5",
        rate: 300.0,
        draw: population::party,
        ..DUEL
    },
    Scenario {
        name: "region",
        about: "One against one in 20 regions, more than a quarter of the players in the largest",
        rules_toml: include_str!("../../../../rules/bench/region.toml"),
        queue: "region",
        draw: population::at_home,
        ..DUEL
    },
    Scenario {
        name: "burst",
        about: "As duel, with ten times as many in the middle: for 10 s, or for a third of a run of less than 30 s",
        rate: 150.0,
        seconds: 30,
        burst: Some(Burst { factor: 10.0, lasts_max: Duration::from_secs(10) }),
        ..DUEL
    },
    Scenario {
        name: "deep",
        about: "As duel, beside so many tickets that cannot be matched yet: how much memory each of those takes, too",
        rules_toml: include_str!("../../../../rules/bench/deep.toml"),
        queue: "deep",
        waiting: Some(Waiting { tickets: 100_000, draw: population::on_a_level_of_his_own }),
        ..DUEL
    },
    Scenario {
        name: "first-match",
        about: "Any two players; after Open Match's scale scenario of this name",
        rules_toml: include_str!("../../../../rules/bench/first-match.toml"),
        queue: "first-match",
        ..DUEL
    },
    Scenario {
        name: "battle-royale",
        about: "A hundred players of one of 20 skewed regions; after Open Match's scale scenario of this name",
        rules_toml: include_str!("../../../../rules/bench/battle-royale.toml"),
        queue: "battle-royale",
        draw: population::of_one_region,
        ..DUEL
    },
    Scenario {
        name: "team-shooter",
        about: "Twelve players of near skill, of one mode and region; after Open Match's scale scenario of this name",
        rules_toml: include_str!("../../../../rules/bench/team-shooter.toml"),
        queue: "team-shooter",
        rate: 500.0,
        draw: population::of_near_skill,
        ..DUEL
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::population::Population;
    use domain::{Candidate, Outlook, Range, Sought, TicketId};

    /// In ms: an hour is longer than any measurement.
    const LATE_MS: u64 = 3_600_000;

    /// The first of those who come, all at once.
    fn come(scenario: &Scenario, rules: &Rules, count: usize) -> Vec<Candidate> {
        come_of(&Population::open(scenario.draw, "t").unwrap(), scenario, rules, count)
    }

    fn come_of(population: &Population, scenario: &Scenario, rules: &Rules, count: usize) -> Vec<Candidate> {
        let candidate = |number: usize| {
            let party = api::party_from_wire(population.players(number)).unwrap();
            assert_eq!(rules.admit(&party), Ok(()), "{}", scenario.name);
            let id = TicketId::derive(&"test".parse().unwrap(), &number.to_string(), []);
            Candidate { id, version: 1, queued_ms: 0, tries: 0, party }
        };
        (0..count).map(candidate).collect()
    }

    #[test]
    fn whoever_comes_may_play_and_finds_company() {
        for scenario in ALL {
            let rules = scenario.rules().unwrap();
            let candidates = come(&scenario, &rules, 2_000);
            let range = Range { sought: Sought::around(None), candidates, outlook: Outlook::default() };
            let proposals = domain::search(&range, &rules, 1_000, 0).proposals;
            assert!(!proposals.is_empty(), "{}", scenario.name);
        }
    }

    #[test]
    fn whoever_waits_meanwhile_is_matched_with_nobody() {
        for scenario in ALL {
            let (Some(waiting), rules) = (scenario.waiting, scenario.rules().unwrap()) else { continue };
            let population = Population::open(waiting.draw, "w").unwrap();
            let mut candidates = come_of(&population, &scenario, &rules, 1_000);
            let search = |candidates: &Vec<Candidate>| {
                let candidates = candidates.clone();
                let range = Range { sought: Sought::around(None), candidates, outlook: Outlook::default() };
                domain::search(&range, &rules, LATE_MS / 2, 0).proposals
            };
            assert_eq!(search(&candidates), [], "{}", scenario.name);
            let waiting = candidates.len();
            candidates.extend(come(&scenario, &rules, 2));
            let matched = search(&candidates);
            assert!(
                matched.iter().flat_map(|made| made.teams.iter().flatten()).all(|at| *at >= waiting),
                "{matched:?}"
            );
        }
    }

    #[test]
    fn no_name_is_given_twice() {
        let names: std::collections::HashSet<&str> = ALL.iter().map(|scenario| scenario.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
