//! What the page asks, and the pictures that answer.

use super::bars::Bars;
use super::curves::Curves;
use super::histogram::Histogram;
use super::html::{Card, Section};
use super::tables;
use crate::simulate::groups::Group;
use crate::simulate::played::favourite_wins;
use crate::simulate::runs::Run;
use crate::simulate::summary::{Summary, mean};

const PLAYERS: &str = "Share of players, %";
const MATCHES: &str = "Share of matches, %";
/// Points of a curve along its axis.
const CURVE_POINTS: usize = 240;
/// Parts of the trace that waits are shown for.
const PERIODS: u64 = 36;

pub fn all(runs: &[Run]) -> anyhow::Result<Vec<Section>> {
    let mut sections = vec![waits(runs)?, fairness(runs)?];
    if runs.iter().any(|run| run.summary.rtt_mean_ms.is_some()) {
        sections.push(latency(runs)?);
    }
    sections.push(groups(runs)?);
    if runs.iter().any(|run| !run.summary.trade_off.is_empty()) {
        sections.push(trade_off(runs)?);
    }
    sections.push(rejections(runs)?);
    Ok(sections)
}

/// One list of values for each of the rules.
fn of_each<T>(runs: &[Run], values: impl Fn(&Run) -> Vec<T>) -> Vec<Vec<T>> {
    runs.iter().map(values).collect()
}

fn waits_s(run: &Run) -> Vec<f64> {
    run.played.seats(&run.crowd).map(|seat| seat.wait_ms() as f64 / 1e3).collect()
}

fn gaps(run: &Run) -> Vec<f64> {
    run.played.made.iter().map(|made| made.rating_gap(&run.crowd)).collect()
}

fn waits(runs: &[Run]) -> anyhow::Result<Section> {
    let samples = of_each(runs, waits_s);
    let spread = Histogram { samples: &samples, x_desc: "Wait, s", y_desc: PLAYERS, from: 0.0, reference: None };
    let end_s = samples.iter().map(|waits_s| longest_but_few(waits_s)).fold(0.0, f64::max);
    let within = Curves {
        lines: &of_each(runs, |run| matched_within(run, end_s)),
        x_desc: "Time since queueing, s",
        y_desc: "Players matched, %",
        y: Some(0.0..104.0),
        ..Curves::default()
    };
    let over_time = Curves {
        lines: &of_each(runs, wait_over_time),
        x_desc: "When they queued, minutes into the trace",
        y_desc: "Mean wait, s",
        ..Curves::default()
    };
    Ok(Section {
        title: "How long do players wait?",
        text: "From queueing to the match, for each player who was matched.",
        cards: vec![
            card("Waits", spread.svg()?, "The last bar holds all longer waits too."),
            card("Matched within", within.svg()?, "Of all who came; who expires is never matched."),
            card("In the course of the trace", over_time.svg()?, "Rises where few are there to play with."),
        ],
    })
}

/// What all but one of 200 do not exceed.
fn longest_but_few(waits_s: &[f64]) -> f64 {
    let mut sorted = waits_s.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() * 199 / 200).copied().unwrap_or_default()
}

/// Percent of all players who came, at each wait in s up to `end_s`.
fn matched_within(run: &Run, end_s: f64) -> Vec<(f64, f64)> {
    let mut waits_s = waits_s(run);
    waits_s.sort_by(f64::total_cmp);
    let point = |at: usize| {
        let wait_s = end_s * at as f64 / CURVE_POINTS as f64;
        let matched = waits_s.partition_point(|other_s| *other_s <= wait_s);
        (wait_s, 100.0 * matched as f64 / run.summary.players.max(1) as f64)
    };
    (0..=CURVE_POINTS).map(point).collect()
}

/// Minutes into the trace, and the mean wait in s of those who queued then.
fn wait_over_time(run: &Run) -> Vec<(f64, f64)> {
    let length_ms = run.crowd.tickets.last().map_or(0, |last| last.queued_ms) + 1;
    let mut periods: Vec<Vec<f64>> = vec![Vec::new(); PERIODS as usize];
    for seat in run.played.seats(&run.crowd) {
        periods[(seat.ticket.queued_ms * PERIODS / length_ms) as usize].push(seat.wait_ms() as f64 / 1e3);
    }
    let middle = |at: usize| (at as f64 + 0.5) * length_ms as f64 / PERIODS as f64 / 60_000.0;
    let known = periods.into_iter().enumerate().filter(|(_, waits_s)| !waits_s.is_empty());
    known.map(|(at, waits_s)| (middle(at), mean(waits_s.into_iter()))).collect()
}

