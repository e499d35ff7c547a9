//! What came of all rounds.

use super::run::{Run, Setting};
use crate::bench::range::Range;
use std::fmt;

/// Where less of what was offered is matched, an overload was measured.
const SUSTAINED_SHARE: f64 = 0.97;

pub struct Summary<'a> {
    /// Players who were to arrive per second.
    pub rate: f64,
    /// In each of them every setting once.
    pub rounds: &'a [Vec<Run>],
}

impl Summary<'_> {
    fn of(&self, setting: Setting) -> impl Iterator<Item = &Run> {
        self.rounds.iter().flatten().filter(move |run| run.setting == setting)
    }

    /// A figure of each round that sets this setting against bare.
    fn against(&self, setting: Setting, figure: impl Fn(&Run, &Run) -> f64) -> Range {
        Range::of(self.of(setting).zip(self.of(Setting::Bare)).map(|(run, bare)| figure(run, bare)))
    }

    fn row(&self, setting: Setting) -> String {
        let matched: usize = self.of(setting).map(|run| run.matched).sum();
        let us = Range::of(self.of(setting).map(Run::us_per_ticket)).shown(0);
        let services = Range::of(self.of(setting).map(Run::services_percent)).shown(1);
        let row = format!("{:<8} {matched:>8} {us:>23} {services:>23}", setting.name());
        if setting == Setting::Bare {
            return row;
        }
        let ratio = self.against(setting, |run, bare| 100.0 * run.us_per_ticket() / bare.us_per_ticket()).shown(1);
        let more = self.against(setting, |run, bare| run.services_percent() - bare.services_percent()).shown(1);
        format!("{row} {ratio:>23} {more:>23}")
    }

    /// From its lowest to its highest in percent of its median: what a difference must exceed to mean something.
    fn noise_percent(&self) -> f64 {
        let us = Range::of(self.of(Setting::Bare).map(Run::us_per_ticket));
        100.0 * (us.highest - us.lowest) / us.median
    }
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["CPU µs/ticket", "services, % of a core", "to bare, %", "more, % of a core"];
        let [us, services, ratio, more] = heads;
        writeln!(f, "{:<8} {:>8} {us:>23} {services:>23} {ratio:>23} {more:>23}", "", "matched")?;
        for setting in Setting::ALL {
            writeln!(f, "{}", self.row(setting))?;
        }
        let traces = || self.of(Setting::Traced).filter_map(|run| run.traces);
        let (spans, count) = traces().fold((0, 0), |(spans, count), one| (spans + one.spans, count + one.traces));
        writeln!(f, "traced   {spans} spans of {count} traces were received")?;
        let monitor = Range::of(self.of(Setting::Watched).map(Run::monitor_percent)).shown(1);
        let told = self.of(Setting::Watched).filter_map(|run| Some(run.told_bytes? as f64 / run.used.wall_s / 1e3));
        writeln!(
            f,
            "watched  the monitor took {monitor} % of a core, and told the page {} kB/s",
            Range::of(told).shown(0)
        )?;
        match self.rounds.len() {
            1 => write!(f, "noise    unknown: one round differs from no other")?,
            _ => write!(f, "noise    bare alone differs by {:.1} % from round to round", self.noise_percent())?,
        }
        let unsustained = |run: &&Run| run.matched_per_s() < SUSTAINED_SHARE * self.rate;
        match self.rounds.iter().flatten().filter(unsustained).count() {
            0 => Ok(()),
            runs => write!(
                f,
                "\noverload in {runs} of the runs: less was matched than offered, and these figures are of that"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::cpu::Used;
    use super::super::sink::Traces;
    use super::*;

    fn run(setting: Setting, services_s: f64) -> Run {
        let traces = (setting == Setting::Traced).then_some(Traces { spans: 30, traces: 2 });
        let watched = setting == Setting::Watched;
        let monitor_s = if watched { 1.0 } else { 0.0 };
        let used = Used { wall_s: 10.0, services_s, monitor_s, others_s: 0.0 };
        Run { setting, matched: 5_000, used, traces, told_bytes: watched.then_some(50_000) }
    }

    fn round(services_s: [f64; 3]) -> Vec<Run> {
        Setting::ALL.into_iter().zip(services_s).map(|(setting, services_s)| run(setting, services_s)).collect()
    }

    #[test]
    fn a_setting_is_set_against_bare_round_by_round() {
        let rounds = [round([4.0, 4.1, 4.4]), round([5.0, 5.1, 5.0]), round([4.5, 4.5, 5.4])];
        let told = Summary { rate: 500.0, rounds: &rounds }.to_string();
        let lines: Vec<String> =
            told.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            lines[1..],
            [
                "bare 15000 900 (800 to 1000) 45.0 (40.0 to 50.0)",
                "traced 15000 900 (820 to 1020) 45.0 (41.0 to 51.0) 102.0 (100.0 to 102.5) 1.0 (0.0 to 1.0)",
                "watched 15000 1000 (880 to 1080) 50.0 (44.0 to 54.0) 110.0 (100.0 to 120.0) 4.0 (0.0 to 9.0)",
                "traced 90 spans of 6 traces were received",
                "watched the monitor took 10.0 (10.0 to 10.0) % of a core, and told the page 5 (5 to 5) kB/s",
                "noise bare alone differs by 22.2 % from round to round",
            ]
        );
    }

    #[test]
    fn an_overload_is_said() {
        let rounds = [round([4.0, 4.1, 4.4])];
        let told = Summary { rate: 600.0, rounds: &rounds }.to_string();
        assert!(told.contains("overload in 3 of the runs"), "{told}");
    }
}
