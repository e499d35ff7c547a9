use super::RedisStore;
use super::link::Ask;
use super::row::{Reply, match_of, trace, traces};
use crate::bounds::BATCH_MAX;
use crate::{AcknowledgeOutcome, CommitOutcome, CommitRequest, Fence, MatchOutcome, Matches, StoreError};
use async_trait::async_trait;
use domain::{InstanceId, Match, MatchId, PlayerId};
use std::sync::Arc;

type Result<T, E = StoreError> = std::result::Result<T, E>;

#[async_trait]
impl Matches for RedisStore {
    async fn commit(&self, fence: &Fence, request: CommitRequest) -> Result<CommitOutcome> {
        let mut call = self.scripts.commit.call();
        call.arg(&fence.0).arg(request.match_id.to_string()).arg(request.host.as_str());
        call.arg(request.now_ms).arg(request.due_ms).arg(&*request.sheet.0).arg(request.queue.as_str());
        for ticket in &request.tickets {
            call.arg(ticket.id.to_string()).arg(ticket.version).arg(ticket.queued_ms).arg(ticket.tries);
            call.arg(&*ticket.party.0);
        }
        let mut reply = Reply::of(self.link.ask_once(Ask::Script(Arc::new(call))).await?)?;
        match reply.status.as_str() {
            "COMMITTED" => Ok(CommitOutcome::Committed { traces: traces(reply.next())? }),
            "DUPLICATE" => Ok(CommitOutcome::Duplicate { traces: traces(reply.next())? }),
            "CONFLICT" => Ok(CommitOutcome::Conflict(reply.next_parsed()?)),
            "FENCED" => Ok(CommitOutcome::Fenced),
            _ => Err(reply.unknown()),
        }
    }

    async fn assign(
        &self,
        id: MatchId,
        host: &InstanceId,
        address: &str,
        now_ms: u64,
        due_ms: u64,
    ) -> Result<MatchOutcome> {
        let mut call = self.scripts.assign.call();
        call.arg(id.to_string()).arg(host.as_str()).arg(address).arg(now_ms).arg(due_ms);
        match_outcome(self.run_reply(call).await?)
    }

    async fn acknowledge(&self, id: MatchId, player: &PlayerId) -> Result<AcknowledgeOutcome> {
        let mut call = self.scripts.acknowledge.call();
        call.arg(id.to_string()).arg(player.as_str());
        let mut reply = self.run_reply(call).await?;
        match reply.status.as_str() {
            "DONE" => Ok(AcknowledgeOutcome::Done { trace: trace(reply.next())? }),
            "REFUSED" => Ok(AcknowledgeOutcome::Refused(match_of(reply.next())?)),
            "NOT_FOUND" => Ok(AcknowledgeOutcome::NotFound),
            _ => Err(reply.unknown()),
        }
    }

    async fn remind(&self, fence: &Fence, id: MatchId, now_ms: u64, due_ms: u64) -> Result<MatchOutcome> {
        let mut call = self.scripts.remind.call();
        call.arg(&fence.0).arg(id.to_string()).arg(now_ms).arg(due_ms);
        match_outcome(self.run_reply(call).await?)
    }

    async fn no_show(&self, fence: &Fence, id: MatchId, reason: &str, now_ms: u64) -> Result<MatchOutcome> {
        let mut call = self.scripts.no_show.call();
        call.arg(&fence.0).arg(id.to_string()).arg(reason).arg(now_ms);
        match_outcome(self.run_reply(call).await?)
    }

    async fn end(&self, id: MatchId, reason: &str, now_ms: u64) -> Result<MatchOutcome> {
        let mut call = self.scripts.end.call();
        call.arg(id.to_string()).arg(reason).arg(now_ms);
        match_outcome(self.run_reply(call).await?)
    }

    async fn recent(&self, players: &[PlayerId]) -> Result<Vec<Vec<PlayerId>>> {
        self.read_recent(players).await
    }

    async fn requeue(&self, fence: &Fence, id: MatchId, reason: &str, now_ms: u64) -> Result<MatchOutcome> {
        let mut call = self.scripts.requeue.call();
        call.arg(&fence.0).arg(id.to_string()).arg(reason).arg(now_ms);
        match_outcome(self.run_reply(call).await?)
    }

    async fn rehost(
        &self,
        fence: &Fence,
        id: MatchId,
        host: &InstanceId,
        now_ms: u64,
        due_ms: u64,
    ) -> Result<MatchOutcome> {
        let mut call = self.scripts.rehost.call();
        call.arg(&fence.0).arg(id.to_string()).arg(host.as_str()).arg(now_ms).arg(due_ms);
        match_outcome(self.run_reply(call).await?)
    }

    async fn due(&self, now_ms: u64, limit: usize) -> Result<Vec<Match>> {
        let mut call = self.scripts.due.call();
        call.arg(now_ms).arg(limit.min(BATCH_MAX));
        self.passed_over.readable(self.run(call).await?, match_of)
    }
}

fn match_outcome(mut reply: Reply) -> Result<MatchOutcome> {
    match reply.status.as_str() {
        "DONE" => Ok(MatchOutcome::Done(match_of(reply.next())?)),
        "REFUSED" => Ok(MatchOutcome::Refused(match_of(reply.next())?)),
        "NOT_FOUND" => Ok(MatchOutcome::NotFound),
        "FENCED" => Ok(MatchOutcome::Fenced),
        _ => Err(reply.unknown()),
    }
}
