//! The figures of a summary as people read them, on the terminal and on the page.

use super::summary::Summary;

/// What a figure is called, and what a summary says of it.
type Figure = (&'static str, fn(&Summary) -> String);

/// Where nothing can be said.
const NONE: &str = "–";

const FIGURES: [Figure; 17] = [
    ("rules version", |s| s.rules_version.clone()),
    ("players", |s| s.players.to_string()),
    ("matched", |s| format!("{} ({})", s.players_matched, share(s.players_matched, s.players))),
    ("expired", |s| format!("{} ({})", s.players_expired, share(s.players_expired, s.players))),
    ("matches", |s| s.matches.to_string()),
    ("wait, mean, s", |s| of_matches(s, format!("{:.2}", s.wait_ms.mean / 1e3))),
    ("wait, p50 / p90 / p99, s", |s| {
        of_matches(s, format!("{:.1} / {:.1} / {:.1}", s.wait_ms.p50 / 1e3, s.wait_ms.p90 / 1e3, s.wait_ms.p99 / 1e3))
    }),
    ("wait, longest, s", |s| of_matches(s, format!("{:.1}", s.wait_ms.max / 1e3))),
    ("gap of team means, points", |s| of_matches(s, format!("{:.1}", s.rating_gap_mean))),
    ("deviation in a match, points", |s| of_matches(s, format!("{:.1}", s.rating_deviation_mean))),
    ("favourite's edge over 50 %", |s| of_matches(s, format!("{:.2} %", s.win_probability_off_mean * 100.0))),
    ("matches within 45-55 %", |s| of_matches(s, percent(s.even_share))),
    ("players with a good ping", |s| s.rtt_good_share.map_or(NONE.into(), percent)),
    ("round trip, mean, ms", |s| s.rtt_mean_ms.map_or(NONE.into(), |rtt_ms| format!("{rtt_ms:.1}"))),
    ("J: wait + price x gap, s", |s| s.j_s.map_or(NONE.into(), |j_s| of_matches(s, format!("{j_s:.2}")))),
    ("J at the first rules' price, s", |s| {
        s.j_at_first_price_s.map_or(NONE.into(), |j_s| of_matches(s, format!("{j_s:.2}")))
    }),
    ("full parties facing one", full_parties),
];

/// Those that say something of at least one of the summaries.
pub fn figures<'a>(summaries: &'a [&'a Summary]) -> impl Iterator<Item = (&'static str, Vec<String>)> + 'a {
    let told = FIGURES.into_iter().map(|(name, told)| (name, summaries.iter().map(|s| told(s)).collect::<Vec<_>>()));
    told.filter(|(_, told)| told.iter().any(|told| told != NONE))
}

pub fn of_matches(summary: &Summary, told: String) -> String {
    if summary.matches == 0 { NONE.to_owned() } else { told }
}

fn full_parties(summary: &Summary) -> String {
    let full = summary.full_parties;
    if full.matched == 0 {
        return NONE.to_owned();
    }
    let missed = full.faced_others_though_one_waited;
    format!("{} of {}, {missed} missed", full.faced_another, full.matched)
}

pub fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

pub fn share(part: usize, whole: usize) -> String {
    format!("{:.2} %", if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 })
}
