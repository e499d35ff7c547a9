//! What was done to the system and when, for whoever looks for the cause of a loss.

use super::fault::Fault;
use serde_json::json;
use std::fs::File;
use std::io::{Result, Write};
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// In the directory of the logs, beside the history.
const FILE: &str = "faults.jsonl";

/// A line of JSON for each fault that is over, by the clock of the players' history; there it is told in microseconds.
pub struct Diary {
    file: File,
    begun: Instant,
}

impl Diary {
    pub fn open(logs: &Path, begun: Instant) -> Result<Self> {
        Ok(Self { file: File::create(logs.join(FILE))?, begun })
    }

    /// `target` is who it really hit.
    pub fn note(&mut self, fault: Fault, target: &str, struck: Instant, lasted: Duration) -> Result<()> {
        let at_ms = struck.duration_since(self.begun).as_millis() as u64;
        let (fault, lasted_ms) = (fault.kind.name(), lasted.as_millis() as u64);
        writeln!(self.file, "{}", json!({ "at_ms": at_ms, "fault": fault, "target": target, "lasted_ms": lasted_ms }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::fault::{Kind, Target};
    use domain::Role;

    #[test]
    fn a_loss_can_be_placed_among_the_faults() {
        let (logs, begun) = (tempfile::tempdir().unwrap(), Instant::now());
        let (lasts, pause) = (Duration::from_millis(300), Duration::ZERO);
        let fault = Fault { kind: Kind::Stop, target: Target::One(Role::Mover), lasts, pause };
        let mut diary = Diary::open(logs.path(), begun).unwrap();
        diary.note(fault, "mover-2", begun + Duration::from_millis(1_500), lasts).unwrap();
        let told = std::fs::read_to_string(logs.path().join("faults.jsonl")).unwrap();
        assert_eq!(told, "{\"at_ms\":1500,\"fault\":\"stop\",\"lasted_ms\":300,\"target\":\"mover-2\"}\n");
    }
}
