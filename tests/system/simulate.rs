use crate::processes::MUSTER;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const DUEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules/duel.toml");
const TEAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules/teams-5v5.toml");

/// One line of `matches.csv`.
struct Line {
    match_id: String,
    matched_ms: u64,
    team: String,
    row: usize,
    player: String,
    rating: f64,
    wait_ms: u64,
    region: String,
    rtt_ms: String,
}

/// What a simulation wrote.
struct Written {
    csv: String,
    lines: Vec<Line>,
    summary: Value,
}

fn simulate(rules: &str, trace: &str, out: &Path, more: &[&str]) -> Result<()> {
    let out = out.to_str().context("a path in letters")?;
    let arguments = ["simulate", "--rules", rules, "--trace", trace, "--out", out];
    let output = Command::new(MUSTER).args(arguments).args(more).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

fn read(dir: &Path) -> Result<Written> {
    let csv = std::fs::read_to_string(dir.join("matches.csv"))?;
    let mut rows = csv.lines();
    assert_eq!(rows.next(), Some("match_id,matched_ms,team,row,player_id,rating,wait_ms,region,rtt_ms"));
    let lines = rows.map(line).collect::<Result<_>>()?;
    let summary = serde_json::from_str(&std::fs::read_to_string(dir.join("summary.json"))?)?;
    Ok(Written { lines, summary, csv })
}

fn line(row: &str) -> Result<Line> {
    let cells: Vec<String> = row.split(',').map(str::to_owned).collect();
    let [match_id, matched_ms, team, row, player, rating, wait_ms, region, rtt_ms] =
        <[String; 9]>::try_from(cells).map_err(|cells| anyhow::anyhow!("{cells:?}"))?;
    let (matched_ms, row, wait_ms) = (matched_ms.parse()?, row.parse()?, wait_ms.parse()?);
    Ok(Line { match_id, matched_ms, team, row, player, rating: rating.parse()?, wait_ms, region, rtt_ms })
}

impl Written {
    fn matches(&self) -> BTreeMap<&str, Vec<&Line>> {
        let mut matches: BTreeMap<&str, Vec<&Line>> = BTreeMap::new();
        self.lines.iter().for_each(|line| matches.entry(&line.match_id).or_default().push(line));
        matches
    }

    fn figure(&self, pointer: &str) -> f64 {
        self.summary.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("no {pointer}"))
    }

    fn is_about(&self, pointer: &str, expected: f64) {
        let figure = self.figure(pointer);
        assert!((figure - expected).abs() < 1e-6 * expected.abs().max(1.0), "{pointer} is {figure}, not {expected}");
    }

    /// Rows each once, in complete teams, as the trace has them, and nobody against himself.
    fn is_sound(&self, trace: &[(u64, String, f64)], team_size: usize) {
        let mut rows = HashSet::new();
        for (id, seats) in self.matches() {
            let team = |name: &str| seats.iter().filter(|seat| seat.team == name).count();
            assert_eq!((team("0"), team("1"), seats.len()), (team_size, team_size, 2 * team_size), "match {id}");
            let players: HashSet<&str> = seats.iter().map(|seat| seat.player.as_str()).collect();
            assert_eq!(players.len(), seats.len(), "someone meets himself in match {id}");
            for seat in seats {
                assert!(rows.insert(seat.row), "row {} is matched twice", seat.row);
                let (queue_ms, player, rating) = &trace[seat.row];
                assert_eq!((&seat.player, seat.rating, seat.matched_ms), (player, *rating, queue_ms + seat.wait_ms));
            }
        }
    }

    /// The summary says of `matches.csv` what can be worked out from it.
    fn agrees_with_itself(&self) {
        let gap = |seats: &Vec<&Line>| {
            let mean = |name: &str| {
                let ratings = seats.iter().filter(|seat| seat.team == name).map(|seat| seat.rating);
                ratings.clone().sum::<f64>() / ratings.count() as f64
            };
            (mean("0") - mean("1")).abs()
        };
        let gaps: Vec<f64> = self.matches().values().map(gap).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let mut waits_ms: Vec<f64> = self.lines.iter().map(|line| line.wait_ms as f64).collect();
        waits_ms.sort_by(f64::total_cmp);
        let even = |gap: &f64| 1.0 / (1.0 + 10f64.powf(-gap / 400.0)) <= 0.55;
        self.is_about("/players_matched", self.lines.len() as f64);
        self.is_about("/matches", gaps.len() as f64);
        self.is_about("/wait_ms/mean", mean(&waits_ms));
        self.is_about("/wait_ms/max", *waits_ms.last().unwrap());
        self.is_about("/wait_ms/p50", waits_ms[waits_ms.len().div_ceil(2) - 1]);
        self.is_about("/rating_gap_mean", mean(&gaps));
        self.is_about("/even_share", gaps.iter().filter(|gap| even(gap)).count() as f64 / gaps.len() as f64);
        self.is_about("/j_s", mean(&waits_ms) / 1e3 + self.figure("/gap_price_s") * mean(&gaps));
        let (players, matched, expired) =
            (self.figure("/players"), self.figure("/players_matched"), self.figure("/players_expired"));
        assert_eq!(players, matched + expired, "everyone is matched or expires");
    }
}

