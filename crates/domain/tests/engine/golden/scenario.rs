//! What a page asks: rules, and who waits.

use crate::support::{rules, ticket};
use domain::{Candidate, Outlook, Party, Player, Range, Rules, Sought, TicketId};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use toml::Table;

/// The clock, in ms since the Unix epoch.
pub const NOW_MS: u64 = 1_700_000_000_000;

pub struct Scenario {
    pub file: Table,
    pub rules: Rules,
    pub range: Range,
    /// Whether to explain why the anchor waits, and not to search.
    pub is_explained: bool,
    names: BTreeMap<TicketId, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// The name of a shipped file; left out where the page has rules of its own.
    rules: Option<String>,
    /// Who must be in the match.
    anchor: Option<String>,
    /// Whose waiting is to be explained.
    explain: Option<String>,
    tickets: BTreeMap<String, Waiting>,
}

/// A ticket, all of whose players are alike but for their ratings and roles.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Waiting {
    waits_s: f64,
    #[serde(default)]
    tries: u32,
    ratings: Vec<f64>,
    #[serde(default)]
    deviation: f64,
    #[serde(default)]
    rtt_ms: BTreeMap<String, u32>,
    /// For each player.
    #[serde(default)]
    roles: Vec<Vec<String>>,
    #[serde(default)]
    strings: BTreeMap<String, String>,
    #[serde(default)]
    sets: BTreeMap<String, BTreeSet<String>>,
    #[serde(default)]
    recent: Vec<String>,
}

impl Scenario {
    pub fn of_shipped_rules(asked: &str) -> Self {
        let name = read(asked).rules.expect("rules: the name of a file of rules/");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rules").join(name);
        Self::new(&fs::read_to_string(path).unwrap(), asked)
    }

    pub fn new(text: &str, asked: &str) -> Self {
        let asked = read(asked);
        let ids: BTreeMap<&String, TicketId> = asked.tickets.keys().zip((1..).map(TicketId)).collect();
        let anchor = asked.anchor.as_ref().or(asked.explain.as_ref()).map(|name| ids[name]);
        let candidates = ids.iter().map(|(name, id)| candidate(name, *id, &asked.tickets[*name])).collect();
        Self {
            file: text.parse().unwrap(),
            rules: rules(text),
            range: Range { sought: Sought::around(anchor), candidates, outlook: Outlook::default() },
            is_explained: asked.explain.is_some(),
            names: ids.into_iter().map(|(name, id)| (id, name.clone())).collect(),
        }
    }

    pub fn name(&self, id: TicketId) -> &str {
        &self.names[&id]
    }
}

fn read(asked: &str) -> Asked {
    toml::from_str(asked).unwrap_or_else(|error| panic!("{error}"))
}

/// Players of a party are called after it: `ada`, or `trio-0`, `trio-1`, `trio-2`.
fn candidate(name: &str, id: TicketId, waiting: &Waiting) -> Candidate {
    let size = waiting.ratings.len();
    let id_of = |at: usize| if size == 1 { name.to_owned() } else { format!("{name}-{at}") };
    let player = |at: usize| Player {
        deviation: waiting.deviation,
        rtt_ms: waiting.rtt_ms.iter().map(|(region, rtt_ms)| (region.parse().unwrap(), *rtt_ms)).collect(),
        roles: waiting.roles.get(at).into_iter().flatten().map(|role| role.parse().unwrap()).collect(),
        strings: waiting.strings.clone(),
        sets: waiting.sets.clone(),
        recent: waiting.recent.iter().map(|id| id.parse().unwrap()).collect(),
        ..Player::new(id_of(at).parse().unwrap(), waiting.ratings[at])
    };
    let queued_ms = NOW_MS - (waiting.waits_s * 1000.0) as u64;
    let party = Party::try_new((0..size).map(player).collect()).unwrap();
    Candidate { id, party, tries: waiting.tries, ..ticket(0, queued_ms, &[0.0]) }
}
