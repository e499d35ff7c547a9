//! A watch that worked before is worth waiting for.

use crate::tell;
use api::v1;
use players::{Retry, Watch, is_passing};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use tonic::Status;

/// How long a watch that broke is tried again: a restart of a machine, not a night.
const RECONNECT_MAX: Duration = Duration::from_secs(60);

#[derive(Default)]
pub struct Patience {
    outage: Option<Outage>,
}

/// From a break until the watch is open again.
struct Outage {
    since: Instant,
    /// How often the watch had been opened before.
    opened: u32,
    failures: usize,
}

impl Patience {
    /// The next update. One that never was open fails at once; another only after [`RECONNECT_MAX`] or for good.
    pub async fn next(
        &mut self,
        watch: &mut Watch,
        explain: impl Fn(&Status) -> anyhow::Error,
    ) -> anyhow::Result<v1::Update> {
        loop {
            let status = match watch.next().await {
                Ok(update) => return Ok(update),
                Err(status) => status,
            };
            if watch.opened == 0 || !is_passing(status.code()) {
                return Err(explain(&status));
            }
            let outage = self.outage(watch.opened, || tell::err(format_args!("reconnecting: {:#}", explain(&status))));
            if outage.since.elapsed() >= RECONNECT_MAX {
                let waited = RECONNECT_MAX.as_secs();
                return Err(explain(&status).context(format!("no watch for {waited} s")));
            }
            outage.failures += 1;
            sleep(Retry::PATIENT.wait(outage.failures)).await;
        }
    }

    /// The present outage; `say` is called once for each.
    fn outage(&mut self, opened: u32, say: impl FnOnce()) -> &mut Outage {
        let kept = self.outage.take().filter(|outage| outage.opened == opened);
        if kept.is_none() {
            say();
        }
        self.outage.insert(kept.unwrap_or_else(|| Outage { since: Instant::now(), opened, failures: 0 }))
    }
}
