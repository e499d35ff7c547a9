//! How long one search takes. README.md beside this directory says how to run it and what came of it.

#![allow(clippy::unwrap_used, reason = "a benchmark knows its inputs")]

mod crowd;

use criterion::{Criterion, criterion_group, criterion_main};
use crowd::{Knows, NOW_MS, Source};
use domain::{Candidate, Outlook, Range, Rules, Sought, search};
use std::hint::black_box;

const DUEL: &str = include_str!("../../../../rules/duel.toml");
const TEAMS: &str = include_str!("../../../../rules/teams-5v5.toml");
const ROLES: &str = include_str!("../../../../rules/roles-5v5.toml");

/// So many tickets an orchestrator sends around an arrival.
const AROUND: usize = 128;
/// Of so many who wait.
const WAITING: usize = 1_000;
/// So many arrivals tell what waiting on is worth.
const ARRIVALS: usize = 512;

/// The one that `muster` runs on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

criterion_group!(benches, windows, anchored);
criterion_main!(benches);

fn windows(criterion: &mut Criterion) {
    let mut source = Source::new();
    let mut window = |name: &str, rules: &Rules, candidates, outlook| {
        let sought = Sought::around(None);
        measure(criterion, &format!("window/{name}"), rules, &Range { sought, candidates, outlook });
    };
    let nothing = Outlook::default;
    window("10,000 of duel", &rules(DUEL), source.solos(10_000, Knows::Ratings), nothing());
    window("10,000 of duel with regions", &duel_with_regions(), source.solos(10_000, Knows::Regions), nothing());
    window("1,000 of teams-5v5", &rules(TEAMS), source.parties(1_000, Knows::Regions), nothing());
    let roles = rules(ROLES);
    let outlook = Outlook::survey(&roles, &source.arrivals(ARRIVALS, Knows::Roles), NOW_MS);
    window("1,000 of roles-5v5", &roles, source.parties(1_000, Knows::Roles), outlook);
}

fn anchored(criterion: &mut Criterion) {
    let mut source = Source::new();
    let mut anchored = |name: &str, rules: &Rules, tickets: Vec<Candidate>, outlook| {
        measure(criterion, &format!("anchored/{name}"), rules, &around_the_middle(rules, tickets, outlook));
    };
    let nothing = Outlook::default;
    anchored("128 of duel", &rules(DUEL), source.solos(WAITING, Knows::Ratings), nothing());
    anchored("128 of duel with regions", &duel_with_regions(), source.solos(WAITING, Knows::Regions), nothing());
    anchored("128 of teams-5v5", &rules(TEAMS), source.parties(WAITING, Knows::Regions), nothing());
    let roles = rules(ROLES);
    let outlook = Outlook::survey(&roles, &source.arrivals(ARRIVALS, Knows::Roles), NOW_MS);
    anchored("128 of roles-5v5", &roles, source.parties(WAITING, Knows::Roles), outlook);
}

fn measure(criterion: &mut Criterion, name: &str, rules: &Rules, range: &Range) {
    criterion.bench_function(name, |bencher| bencher.iter(|| search(black_box(range), rules, NOW_MS, 0)));
}

/// What is read for the ticket in the middle of the ratings when it has just come: those nearest to it, in its near regions.
fn around_the_middle(rules: &Rules, mut candidates: Vec<Candidate>, outlook: Outlook) -> Range {
    candidates.sort_by(|a, b| a.party.rating().total_cmp(&b.party.rating()));
    let anchor = &mut candidates[WAITING / 2];
    anchor.queued_ms = NOW_MS;
    let (id, rating, look) = (anchor.id, anchor.party.rating(), rules.look(&anchor.party, 0));
    candidates.retain(|one| look.regions.contains(&rules.place(&one.party).region));
    candidates.sort_by(|a, b| (a.party.rating() - rating).abs().total_cmp(&(b.party.rating() - rating).abs()));
    candidates.truncate(AROUND);
    Range { sought: Sought::Anchor(id), candidates, outlook }
}

/// The harder one: costs that are no straight line in the ratings, and a choice of 14 regions.
fn duel_with_regions() -> Rules {
    let regions = TEAMS.split_once("regions = ").and_then(|(_, after)| after.split_once(']')).unwrap().0;
    let head = format!("regions = {regions}]\n\n[price]\nwin_probability = 0.5\nrtt = 0.05\nrtt_free_ms = 60");
    rules(&DUEL.replace("[price]\nrating_gap = 0.05", &head))
}

fn rules(text: &str) -> Rules {
    Rules::parse(text).unwrap()
}
