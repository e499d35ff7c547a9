use crate::WAIT_MAX;
use anyhow::{Context, Result};
use api::v1::play_client::PlayClient;
use api::v1::{Change, TicketState, Update, WatchRequest};
use chassis::Channel;
use tokio::time::timeout;
use tonic::{Status, Streaming};

/// Someone who watches a player or a ticket, and what he hears.
pub struct Watcher {
    name: String,
    updates: Streaming<Update>,
    /// What he heard last; empty before.
    pub last: Update,
}

impl Watcher {
    /// `name` is his in what is told when he waits in vain.
    pub async fn open(name: &str, mut play: PlayClient<Channel>, request: WatchRequest) -> Result<Self, Status> {
        Ok(Self::hearing(name, play.watch(request).await?.into_inner()))
    }

    pub fn hearing(name: &str, updates: Streaming<Update>) -> Self {
        Self { name: name.to_owned(), updates, last: Update::default() }
    }

    /// The next thing he hears.
    pub async fn hears(&mut self) -> Result<Update, Status> {
        let next = timeout(WAIT_MAX, self.updates.message()).await;
        let waited = || format!("{} heard nothing for {} s after {:?}", self.name, WAIT_MAX.as_secs(), self.last);
        let update = next.map_err(|_| Status::deadline_exceeded(waited()))??;
        self.last = update.ok_or_else(|| Status::internal(format!("{}'s stream ended without a status", self.name)))?;
        Ok(self.last.clone())
    }

    /// Listens until the ticket reaches `state`.
    pub async fn reaches(&mut self, state: TicketState) -> Result<Update> {
        while self.last.state() != state {
            self.hears().await.with_context(|| format!("{} waits for {}", self.name, state.as_str_name()))?;
        }
        Ok(self.last.clone())
    }

    /// Listens until `change` happens.
    pub async fn sees(&mut self, change: Change) -> Result<Update> {
        while self.last.change() != change {
            self.hears().await.with_context(|| format!("{} waits for {}", self.name, change.as_str_name()))?;
        }
        Ok(self.last.clone())
    }

    /// Listens until `change` happens; every change on the way there.
    pub async fn hears_until(&mut self, change: Change) -> Result<Vec<Change>> {
        let mut heard = Vec::new();
        while heard.last() != Some(&change) {
            heard.push(self.hears().await.with_context(|| format!("{} heard {heard:?}", self.name))?.change());
        }
        Ok(heard)
    }

    /// Listens until the stream ends, and answers how.
    pub async fn is_cut_off(&mut self) -> Status {
        loop {
            if let Err(status) = self.hears().await {
                return status;
            }
        }
    }
}