/// Queue time, player and rating of each row.
fn rows(trace: &str, player_column: usize) -> Vec<(u64, String, f64)> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0].parse().unwrap(), cells[player_column].to_owned(), cells[player_column + 1].parse().unwrap())
    };
    trace.lines().skip(1).map(row).collect()
}

#[test]
fn a_minute_of_the_arena_is_played_soundly_and_always_alike() -> Result<()> {
    let (first, again) = (TempDir::new()?, TempDir::new()?);
    for dir in [&first, &again] {
        simulate(DUEL, "arena", dir.path(), &["--minutes", "1"])?;
    }
    let written = read(first.path())?;
    let arena =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../crates/cli/traces/arena-10min.csv"))?;
    written.is_sound(&rows(&arena, 1), 1);
    written.agrees_with_itself();
    assert!(written.lines.iter().all(|line| line.matched_ms - line.wait_ms < 60_000), "only the first minute queues");
    assert!(written.lines.len() > 300 && written.lines.iter().all(|line| line.rtt_ms.is_empty()));
    for file in ["matches.csv", "summary.json", "report.html"] {
        let [one, other] = [&first, &again].map(|dir| std::fs::read(dir.path().join(file)).unwrap());
        assert!(one == other, "{file} differs from one run to the next");
    }
    Ok(())
}

#[test]
fn one_who_queues_again_and_again_never_meets_himself() -> Result<()> {
    let dir = TempDir::new()?;
    let mut trace = "queue_ms,player_id,rating\n".to_owned();
    for turn in 0..12 {
        let other = if turn % 3 == 2 { "bob" } else { "ada" };
        writeln!(trace, "{},{other},{}", turn * 700, 1500 + turn % 5)?;
    }
    let file = dir.path().join("trace.csv");
    std::fs::write(&file, &trace)?;
    simulate(DUEL, file.to_str().unwrap(), dir.path(), &["--no-curve"])?;
    let written = read(dir.path())?;
    written.is_sound(&rows(&trace, 1), 1);
    assert_eq!(written.lines.len(), 8, "bob comes four times, so ada plays four times");
    assert_eq!(written.figure("/players_expired"), 4.0);
    Ok(())
}

/// Who played whom, in order, by these rules: in all matches of one trace.
fn pairs(dir: &Path, rules: &str, trace: &str) -> Result<Vec<[String; 2]>> {
    let files = [("rules.toml", rules), ("trace.csv", trace)].map(|(name, text)| (dir.join(name), text));
    for (file, text) in &files {
        std::fs::write(file, text)?;
    }
    let [rules, trace] = files.each_ref().map(|(file, _)| file.to_str().unwrap());
    simulate(rules, trace, dir, &["--no-curve"])?;
    let pair = |seats: &[Line]| {
        let mut pair = [seats[0].player.clone(), seats[1].player.clone()];
        pair.sort_unstable();
        pair
    };
    Ok(read(dir)?.lines.chunks(2).map(pair).collect())
}

