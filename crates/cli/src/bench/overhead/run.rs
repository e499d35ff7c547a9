//! One setting, measured once.

use super::cpu::Used;
use super::sink::Traces;
use serde::Serialize;

/// How the services are observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Setting {
    /// Not at all.
    Bare,
    /// They export traces, as many as they do where nothing else is said.
    Traced,
    /// A monitor asks them, for one page.
    Watched,
}

impl Setting {
    /// The first is what the others are compared with.
    pub const ALL: [Self; 3] = [Self::Bare, Self::Traced, Self::Watched];

    pub fn name(self) -> &'static str {
        match self {
            Self::Bare => "bare",
            Self::Traced => "traced",
            Self::Watched => "watched",
        }
    }
}

#[derive(Debug, Clone, Serialize)]
pub struct Run {
    pub setting: Setting,
    /// Tickets; more than none.
    pub matched: usize,
    pub used: Used,
    pub traces: Option<Traces>,
    /// To the page.
    pub told_bytes: Option<u64>,
}

pub const HEADER: &str = "round  setting   matched/s   CPU µs/ticket   services, % of a core   others, % of a core";

impl Run {
    /// CPU time of the services, in µs.
    pub fn us_per_ticket(&self) -> f64 {
        self.used.services_s * 1e6 / self.matched as f64
    }

    pub fn matched_per_s(&self) -> f64 {
        self.matched as f64 / self.used.wall_s
    }

    /// Of one core, in percent.
    pub fn services_percent(&self) -> f64 {
        100.0 * self.used.services_s / self.used.wall_s
    }

    pub fn monitor_percent(&self) -> f64 {
        100.0 * self.used.monitor_s / self.used.wall_s
    }

    pub fn line(&self, round: usize) -> String {
        format!(
            "{round:>5}  {:<7} {:>11.0} {:>15.0} {:>23.1} {:>21.1}",
            self.setting.name(),
            self.matched_per_s(),
            self.us_per_ticket(),
            self.services_percent(),
            100.0 * self.used.others_s / self.used.wall_s,
        )
    }
}
