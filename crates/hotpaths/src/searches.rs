//! Searches: README.md beside this directory says among whom.

use crate::crowd::{Knows, NOW_MS, Source, skewed_regions};
use crate::{Go, Path};
use domain::{Candidate, Outlook, Range, Rules, Sought, search};
use std::hint::black_box;

const DUEL: &str = include_str!("../../../rules/duel.toml");
const TEAMS: &str = include_str!("../../../rules/teams-5v5.toml");
const ROLES: &str = include_str!("../../../rules/roles-5v5.toml");

/// So many tickets an orchestrator sends around an arrival.
const AROUND: usize = 128;
/// Of so many who wait.
const WAITING: usize = 1_000;
/// So many arrivals tell what waiting on is worth.
const ARRIVALS: usize = 512;

pub const SEARCHES: &[Path] = &[
    Path::counted("window/64 of duel", || window(duel(), Source::new().solos(64, Knows::Ratings))),
    Path::counted("window/1,000 of duel", || window(duel(), Source::new().solos(1_000, Knows::Ratings))),
    Path::timed("window/10,000 of duel", || window(duel(), Source::new().solos(10_000, Knows::Ratings))),
    Path::counted("window/1,000 of duel with 20 skewed regions", || {
        window(duel_with_regions(skewed_regions()), Source::skewed().solos(1_000, Knows::Regions))
    }),
    Path::timed("window/10,000 of duel with regions", || {
        window(duel_with_regions(regions_of_teams()), Source::new().solos(10_000, Knows::Regions))
    }),
    Path::counted("window/1,000 of teams-5v5", || window(teams(), parties_waiting())),
    Path::counted("window/1,000 of roles-5v5", || {
        let (rules, mut source) = (rules(ROLES), Source::new());
        let outlook = outlook(&rules, &mut source);
        window_by(rules, source.parties(1_000, Knows::Roles), outlook)
    }),
    Path::counted("anchored/128 of duel", || anchored(duel(), Source::new().solos(WAITING, Knows::Ratings))),
    Path::counted("anchored/128 of duel with regions", || {
        anchored(duel_with_regions(regions_of_teams()), Source::new().solos(WAITING, Knows::Regions))
    }),
    Path::counted("anchored/128 of teams-5v5", || anchored(teams(), parties_waiting())),
    Path::counted("anchored/128 of roles-5v5", || {
        let (rules, mut source) = (rules(ROLES), Source::new());
        let outlook = outlook(&rules, &mut source);
        anchored_by(rules, source.parties(WAITING, Knows::Roles), outlook)
    }),
];

pub fn duel() -> Rules {
    rules(DUEL)
}

pub fn teams() -> Rules {
    rules(TEAMS)
}

/// The harder one: costs that are no straight line in the ratings, and a choice of regions.
pub fn duel_with_regions(names: impl Iterator<Item = String>) -> Rules {
    let names: Vec<String> = names.map(|name| format!("{name:?}")).collect();
    let regions = names.join(", ");
    let head = format!("regions = [{regions}]\n\n[price]\nwin_probability = 0.5\nrtt = 0.05\nrtt_free_ms = 60");
    rules(&DUEL.replace("[price]\nrating_gap = 0.05", &head))
}

/// Those of the real cities.
pub fn regions_of_teams() -> impl Iterator<Item = String> {
    teams().regions().iter().map(ToString::to_string).collect::<Vec<_>>().into_iter()
}

fn rules(text: &str) -> Rules {
    Rules::parse(text).unwrap()
}

fn outlook(rules: &Rules, source: &mut Source) -> Outlook {
    Outlook::survey(rules, &source.arrivals(ARRIVALS, Knows::Roles), NOW_MS)
}

fn window(rules: Rules, candidates: Vec<Candidate>) -> Go {
    window_by(rules, candidates, Outlook::default())
}

fn window_by(rules: Rules, candidates: Vec<Candidate>, outlook: Outlook) -> Go {
    let range = Range { sought: Sought::around(None), candidates, outlook };
    assert!(!search(&range, &rules, NOW_MS, 0).proposals.is_empty(), "a window without a match");
    searching(rules, range)
}

fn anchored(rules: Rules, candidates: Vec<Candidate>) -> Go {
    anchored_by(rules, candidates, Outlook::default())
}

fn anchored_by(rules: Rules, candidates: Vec<Candidate>, outlook: Outlook) -> Go {
    let range = around_the_middle(&rules, candidates, outlook);
    assert!(search(&range, &rules, NOW_MS, 0) != Default::default(), "nothing is said of the anchor");
    searching(rules, range)
}

fn searching(rules: Rules, range: Range) -> Go {
    Box::new(move || drop(black_box(search(black_box(&range), &rules, NOW_MS, 0))))
}

/// What is read for the ticket in the middle of the ratings when it has just come: those nearest to it, in its near regions.
pub fn around_the_middle(rules: &Rules, mut candidates: Vec<Candidate>, outlook: Outlook) -> Range {
    candidates.sort_by(|a, b| a.party.rating().total_cmp(&b.party.rating()));
    let anchor = &mut candidates[WAITING / 2];
    anchor.queued_ms = NOW_MS;
    let (id, rating, look) = (anchor.id, anchor.party.rating(), rules.look(&anchor.party, 0));
    candidates.retain(|one| look.regions.contains(&rules.place(&one.party).region));
    candidates.sort_by(|a, b| (a.party.rating() - rating).abs().total_cmp(&(b.party.rating() - rating).abs()));
    candidates.truncate(AROUND);
    Range { sought: Sought::Anchor(id), candidates, outlook }
}

/// [`WAITING`] parties of teams in the real cities.
pub fn parties_waiting() -> Vec<Candidate> {
    Source::new().parties(WAITING, Knows::Regions)
}