fn fairness(runs: &[Run]) -> anyhow::Result<Section> {
    let samples = of_each(runs, gaps);
    let gaps = Histogram {
        samples: &samples,
        x_desc: "Gap between the teams' mean ratings, points",
        y_desc: MATCHES,
        from: 0.0,
        reference: None,
    };
    let chances = |(run, gaps): (&Run, &Vec<f64>)| {
        gaps.iter().map(|gap| favourite_wins(*gap, run.summary.rating_scale) * 100.0).collect()
    };
    let chances: Vec<Vec<f64>> = runs.iter().zip(&samples).map(chances).collect();
    let chances = Histogram {
        samples: &chances,
        x_desc: "Chance of the stronger team, %",
        y_desc: MATCHES,
        from: 50.0,
        reference: Some((55.0, "even up to here")),
    };
    let mut cards = vec![
        card("Rating gaps", gaps.svg()?, "The last bar holds all wider gaps too."),
        card(
            &format!("Chance to win on a scale of {} points", scales(runs.iter().map(|run| run.summary.rating_scale))),
            chances.svg()?,
            "By the Elo curve: 1 / (1 + 10^(−gap / scale)).",
        ),
    ];
    if runs.iter().any(|run| run.played.made.iter().any(|made| made.teams.iter().flatten().nth(2).is_some())) {
        let deviations =
            of_each(runs, |run| run.played.made.iter().map(|made| made.rating_deviation(&run.crowd)).collect());
        let x_desc = "Standard deviation of the ratings in a match, points";
        let spread = Histogram { samples: &deviations, x_desc, y_desc: MATCHES, from: 0.0, reference: None };
        cards.push(card("Unlike players", spread.svg()?, "How far apart the players of one match are."));
    }
    Ok(Section {
        title: "How fair are the matches?",
        text: "What a match is worth to those who play it: nobody likes to know beforehand who wins.",
        cards,
    })
}

fn latency(runs: &[Run]) -> anyhow::Result<Section> {
    let rtt_ms =
        of_each(runs, |run| run.played.seats(&run.crowd).filter_map(|seat| seat.rtt_ms()).map(f64::from).collect());
    let above_ms = of_each(runs, |run| {
        let seats = run.played.seats(&run.crowd);
        seats.filter_map(|seat| Some(f64::from(seat.rtt_ms()?) - f64::from(seat.best_rtt_ms()?))).collect()
    });
    let (x_desc, reference) = ("Round trip to the match, ms", Some((80.0, "good up to here")));
    let spread = Histogram { samples: &rtt_ms, x_desc, y_desc: PLAYERS, from: 0.0, reference };
    let (x_desc, reference) = ("Round trip above the player's best, ms", Some((30.0, "good up to here")));
    let above = Histogram { samples: &above_ms, x_desc, y_desc: PLAYERS, from: 0.0, reference };
    Ok(Section {
        title: "How far away is the match?",
        text: "A good ping is at most 80 ms, or at most 30 ms above the best that the player can have anywhere.",
        cards: vec![
            card("Latency", spread.svg()?, "Each player's, to the region in which his match is played."),
            card("Detour", above.svg()?, "What he gives up for company: 0 is his own nearest region."),
        ],
    })
}

/// A kind of group: its name, its title's end, and where it stands in a summary.
type Kind = (&'static str, &'static str, fn(&Summary) -> &[Group]);

const KINDS: [Kind; 3] = [
    ("Rating of the player, points", "by rating", |summary| &summary.by_rating),
    ("Nearest region", "by region", |summary| &summary.by_region),
    ("Players in the party", "by party size", |summary| &summary.by_party_size),
];

