//! What came of a storm, for people, and whether it was what is promised.

use super::Args;
use super::fault::Kind;
use super::storm::Weather;
use crate::replay;
use crate::run::FsyncArg;
use crate::stats::Spread;
use sandbox::Residue;
use std::collections::BTreeMap;
use std::io::{self, Write, stdout};
use std::time::Duration;

/// A storm that is over.
pub struct End<'a> {
    pub args: &'a Args,
    pub weather: Weather,
    /// How long the storm went on.
    pub blew: Duration,
    pub played: replay::Outcome,
    /// None when nobody looked, because it was stopped.
    pub left: Option<LeftOver>,
}

/// What players could not see.
#[derive(Debug, Default)]
pub struct LeftOver {
    pub residue: Residue,
    /// Tickets that were acknowledged and live on.
    pub abandoned: usize,
    /// Processes that ended though nobody ended them.
    pub fallen: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Held,
    /// Nothing is known to be broken, but it ended before its time.
    Interrupted,
    /// Something was broken, or not everything could be seen.
    Failed,
}

impl End<'_> {
    pub fn print(&self, unclear: &BTreeMap<String, usize>, verdict: &str) -> io::Result<()> {
        let Args { minutes, seed, speed, trace, fsync, .. } = self.args;
        writeln!(
            stdout(),
            "chaos      {minutes} min, seed {seed}, {trace} at speed {speed}, appendfsync {}",
            fsync.name()
        )?;
        if self.played.report.interrupted {
            writeln!(stdout(), "           interrupted: it went on for {} s", self.blew.as_secs())?;
        }
        self.print_weather(unclear)?;
        self.print_players()?;
        match &self.left {
            Some(LeftOver { residue: Residue { waiting, live, untaken }, .. }) => {
                writeln!(
                    stdout(),
                    "left over  {waiting} tickets waiting, {live} matches live, {untaken} events not taken"
                )?;
            }
            None => writeln!(stdout(), "left over  nobody looked: it was stopped")?,
        }
        writeln!(stdout(), "verdict    {verdict}")
    }

    fn print_weather(&self, unclear: &BTreeMap<String, usize>) -> io::Result<()> {
        writeln!(stdout(), "faults     {}", listed(&self.weather.faults))?;
        for (done, waits_ms) in &self.weather.takeovers_ms {
            writeln!(stdout(), "{}", takeover(done, waits_ms))?;
        }
        writeln!(stdout(), "commits    unclear {}", listed(unclear))
    }

    fn print_players(&self) -> io::Result<()> {
        let report = &self.played.report;
        writeln!(
            stdout(),
            "tickets    {}: ended {}, cancelled {}, expired {}, without outcome {}; Enqueue without an answer {}",
            report.tickets,
            report.tickets_ended,
            report.tickets_cancelled,
            report.tickets_expired,
            report.tickets_without_outcome,
            report.refused
        )?;
        if report.tickets_without_outcome > 0 {
            writeln!(stdout(), "           of those without outcome: {}", report.without_outcome)?;
        }
        writeln!(stdout(), "matches    {}", report.matches)?;
        let Spread { p50, p99, worst, .. } = report.watch_mended_ms;
        writeln!(
            stdout(),
            "watches    broken {}, opened again {} after p50 {p50:.0} ms, p99 {p99:.0} ms, worst {worst:.0} ms; updates told again {}",
            report.watch_broken,
            report.watch_reopened,
            report.updates_repeated
        )
    }

    /// With all that was broken, or that nothing was, in words.
    pub fn verdict(&self) -> (Verdict, String) {
        let refused = self.played.report.refused;
        let left = self.left.as_ref().map_or_else(Vec::new, |left| broken(&self.weather, refused, left));
        let broken: Vec<String> = self.played.tell_broken().into_iter().chain(left).collect();
        if !broken.is_empty() {
            let allowed = allowed(self.args.fsync, &self.weather).map(|allowed| format!("\n           {allowed}"));
            return (Verdict::Failed, format!("broken: {}{}", broken.join("; "), allowed.unwrap_or_default()));
        }
        let s = self.blew.as_secs();
        let nobody = self.played.report.matches == 0;
        match (self.played.unseen(), self.played.report.interrupted) {
            _ if self.left.is_none() => {
                let told = format!("interrupted after {s} s, and stopped: nothing is known to be broken");
                (Verdict::Interrupted, told)
            }
            (Some(unseen), _) => (Verdict::Failed, format!("unknown: {unseen}")),
            (None, true) if nobody => {
                (Verdict::Interrupted, format!("interrupted after {s} s: nobody was matched yet"))
            }
            (None, false) if nobody => {
                (Verdict::Failed, "unknown: nobody was matched, so that nothing was tried".to_owned())
            }
            (None, true) => (Verdict::Interrupted, format!("interrupted after {s} s: until then every invariant held")),
            (None, false) => (Verdict::Held, "every invariant held".to_owned()),
        }
    }
}