#[test]
fn a_dear_rematch_makes_players_meet_someone_else_for_an_hour() -> Result<()> {
    let dir = TempDir::new()?;
    let dear = crate::rematch::DEAR;
    let trace = "queue_ms,player_id,rating\n0,ada,1500\n0,bob,1400\n1000,ada,1500\n1000,bob,1400\n3000,cyd,1510\n\
                 3700000,ada,1500\n3700000,bob,1400\n";
    let [ada_bob, ada_cyd] = ["bob", "cyd"].map(|other| ["ada".to_owned(), other.to_owned()]);
    assert_eq!(pairs(dir.path(), dear, trace)?, [&ada_bob, &ada_cyd, &ada_bob].map(Clone::clone));
    let cheap = dear.replace("rematch = 60", "");
    assert_eq!(pairs(dir.path(), &cheap, trace)?, [&ada_bob, &ada_bob, &ada_bob].map(Clone::clone));
    Ok(())
}

#[test]
fn parties_stay_together_and_are_told_their_region() -> Result<()> {
    let dir = TempDir::new()?;
    let (trace, cities) = (dir.path().join("trace.csv"), dir.path().join("city_rtt.csv"));
    let text = team_trace()?;
    std::fs::write(&trace, &text)?;
    let regions = "westeurope,northeurope,polandcentral,eastus,westus2,centralus,brazilsouth,southeastasia,japaneast,koreacentral,\
                   centralindia,australiaeast,southafricanorth,uaenorth";
    let far = ",200".repeat(13);
    std::fs::write(&cities, format!("city,country,continent,population,{regions}\nParis,FR,EU,1,20{far}\n"))?;
    simulate(TEAMS, trace.to_str().unwrap(), dir.path(), &["--no-curve", "--compare", TEAMS])?;
    let written = read(dir.path())?;
    written.is_sound(&rows(&text, 2), 5);
    written.agrees_with_itself();
    assert!(written.lines.len() >= 40, "{} players matched", written.lines.len());
    assert!(written.lines.iter().all(|line| line.region == "westeurope" && line.rtt_ms == "20"));
    assert_eq!(written.figure("/rtt_good_share"), 1.0);
    for party in written.lines.iter().filter(|line| line.row % 4 >= 2) {
        let mate = written.lines.iter().find(|line| line.row == (party.row ^ 1)).context("a mate")?;
        assert_eq!((&party.match_id, &party.team), (&mate.match_id, &mate.team), "row {}", party.row);
    }
    assert_eq!(read(&dir.path().join("compare"))?.csv, written.csv, "the same rules play the same matches");
    Ok(())
}

/// Two solos, then a party of two, and so on.
fn team_trace() -> Result<String> {
    let mut trace = "queue_ms,party_id,player_id,rating,city,country\n".to_owned();
    for row in 0..60 {
        let party = if row % 4 == 3 { row - 1 } else { row };
        writeln!(trace, "{},{party},{row},{},Paris,FR", party * 200, 1500 + row * 7 % 90)?;
    }
    Ok(trace)
}

#[test]
fn the_page_needs_nothing_else_and_shows_both_rules() -> Result<()> {
    let dir = TempDir::new()?;
    let cheap = dir.path().join("cheap.toml");
    std::fs::write(&cheap, std::fs::read_to_string(DUEL)?.replace("rating_gap = 0.05", "rating_gap = 0.01"))?;
    simulate(DUEL, "arena", dir.path(), &["--until-ms", "20000", "--compare", cheap.to_str().unwrap()])?;
    let page = std::fs::read_to_string(dir.path().join("report.html"))?;
    for word in ["<svg", "duel.toml", "cheap.toml", "Wait, s", "Chance of the stronger team, %", "Wait against gap"] {
        assert!(page.contains(word), "the page lacks {word}");
    }
    let outside = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!outside.contains("http") && !outside.contains("src="), "the page asks for something else");
    assert_eq!(read(dir.path())?.summary["trade_off"].as_array().map(Vec::len), Some(5));
    Ok(())
}
