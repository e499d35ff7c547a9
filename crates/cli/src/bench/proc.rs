//! Processes, as Linux tells of them under /proc.

use anyhow::{Context, Result, ensure};
use nix::unistd::{SysconfVar, sysconf};
use std::fs::read_to_string;

/// What the machine is in when it does nothing: the places of `idle` and `iowait` on its line.
const IDLE: [usize; 2] = [3, 4];
/// Times of guests stand in others' once more, after these.
const TIMES: usize = 8;

/// Of a tick, in which times are told, in s.
fn tick_s() -> Result<f64> {
    let ticks = sysconf(SysconfVar::CLK_TCK)?.context("this system does not say how long a tick is")?;
    Ok(1.0 / ticks as f64)
}

/// CPU time of all threads of a process and of its children that have ended, in user mode and in the kernel, in s: Redis writes its files
/// anew in such. Fails where it has ended.
pub fn cpu_s(pid: u32) -> Result<f64> {
    let path = format!("/proc/{pid}/stat");
    let stat = read_to_string(&path).with_context(|| format!("process {pid} has ended"))?;
    let (state, ticks) = process_line(&stat).with_context(|| format!("{path} says {stat:?}"))?;
    ensure!(state != "Z", "process {pid} has ended");
    Ok(ticks as f64 * tick_s()?)
}

/// Bytes of memory that a process has in use.
pub fn resident_bytes(pid: u32) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let status = read_to_string(&path).with_context(|| format!("process {pid} has ended"))?;
    resident_line(&status).with_context(|| format!("{path} tells no VmRSS"))
}

/// CPU time in which any CPU had something to do, be it for another machine, in s.
pub fn machine_s() -> Result<f64> {
    let path = "/proc/stat";
    let stat = read_to_string(path).context(path)?;
    let ticks = machine_line(&stat).with_context(|| format!("{path} tells no times of all CPUs"))?;
    Ok(ticks as f64 * tick_s()?)
}

/// The state of a process and its ticks: `pid (name) state`, then ten more words, then those of user mode and of the kernel, its own and its
/// children's. The name may hold anything.
fn process_line(stat: &str) -> Option<(&str, u64)> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let words: Vec<&str> = after_name.split_whitespace().collect();
    let ticks = |at: usize| words.get(at)?.parse::<u64>().ok();
    Some((words.first()?, ticks(11)? + ticks(12)? + ticks(13)? + ticks(14)?))
}

fn resident_line(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
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
        let stat = "7 (a) S 1 (b)) R 1 7 7 0 -1 4194560 100 0 0 0 200 40 50 10 20 0 8 0 100 1 2 3\n";
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
    fn memory_is_told_in_kib() {
        assert_eq!(resident_line("VmPeak:\t  9 kB\nVmRSS:\t    2048 kB\n"), Some(2 << 20));
    }

    #[test]
    fn this_process_runs_and_one_that_ended_does_not() {
        let own = std::process::id();
        assert!(cpu_s(own).unwrap() >= 0.0 && resident_bytes(own).unwrap() > 0 && machine_s().unwrap() > 0.0);
        assert!(cpu_s(u32::MAX).unwrap_err().to_string().contains("has ended"));
    }
}