fn takeover(done: &str, waits_ms: &[f64]) -> String {
    let Spread { p50, p99, worst, count, .. } = Spread::of(waits_ms.to_vec());
    let movers = if count == 1 { "mover" } else { "movers" };
    format!(
        "takeover   {count} leading {movers} {done}: another led after p50 {p50:.0} ms, p99 {p99:.0} ms, worst {worst:.0} ms"
    )
}

/// How many, and of what.
fn listed(counts: &BTreeMap<String, usize>) -> String {
    let all = counts.values().sum::<usize>();
    let each: Vec<String> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    if each.is_empty() { all.to_string() } else { format!("{all}: {}", each.join(", ")) }
}

/// What players could not see. A ticket whose Enqueue got no answer, of which there are `refused`, may wait on or play: nobody was
/// promised anything.
fn broken(weather: &Weather, refused: u64, left: &LeftOver) -> Vec<String> {
    let LeftOver { residue, abandoned, fallen } = left;
    let counts = [
        (residue.waiting.saturating_sub(refused), "tickets wait that nobody waits for".to_owned()),
        ((residue.live as u64).saturating_sub(refused), "matches go on without players".to_owned()),
        (residue.untaken as u64, "events were not delivered".to_owned()),
        (weather.vacancies as u64, "times no mover took over".to_owned()),
        (fallen.len() as u64, format!("processes ended by themselves: {}", fallen.join(", "))),
        (*abandoned as u64, "tickets that were acknowledged live on without their players".to_owned()),
    ];
    counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect()
}

/// What Redis itself may lose where it does not sync each write, and did lose power.
fn allowed(fsync: FsyncArg, weather: &Weather) -> Option<String> {
    let may_lose = match fsync {
        FsyncArg::Always => return None,
        FsyncArg::Everysec => "up to a second of what was acknowledged",
        FsyncArg::No => "all that was acknowledged and not yet on disk",
    };
    let cuts = weather.faults.get(&Kind::CutPower.name())?;
    let name = fsync.name();
    Some(format!(
        "--fsync {name} allows each of the {cuts} cut-power to lose {may_lose} (README's table): such a loss is told as broken, \
         and exit code 1, all the same"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_left_over_is_broken_unless_its_enqueue_got_no_answer() {
        let calm = Weather::default();
        let told = |refused, residue| broken(&calm, refused, &LeftOver { residue, ..LeftOver::default() });
        assert!(told(0, Residue::default()).is_empty());
        let all = Residue { waiting: 3, live: 2, untaken: 1 };
        let of_tickets = ["3 tickets wait that nobody waits for", "2 matches go on without players"];
        assert_eq!(told(0, all), [&of_tickets[..], &["1 events were not delivered"]].concat());
        assert_eq!(told(3, all), ["1 events were not delivered"]);
        let left = LeftOver { fallen: vec!["mover-0".to_owned()], ..LeftOver::default() };
        let fallen = broken(&Weather { vacancies: 1, ..calm }, 0, &left);
        assert_eq!(fallen, ["1 times no mover took over", "1 processes ended by themselves: mover-0"]);
    }

    #[test]
    fn a_loss_by_a_power_cut_is_allowed_only_where_not_each_write_is_synced() {
        let mut weather = Weather::default();
        assert_eq!(allowed(FsyncArg::Everysec, &weather), None);
        weather.faults.insert("cut-power".to_owned(), 3);
        assert_eq!(allowed(FsyncArg::Always, &weather), None);
        let told = allowed(FsyncArg::Everysec, &weather).unwrap();
        assert!(told.starts_with("--fsync everysec allows each of the 3 cut-power to lose up to a second"), "{told}");
    }

    #[test]
    fn a_takeover_is_one_of_a_mover_that_led() {
        let told = takeover("killed", &[2_500.0]);
        assert_eq!(
            told,
            "takeover   1 leading mover killed: another led after p50 2500 ms, p99 2500 ms, worst 2500 ms"
        );
    }

    #[test]
    fn nothing_is_listed_of_none() {
        assert_eq!(listed(&BTreeMap::new()), "0");
        assert_eq!(
            listed(&BTreeMap::from([("duplicate".to_owned(), 2), ("won".to_owned(), 1)])),
            "3: duplicate 2, won 1"
        );
    }
}
