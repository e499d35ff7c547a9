//! What came of a storm, for people, and whether it was what is promised.

use super::Args;
use super::storm::Weather;
use crate::replay;
use crate::stats::Spread;
use anyhow::{Result, bail};
use sandbox::Residue;
use std::collections::BTreeMap;

pub fn print(
    args: &Args,
    weather: &Weather,
    report: &replay::Report,
    residue: Residue,
    unclear: &BTreeMap<String, usize>,
) {
    let Args { minutes, seed, speed, trace, .. } = args;
    println!("chaos      {minutes} min, seed {seed}, {trace} at speed {speed}, appendfsync {}", args.fsync.name());
    println!("faults     {}: {}", weather.faults.values().sum::<usize>(), listed(&weather.faults));
    for (name, waits_ms) in &weather.takeovers_ms {
        let spread = Spread::of(waits_ms.clone());
        let (p50, p99, worst) = (spread.p50, spread.p99, spread.worst);
        println!("takeover   after {name} {}: p50 {p50:.0} ms, p99 {p99:.0} ms, worst {worst:.0} ms", waits_ms.len());
    }
    println!("commits    unclear {}: {}", unclear.values().sum::<usize>(), listed(unclear));
    println!(
        "tickets    {}: ended {}, cancelled {}, expired {}, without outcome {}; Enqueue without an answer {}",
        report.tickets,
        report.tickets_ended,
        report.tickets_cancelled,
        report.tickets_expired,
        report.tickets_without_outcome,
        report.refused
    );
    println!("matches    {}", report.matches);
    let Spread { p50, p99, worst, .. } = report.watch_mended_ms;
    println!(
        "watches    broken {}, opened again {} after p50 {p50:.0} ms, p99 {p99:.0} ms, worst {worst:.0} ms; updates told again {}",
        report.watch_broken, report.watch_reopened, report.updates_repeated
    );
    let Residue { waiting, live, untaken } = residue;
    println!("left over  {waiting} tickets waiting, {live} matches live, {untaken} events not taken");
}

fn listed(counts: &BTreeMap<String, usize>) -> String {
    counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

/// Fails with all that was broken.
pub fn verdict(
    weather: &Weather,
    played: &replay::Outcome,
    residue: Residue,
    abandoned: usize,
    fallen: &[String],
) -> Result<()> {
    let mut broken = broken(weather, played.report.refused, residue, fallen);
    if abandoned > 0 {
        broken.push(format!("{abandoned} tickets that were acknowledged live on without their players"));
    }
    let seen = played.verdict();
    if !broken.is_empty() {
        bail!("{}", broken.join("; "));
    }
    seen?;
    println!("verdict    every invariant held");
    Ok(())
}

/// What players could not see. A ticket whose Enqueue got no answer, of which there are `refused`, may wait on or play: nobody was
/// promised anything.
fn broken(weather: &Weather, refused: u64, residue: Residue, fallen: &[String]) -> Vec<String> {
    let counts = [
        (residue.waiting.saturating_sub(refused), "tickets wait that nobody waits for".to_owned()),
        ((residue.live as u64).saturating_sub(refused), "matches go on without players".to_owned()),
        (residue.untaken as u64, "events were not delivered".to_owned()),
        (weather.vacancies as u64, "times no mover took over".to_owned()),
        (fallen.len() as u64, format!("processes ended by themselves: {}", fallen.join(", "))),
    ];
    counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_left_over_is_broken_unless_its_enqueue_got_no_answer() {
        let calm = Weather::default();
        let told = |refused, residue| broken(&calm, refused, residue, &[]);
        assert!(told(0, Residue::default()).is_empty());
        let all = Residue { waiting: 3, live: 2, untaken: 1 };
        let of_tickets = ["3 tickets wait that nobody waits for", "2 matches go on without players"];
        assert_eq!(told(0, all), [&of_tickets[..], &["1 events were not delivered"]].concat());
        assert_eq!(told(3, all), ["1 events were not delivered"]);
        let fallen = broken(&Weather { vacancies: 1, ..calm }, 0, Residue::default(), &["mover-0".to_owned()]);
        assert_eq!(fallen, ["1 times no mover took over", "1 processes ended by themselves: mover-0"]);
    }
}
