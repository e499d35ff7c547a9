//! What to type next, by what really runs.

use super::ports::default_port;
use domain::{Role, RuleSet, Rules};
use std::fmt;
use std::path::Path;

/// What the lines say instead of a path.
pub const STANDS_FOR: &str = "`muster` stands for ./target/release/muster; `muster --help` lists the rest.";

/// Where the token of the lines is kept.
const TOKEN_FILE: &str = "me.token";

/// The queue that comes with Muster, taken first where it is there.
const FAVOURITE: &str = "duel";

/// A system that is up, as `host:port`.
pub struct NextStep<'a> {
    pub rules: &'a RuleSet,
    pub queue: Vec<String>,
    pub play: Vec<String>,
    /// Where what locks the doors is; none: they stand open.
    pub keys: Option<&'a Path>,
}

impl NextStep<'_> {
    /// Where the tools must be told to look; nothing where they look by themselves.
    fn flags(&self) -> String {
        let flag = |flag: &str, addresses: &[String], role| {
            let found_anyway = addresses == [format!("127.0.0.1:{}", default_port(role))];
            let addresses = addresses.iter().map(|address| format!("{}{address}", self.scheme()));
            if found_anyway && self.keys.is_none() {
                String::new()
            } else {
                format!(" {flag} {}", addresses.collect::<Vec<_>>().join(","))
            }
        };
        let places = flag("--target", &self.queue, Role::Orchestrator) + &flag("--play", &self.play, Role::Playserver);
        match self.keys {
            Some(keys) => format!(" --ca {}/ca.pem --token-file {TOKEN_FILE}{places}", keys.display()),
            None => places,
        }
    }

    fn scheme(&self) -> &'static str {
        if self.keys.is_some() { "https://" } else { "" }
    }

    /// The arena's players meet one against one.
    fn arena_queue(&self) -> Option<&Rules> {
        let mut duels = self.rules.iter().map(|rules| &**rules).filter(|rules| rules.team_sizes() == [1, 1]);
        let first = duels.next()?;
        Some(duels.find(|rules| rules.queue().as_str() == FAVOURITE).unwrap_or(first))
    }

    fn by_hand(&self) -> Option<String> {
        let (queue, others) = match self.arena_queue() {
            Some(duel) => (duel.queue(), "the same for bob:1530 in a third shell"),
            None => (self.rules.iter().next()?.queue(), "the same for others, until its teams are full"),
        };
        let flags = self.flags();
        Some(format!(
            "muster ticket enqueue --queue {queue} --player ada:1510 --watch --ack{flags}\n{:23}({others})",
            ""
        ))
    }
}

impl fmt::Display for NextStep<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.queue.is_empty() || self.play.is_empty() {
            return writeln!(f, "Muster is up, without an orchestrator or a playserver that players could ask.");
        }
        let (queue, play) = (self.queue.join(","), self.play.join(","));
        writeln!(f, "Muster is up: players queue on {queue} and watch on {play}. In a second shell:")?;
        if let Some(keys) = self.keys {
            writeln!(f, "  cargo run --release -- token --keys {} --realm-server me > {TOKEN_FILE}", keys.display())?;
        }
        if let Some(rules) = self.arena_queue() {
            let (queue, flags) = (rules.queue(), self.flags());
            writeln!(f, "  cargo run --release -- replay arena --queue {queue} --speed 10{flags}")?;
        }
        match self.by_hand() {
            Some(line) => writeln!(f, "\n  a match by hand      {line}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(rules: &[&str], queue: &[&str], play: &[&str]) -> String {
        let rules = rules.iter().map(|text| Rules::parse(text).unwrap()).collect();
        let owned = |addresses: &[&str]| addresses.iter().map(|address| (*address).to_owned()).collect();
        NextStep { rules: &RuleSet::try_new(rules).unwrap(), queue: owned(queue), play: owned(play), keys: None }
            .to_string()
    }

    const DUEL: &str = include_str!("../../../../rules/duel.toml");
    const TEAMS: &str = include_str!("../../../../rules/teams-5v5.toml");

    #[test]
    fn cargo_run_runs_muster_though_there_are_other_binaries() {
        let described = std::process::Command::new(env!("CARGO"))
            .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
            .output()
            .unwrap();
        let described: serde_json::Value = serde_json::from_slice(&described.stdout).unwrap();
        let packages = described["packages"].as_array().unwrap();
        let runs: Vec<_> = packages.iter().filter_map(|package| package["default_run"].as_str()).collect();
        assert_eq!(runs, ["muster"]);
    }

    #[test]
    fn the_favourite_is_taken_without_flags_where_none_are_needed() {
        let other = DUEL.replace("queue = \"duel\"", "queue = \"a-duel\"");
        let told = told(&[&other, DUEL], &["127.0.0.1:7600"], &["127.0.0.1:7610"]);
        assert!(told.contains("\n  cargo run --release -- replay arena --queue duel --speed 10\n"), "{told}");
    }

    #[test]
    fn addresses_and_queues_of_ones_own_are_followed() {
        let other = DUEL.replace("queue = \"duel\"", "queue = \"chess\"");
        let told = told(&[&other], &["127.0.0.1:7600", "127.0.0.1:7601"], &["127.0.0.2:7610"]);
        let flags = "--target 127.0.0.1:7600,127.0.0.1:7601 --play 127.0.0.2:7610\n";
        assert!(told.contains(&format!("replay arena --queue chess --speed 10 {flags}")), "{told}");
        assert!(told.contains(&format!("--queue chess --player ada:1510 --watch --ack {flags}")), "{told}");
    }

    #[test]
    fn without_a_duel_there_is_only_the_ticket() {
        let told = told(&[TEAMS], &["127.0.0.1:7600"], &["127.0.0.1:7610"]);
        assert!(!told.contains("replay") && told.contains("enqueue --queue teams-5v5"), "{told}");
    }
}
