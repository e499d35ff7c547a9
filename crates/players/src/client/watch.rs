//! A Watch that survives its connection.

use super::Client;
use super::retry::{ANSWER_WITHIN, is_passing, within};
use api::v1::{self, watch_request};
use std::time::Duration;
use tokio::time::Instant;
use tonic::{Status, Streaming};

pub use api::v1::watch_request::Subject;

/// Updates of one player or ticket. When the stream breaks it is opened again at the next instance with the last cursor, a
/// bounded number of times without an update in between.
pub struct Watch {
    client: Client,
    turn: usize,
    realm: String,
    subject: watch_request::Subject,
    cursor: Option<v1::Cursor>,
    stream: Option<Streaming<v1::Update>>,
    failures: usize,
    /// Times the stream was opened.
    pub opened: u32,
    /// Times an open stream broke.
    pub broken: u32,
    /// How long it took each time until one stood again.
    pub mended: Vec<Duration>,
    broke: Option<Instant>,
}

/// Times that are noted of one watch.
const MENDED_MAX: usize = 100;

impl Watch {
    pub(super) fn new(client: Client, turn: usize, realm: &str, subject: Subject) -> Self {
        let realm = realm.to_owned();
        Self {
            client,
            turn,
            realm,
            subject,
            cursor: None,
            stream: None,
            failures: 0,
            opened: 0,
            broken: 0,
            mended: Vec::new(),
            broke: None,
        }
    }

    /// The next update. An error is lasting: the last attempt's, or one that no repetition mends. May be dropped and called again.
    pub async fn next(&mut self) -> Result<v1::Update, Status> {
        loop {
            match self.attempt().await {
                Ok(update) => return Ok(update),
                Err(status) => self.set_back(status).await?,
            }
        }
    }

    async fn attempt(&mut self) -> Result<v1::Update, Status> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                let stream = self.open().await?;
                self.opened += 1;
                self.mended
                    .extend(self.broke.take().filter(|_| self.mended.len() < MENDED_MAX).map(|broke| broke.elapsed()));
                self.stream.insert(stream)
            }
        };
        let update = stream.message().await?.ok_or_else(|| Status::unavailable("the watch ended"))?;
        self.cursor = update.cursor.or(self.cursor);
        self.failures = 0;
        self.client.pulse.heard();
        Ok(update)
    }

    async fn open(&self) -> Result<Streaming<v1::Update>, Status> {
        let request =
            v1::WatchRequest { realm: self.realm.clone(), resume: self.cursor, subject: Some(self.subject.clone()) };
        let mut play = self.client.play(self.turn);
        Ok(within(ANSWER_WITHIN, play.watch(request)).await?.into_inner())
    }

    async fn set_back(&mut self, status: Status) -> Result<(), Status> {
        self.client.pulse.failed(status.code());
        if self.stream.take().is_some() {
            self.broken += 1;
            self.broke = Some(Instant::now());
        }
        self.failures += 1;
        // Moves on for good: the instance that failed may be gone.
        self.turn += 1;
        let retry = self.client.retry;
        if self.failures >= retry.attempts_max || !is_passing(status.code()) {
            return Err(status);
        }
        tokio::time::sleep(retry.wait(self.failures)).await;
        Ok(())
    }
}
