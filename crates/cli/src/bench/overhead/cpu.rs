//! CPU time of some processes, and of all that disturbs them.

use crate::bench::proc;
use anyhow::{Context, Result};
use serde::Serialize;
use tokio::time::Instant;

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
#[derive(Debug, Clone, Copy, Serialize)]
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
        let seconds = |pids: &[u32]| pids.iter().map(|pid| proc::cpu_s(*pid)).sum::<Result<f64>>();
        Ok(Reading {
            at: Instant::now(),
            services_s: seconds(&self.services)?,
            monitor_s: seconds(self.monitor.as_slice()).context("the monitor")?,
            own_s: seconds(&self.own)?,
            machine_s: proc::machine_s()?,
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

#[cfg(test)]
mod tests {
    use super::*;

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
