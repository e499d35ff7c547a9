//! A measurement as people read it.

use super::{Asked, Costs, MIB, Measured, Peak, of};
use crate::bench::ceiling::Ceiling;
use crate::bench::latency::Latency;
use crate::bench::stats::Stats;
use crate::bench::usage::Figures;
use std::fmt;

/// What is less of a sum is not shown.
const SHOWN_SHARE: f64 = 0.002;

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Asked { scenario, via, rate, seconds, whole_seconds, fsync, .. } = &self.asked;
        let fsync = fsync.as_ref().map(|fsync| format!(", appendfsync {fsync}")).unwrap_or_default();
        writeln!(
            f,
            "{scenario}: {rate:.0} tickets/s by {} for {seconds} s, {whole_seconds} whole ones of which count{fsync}",
            via.name()
        )?;
        if let Some(sustained) = self.sustained_per_s {
            let is_kept = self.search.is_none_or(|search| search.is_kept);
            let kept = if is_kept { "" } else { ", which it did not in what follows" };
            writeln!(f, "  the highest rate that lasts: {sustained:.0}/s{kept}")?;
        }
        let Stats { offered_per_s, matched_per_s, refused, failed, held_back, unanswered, unmatched, .. } = &self.stats;
        writeln!(f, "  offered {offered_per_s:.0}/s, matched {matched_per_s:.0}/s")?;
        if self.waiting > 0 {
            let each = bytes(&self.bytes_per_waiting_ticket);
            writeln!(f, "  beside {} waiting tickets; by so many bytes for each memory grew: {each}", self.waiting)?;
        }
        writeln!(
            f,
            "  refused {refused}, failed {failed}, not sent {held_back}, unanswered {unanswered}, taken and unmatched {unmatched}"
        )?;
        if let Some(peak) = &self.peak {
            peak.fmt(f)?;
        }
        self.waits(f)?;
        self.costs.fmt(f)?;
        let (Some(ceiling), Some(ratio)) = (self.ceiling, self.redis_to_ceiling()) else { return Ok(()) };
        let Ceiling { tickets_per_s, redis_us_per_ticket } = ceiling;
        write!(
            f,
            "\n  scripts alone {tickets_per_s:.0} tickets/s, redis {redis_us_per_ticket:.1} µs/ticket: it takes {ratio:.2} × that"
        )
    }
}

impl Measured {
    fn waits(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {:<22} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9}", "ms", "p50", "p90", "p99", "p99.9", "max", "of")?;
        let stats = &self.stats;
        for (name, is_shown, latency) in [
            ("came late", true, stats.late_ms),
            ("enqueue acknowledged", true, stats.acknowledged_ms),
            ("enqueue refused", stats.refused > 0, stats.refused_ms),
            ("match delivered", true, stats.delivered_ms),
            ("told or not", stats.unmatched > 0, stats.waited_ms),
            ("from a fit match on", true, self.delivered_from_fit_ms),
        ] {
            if is_shown {
                let Latency { count, p50, p90, p99, p999, max } = latency;
                write!(f, "\n  {name:<22} {p50:>9.1} {p90:>9.1} {p99:>9.1} {p999:>9.1} {max:>9.1} {count:>9}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Peak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stats, recovered_after_s } = self;
        let (Stats { offered_per_s, matched_per_s, .. }, not_taken) = (stats, stats.not_taken());
        let Latency { p50, p99, .. } = stats.waited_ms;
        let well = recovered_after_s.map_or("not by the end".to_owned(), |seconds| format!("after {seconds} s"));
        writeln!(
            f,
            "  at the peak offered {offered_per_s:.0}/s, matched {matched_per_s:.0}/s, not taken {not_taken}, told or not p50 / p99 {p50:.1} / {p99:.1} ms; all was as before {well}"
        )
    }
}

/// Nothing where no process can be asked.
impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.cpu_us_per_ticket.is_empty() {
            return Ok(());
        }
        if let Some(share) = self.conflict_share {
            write!(f, "\n  conflicts {:.1} % of proposals", 100.0 * share)?;
        }
        let by = if self.is_whole { "by role, all of it" } else { "by role, what is here" };
        write!(f, "\n  {by:<22} {:>15} {:>13} {:>24}", "CPU µs/ticket", "memory MiB", "busiest, % of a core")?;
        for (name, us) in &self.cpu_us_per_ticket {
            let (mib, busiest) = (of(&self.resident_bytes, name) / MIB, 100.0 * self.busiest(name));
            write!(f, "\n  {name:<22} {us:>15.0} {mib:>13.0} {busiest:>24.0}")?;
        }
        if let Some(us) = self.cpu_us() {
            write!(f, "\n  {:<22} {us:>15.0}", "all but the load")?;
        }
        if self.round_trips_per_ticket.is_empty() {
            return Ok(());
        }
        write!(f, "\n  round trips to redis for each ticket: {}", shown(&self.round_trips_per_ticket))?;
        write!(f, "\n  calls of its commands: {}", shown(&self.redis_calls_per_ticket))?;
        write!(f, "\n  µs within them: {}", most(&self.redis_us_per_ticket))
    }
}

/// All of them, as whole numbers.
fn bytes(figures: &Figures) -> String {
    let parts: Vec<String> = figures.iter().map(|(name, value)| format!("{name} {value:.0}")).collect();
    parts.join(", ")
}

/// The sum, and the most of it by name.
fn shown(figures: &Figures) -> String {
    format!("{:.2} ({})", figures.values().sum::<f64>(), most(figures))
}

/// By name, without those that are next to nothing.
fn most(figures: &Figures) -> String {
    let sum: f64 = figures.values().sum();
    let mut sorted: Vec<(&String, &f64)> = figures.iter().filter(|(_, value)| **value >= sum * SHOWN_SHARE).collect();
    sorted.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    let parts: Vec<String> = sorted.iter().map(|(name, value)| format!("{name} {value:.2}")).collect();
    parts.join(", ")
}
