//! The open loop: every arrival queues at its time, whatever became of those before.

use super::last_look;
use super::party::{Left, play};
use super::record::TicketRecord;
use super::stage::Stage;
use super::tally::Tally;
use crate::Arrival;
use anyhow::Context;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};

/// After giving up, past the length of a game, for cancels to be answered and the last matches to end.
const LEAVE_WITHIN: Duration = Duration::from_secs(10);
/// After the stop everyone drops what he does.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// Plays all arrivals, waits for open tickets, cancels the rest, and asks how they all stand. One record for each acknowledged ticket.
pub async fn play_all(stage: &Arc<Stage>, arrivals: Vec<Arrival>) -> anyhow::Result<Vec<TicketRecord>> {
    let mut feed = Feed { stage: stage.clone(), tasks: JoinSet::new(), busy: HashSet::new(), records: Vec::new() };
    feed.queue(arrivals).await?;
    feed.drain().await?;
    last_look::take(stage, &mut feed.records).await;
    Ok(feed.records)
}

struct Feed {
    stage: Arc<Stage>,
    tasks: JoinSet<Left>,
    /// Players in a ticket, or in one whose fate is unknown.
    busy: HashSet<Arc<str>>,
    records: Vec<TicketRecord>,
}

impl Feed {
    async fn queue(&mut self, arrivals: Vec<Arrival>) -> anyhow::Result<()> {
        let started = Instant::now();
        for (number, arrival) in arrivals.into_iter().enumerate() {
            let due = started + Duration::from_secs_f64(arrival.queue_ms as f64 / 1e3 / self.stage.plan.speed);
            tokio::select! {
                // Also where the next row is due already.
                biased;
                () = self.stage.give_up.cancelled() => return Ok(()),
                () = sleep_until(due) => self.stage.tally.late(due.elapsed()),
            }
            while let Some(left) = self.tasks.try_join_next() {
                self.collect(left)?;
            }
            self.admit(number, arrival);
        }
        Ok(())
    }

    fn admit(&mut self, number: usize, arrival: Arrival) {
        let tally = &self.stage.tally;
        let size = arrival.players.len();
        Tally::add(&tally.rows, size);
        if arrival.players.iter().any(|player| self.busy.contains(&player.id)) {
            return Tally::add(&tally.skipped_busy, size);
        }
        if self.busy.len() + size > self.stage.plan.players_max {
            return Tally::add(&tally.skipped_full, size);
        }
        self.busy.extend(arrival.players.iter().map(|player| player.id.clone()));
        self.tasks.spawn(play(self.stage.clone(), Arc::new(arrival), number));
    }

    fn collect(&mut self, left: Result<Left, JoinError>) -> anyhow::Result<()> {
        let left = left.context("a player's task failed, which is a fault of this replay")?;
        if left.free {
            for player in &left.arrival.players {
                self.busy.remove(&player.id);
            }
        }
        self.records.extend(left.record);
        Ok(())
    }

    async fn drain(&mut self) -> anyhow::Result<()> {
        let stage = self.stage.clone();
        let patience = [(stage.plan.drain, &stage.give_up), (stage.plan.game + LEAVE_WITHIN, &stage.stop)];
        for (bound, then) in patience {
            tokio::select! {
                emptied = timeout(bound, self.empty()) => if let Ok(emptied) = emptied { return emptied },
                // An interrupt shortens the wait.
                () = then.cancelled() => {}
            }
            then.cancel();
        }
        timeout(STOP_WITHIN, self.empty()).await.context("players would not leave")?
    }

    async fn empty(&mut self) -> anyhow::Result<()> {
        while let Some(left) = self.tasks.join_next().await {
            self.collect(left)?;
        }
        Ok(())
    }
}
