//! CPU time, as Linux tells it under /proc.

use anyhow::{Context, Result, ensure};
use nix::unistd::{SysconfVar, sysconf};
use std::fs::read_to_string;
use tokio::time::Instant;

/// What the machine is in when it does nothing: the places of `idle` and `iowait` on its line.
const IDLE: [usize; 2] = [3, 4];
/// Times of guests stand in others' once more, after these.
const TIMES: usize = 8;

/// Whose time is told apart.
pub struct Meter {
    pub services: Vec<u32>,
    pub monitor: Option<u32>,
    /// All that this measurement runs, with these: what it does is no other's doing.
    pub own: Vec<u32>,
}

/// Seconds of CPU time until a moment.
pub struct Reading {
    at: Instant,
    services_s: f64,
    monitor_s: f64,
    own_s: f64,
    machine_s: f64,
}

/// Seconds of CPU time between two readings.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    pub wall_s: f64,
    pub services_s: f64,
    pub monitor_s: f64,
    /// Of all that has nothing to do with this measurement.
    pub others_s: f64,
}

impl Meter {
    /// Fails where one of them has ended.
    pub fn read(&self) -> Result<Reading> {
        let tick_s = tick_s()?;
        let spent = |pids: &[u32]| pids.iter().map(|pid| of_process(*pid)).sum::<Result<u64>>();
        let seconds = |pids: &[u32]| Ok::<f64, anyhow::Error>(spent(pids)? as f64 * tick_s);
        Ok(Reading {
            at: Instant::now(),
            services_s: seconds(&self.services)?,
            monitor_s: seconds(self.monitor.as_slice())?,
            own_s: seconds(&self.own)?,
            machine_s: of_machine()? as f64 * tick_s,
        })
    }
}

impl Reading {
    pub fn since(&self, before: &Self) -> Used {
        let services_s = self.services_s - before.services_s;
        let monitor_s = self.monitor_s - before.monitor_s;
        // Times are told in whole ticks, and not all at one moment.
        let others_s = (self.machine_s - before.machine_s - (self.own_s - before.own_s)).max(0.0);
        Used { wall_s: (self.at - before.at).as_secs_f64(), services_s, monitor_s, others_s }
    }
}

fn tick_s() -> Result<f64> {
    let ticks = sysconf(SysconfVar::CLK_TCK)?.context("this system does not say how long a tick is")?;
    Ok(1.0 / ticks as f64)
}

/// Ticks that all threads of a process have taken, in user mode and in the kernel.
fn of_process(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/stat");
    let stat = read_to_string(&path).with_context(|| format!("process {pid} has ended"))?;
    let (state, ticks) = process_line(&stat).with_context(|| format!("{path} says {stat:?}"))?;
    ensure!(state != "Z", "process {pid} has ended");
    Ok(ticks)
}

/// The state of a process and its ticks: `pid (name) state`, then ten more words, then those of user mode and of the kernel. The name
/// may hold anything.
fn process_line(stat: &str) -> Option<(&str, u64)> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let words: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |at: usize| words.get(at)?.parse::<u64>().ok();
    Some((words.first()?, ticks(11)? + ticks(12)?))
}

/// Ticks in which any CPU had something to do, be it for another machine.
fn of_machine() -> Result<u64> {
    let path = "/proc/stat";
    let stat = read_to_string(path).context(path)?;
    machine_line(&stat).with_context(|| format!("{path} tells no times of all CPUs"))
}

fn machine_line(stat: &str) -> Option<u64> {
    let times = stat.lines().find_map(|line| line.strip_prefix("cpu "))?.split_whitespace().take(TIMES);
    let times = times.map(|time| time.parse::<u64>().ok()).collect::<Option<Vec<u64>>>()?;
    Some(times.iter().enumerate().filter(|(at, _)| !IDLE.contains(at)).map(|(_, ticks)| ticks).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_whose_name_looks_like_its_times_is_read() {
        let stat = "7 (a) S 1 (b)) R 1 7 7 0 -1 4194560 100 0 0 0 250 50 9 9 20 0 8 0 100 1 2 3\n";
        assert_eq!(process_line(stat), Some(("R", 300)));
        assert_eq!(process_line("7 (a) Z 1"), None);
    }

    #[test]
    fn the_machine_is_busy_while_it_neither_idles_nor_waits() {
        let stat = "cpu  100 10 50 9000 900 5 4 3 80 0\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
        assert_eq!(machine_line(stat), Some(172));
        assert_eq!(machine_line("cpu0 1 1 1 1\n"), None);
    }

    #[test]
    fn this_process_has_a_time_and_one_that_ended_has_none() {
        let own = || Meter { services: vec![std::process::id()], monitor: None, own: vec![std::process::id()] };
        let before = own().read().unwrap();
        let used = own().read().unwrap().since(&before);
        assert!(used.services_s >= 0.0 && used.monitor_s == 0.0 && used.others_s >= 0.0, "{used:?}");
        let ended = Meter { services: vec![u32::MAX], ..own() };
        assert!(ended.read().err().unwrap().to_string().contains("has ended"));
    }

    #[test]
    fn what_is_used_between_two_readings_is_told_apart() {
        let at = Instant::now();
        let before = Reading { at, services_s: 1.0, monitor_s: 2.0, own_s: 6.0, machine_s: 10.0 };
        let later = at + std::time::Duration::from_secs(10);
        let after = Reading { at: later, services_s: 5.0, monitor_s: 2.5, own_s: 11.5, machine_s: 16.0 };
        let Used { wall_s, services_s, monitor_s, others_s } = after.since(&before);
        assert_eq!((wall_s, services_s, monitor_s, others_s), (10.0, 4.0, 0.5, 0.5));
    }
}
