//! Starts the matches that were given to this playserver, and counts those that run.

use crate::config::{ACKNOWLEDGE_LOOK_MS, Config, RECOUNT_EVERY, START_PAUSE, START_TRIES_MAX, STARTS_IN_WORK_MAX};
use crate::held::Hosted;
use api::v1::{self, Change};
use chassis::{Clock, Hold, Holdings, Load, Shutdown};
use domain::{InstanceId, MatchId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::fmt::Display;
use std::sync::Arc;
use store::{MatchOutcome, Store};
use telemetry::{Failed, Failure, Share, Under};
use tokio::sync::Semaphore;
use tracing::Instrument;

pub struct Host {
    here: InstanceId,
    game_address: String,
    store: Arc<dyn Store>,
    clock: Clock,
    starts: Arc<Semaphore>,
    running: Mutex<HashMap<MatchId, Running>>,
    load: Load,
    told: Share,
    holdings: Holdings,
}

struct Running {
    /// The longest that it may run, in ms since the Unix epoch: one whose end was not heard of counts no longer than that.
    until_ms: u64,
    _held: Hold<Hosted>,
}

impl Host {
    pub fn new(config: &Config, store: Arc<dyn Store>, clock: Clock, load: Load, holdings: Holdings) -> Self {
        Self {
            here: config.instance.id.clone(),
            game_address: config.game_address.clone(),
            store,
            clock,
            starts: Arc::new(Semaphore::new(STARTS_IN_WORK_MAX)),
            running: Mutex::default(),
            load,
            told: telemetry::metrics().matches_running(),
            holdings,
        }
    }

    /// Takes what an event says of matches hosted here.
    pub fn take(self: &Arc<Self>, event: &v1::Event) {
        let Some(matched) = &event.r#match else { return };
        let Ok(id) = matched.id.parse::<MatchId>() else { return };
        match event.change() {
            Change::Matched if matched.host == self.here.as_str() => {
                let trace = event.tickets.first().map(|ticket| ticket.traceparent.clone());
                self.start(id, matched, trace.unwrap_or_default());
            }
            // Another host has it now, or nobody.
            Change::Matched | Change::Ended | Change::Requeued | Change::NoShow => self.forget(id),
            _ => {}
        }
    }

    /// Starts it in the background; `trace` is that of one of its tickets. With too many starts in work it is left to the mover, which looks after it.
    fn start(self: &Arc<Self>, id: MatchId, matched: &v1::Match, trace: String) {
        let Some(sheet) = &matched.sheet else {
            return tracing::warn!(match_id = %id, "a match without a sheet was given to this host");
        };
        let until_ms = self.clock.now_ms() + sheet.longest_match_ms;
        let look_ms = first_look_ms(sheet);
        let held = self.holdings.hold(Hosted::new(matched, sheet));
        self.count(|running| {
            running.insert(id, Running { until_ms, _held: held });
        });
        let Ok(permit) = self.starts.clone().try_acquire_owned() else { return };
        let host = self.clone();
        let starting = async move {
            let _permit = permit;
            let mut tries = 1;
            loop {
                let now_ms = host.clock.now_ms();
                let assigned = host.store.assign(id, &host.here, &host.game_address, now_ms, now_ms + look_ms).await;
                match assigned {
                    Ok(MatchOutcome::Done(_)) => return,
                    Ok(other) => {
                        // Its end may have been told before it was.
                        host.forget(id);
                        return tracing::debug!(match_id = %id, ?other, "the match is not ours to start any more");
                    }
                    Err(error) if tries == START_TRIES_MAX => {
                        let matched = Some(&id as &dyn Display);
                        let failed =
                            Failed { failure: Failure::Start, ticket: None, matched, trace: &trace, why: &error };
                        return failed.tell();
                    }
                    Err(_) => tries += 1,
                }
                tokio::time::sleep(START_PAUSE).await;
            }
        };
        tokio::spawn(starting.instrument(telemetry::span!(Under::Here, "muster.start", muster.match_id = %id)));
    }

    /// Counts those out, until `shutdown`, whose end was not heard of: a full host hears of no match more, and would stay full.
    pub async fn recount(self: Arc<Self>, shutdown: Shutdown) {
        let recounting = async {
            loop {
                tokio::time::sleep(RECOUNT_EVERY).await;
                let now_ms = self.clock.now_ms();
                self.count(|running| running.retain(|_, match_| match_.until_ms > now_ms));
            }
        };
        shutdown.run_until_cancelled(recounting).await;
    }

    fn forget(&self, id: MatchId) {
        self.count(|running| {
            running.remove(&id);
        });
    }

    fn count(&self, change: impl FnOnce(&mut HashMap<MatchId, Running>)) {
        let mut running = self.running.lock();
        change(&mut running);
        self.told.set(running.len());
        self.load.set(u32::try_from(running.len()).unwrap_or(u32::MAX));
    }
}

/// How long after its start the mover first looks at a match, in ms: soon where it may have to be told again.
fn first_look_ms(sheet: &v1::Sheet) -> u64 {
    match sheet.acknowledge_within_ms {
        0 => sheet.longest_match_ms,
        within_ms => within_ms.min(ACKNOWLEDGE_LOOK_MS),
    }
}