fn groups(runs: &[Run]) -> anyhow::Result<Section> {
    let mut cards = Vec::new();
    for (y_desc, by, of) in KINDS {
        let groups: Vec<&[Group]> = runs.iter().map(|run| of(&run.summary)).collect();
        let names = names(&groups);
        // A single group is everyone, who has been shown.
        if names.len() < 2 {
            continue;
        }
        let draw = |x_desc, value: fn(&Group) -> Option<f64>| {
            let of_name =
                |groups: &&[Group], name: &String| groups.iter().find(|group| group.name == *name).and_then(value);
            let values: Vec<Vec<Option<f64>>> =
                groups.iter().map(|groups| names.iter().map(|name| of_name(groups, name)).collect()).collect();
            Bars { rows: &names, values: &values, x_desc, y_desc }.svg()
        };
        let wait = draw("Mean wait, s", |group| group.wait_mean_s)?;
        let table = Some(tables::groups(&names, &groups));
        cards.push(Card { table, ..card(&format!("Wait {by}"), wait, "") });
        let gap = draw("Mean gap of the teams, points", |group| group.rating_gap_mean)?;
        cards.push(card(&format!("Gap {by}"), gap, ""));
    }
    let text = "The same rules treat the strong, the remote and the many differently. Each rating row is a tenth of the players.";
    Ok(Section { title: "Who fares how?", text, cards })
}

/// Every group's name once, in their order.
fn names(groups: &[&[Group]]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for group in groups.iter().copied().flatten() {
        if !names.contains(&group.name) {
            names.push(group.name.clone());
        }
    }
    names
}

fn trade_off(runs: &[Run]) -> anyhow::Result<Section> {
    let points = |run: &Run| {
        // Not where nobody was matched at one of the prices.
        let points = run.summary.trade_off.iter().map(|at| at.rating_gap_mean.zip(at.wait_mean_s));
        points.collect::<Option<Vec<_>>>().unwrap_or_default()
    };
    let factors: Vec<f64> =
        runs.first().map_or(Vec::new(), |run| run.summary.trade_off.iter().map(|point| point.price_factor).collect());
    let names: Vec<String> = factors.iter().map(|factor| factor_name(*factor)).collect();
    let curve = Curves {
        lines: &of_each(runs, points),
        x_desc: "Mean gap of the teams, points",
        y_desc: "Mean wait, s",
        names: &names,
        marked: factors.iter().position(|factor| *factor == 1.0).unwrap_or_default(),
        ..Curves::default()
    };
    Ok(Section {
        title: "What do better matches cost?",
        text: "The same trace again, with every price of the rules at a quarter, half, twice and four times what it is. \
               Higher prices make players wait for better matches; nearer to the lower left corner is better for everyone who is matched. Whoever \
               expires is in neither figure.",
        cards: vec![card("Wait against gap", curve.svg()?, "The ringed point is the rules as they stand.")],
    })
}

fn factor_name(factor: f64) -> String {
    match factor {
        0.25 => "× ¼".to_owned(),
        0.5 => "× ½".to_owned(),
        // It is ringed.
        1.0 => String::new(),
        other => format!("× {other}"),
    }
}

fn rejections(runs: &[Run]) -> anyhow::Result<Section> {
    let mut rules: Vec<&str> = runs.iter().flat_map(|run| run.summary.rejections.keys().copied()).collect();
    rules.sort_unstable();
    rules.dedup();
    let count = |run: &Run, rule: &str| run.summary.rejections.get(rule).map(|count| *count as f64);
    let most = |rule: &str| runs.iter().filter_map(|run| count(run, rule)).fold(0.0, f64::max);
    rules.sort_by(|a, b| most(a).total_cmp(&most(b)));
    let names: Vec<String> = rules.iter().map(|rule| (*rule).to_owned()).collect();
    let values = of_each(runs, |run| rules.iter().map(|rule| count(run, rule)).collect());
    let (x_desc, y_desc) = ("Times a ticket was left", "Rule");
    let bars = Bars { rows: &names, values: &values, x_desc, y_desc };
    Ok(Section {
        title: "Why not sooner?",
        text: "Each time a search read a ticket and left it, the rule that its best match failed. patience: possible, but not worth it yet.",
        cards: vec![card(
            "Rejections by rule",
            bars.svg()?,
            "Over all searches, and all tickets that each read: also those around the one that it was for.",
        )],
    })
}

/// The rating scales of the rules, each once.
fn scales(scales: impl Iterator<Item = f64>) -> String {
    let mut names: Vec<String> = scales.map(|scale| scale.to_string()).collect();
    names.dedup();
    names.join(" and ")
}

fn card(title: &str, svg: String, text: &'static str) -> Card {
    Card { title: title.to_owned(), svg, text, table: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_say_by_which_scale_they_are_reckoned() {
        assert_eq!(scales([400.0, 400.0].into_iter()), "400");
        assert_eq!(scales([400.0, 12.5].into_iter()), "400 and 12.5");
    }
}
