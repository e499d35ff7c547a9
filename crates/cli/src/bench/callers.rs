//! Players who each call for themselves: one Enqueue, one Watch, and an EndMatch by the one who ends it. They share connections.

use super::driver::{Arrival, Driver};
use crate::client::cause;
use anyhow::Result;
use api::v1;
use api::v1::play_client::PlayClient;
use api::v1::queue_client::QueueClient;
use chassis::{Channel, Network, Shutdown};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::DropGuard;
use tonic::Streaming;

/// To each address.
const CONNECTIONS: usize = 8;
/// Players on their way at once; further ones are held back.
const PLAYERS_MAX: usize = 50_000;

pub struct Callers {
    driver: Driver,
    queueing: Vec<QueueClient<Channel>>,
    playing: Vec<PlayClient<Channel>>,
    playservers: usize,
    room: Arc<Semaphore>,
    stop: Shutdown,
    /// Everyone leaves with it.
    _stopping: DropGuard,
}

/// One of them.
struct Caller {
    driver: Driver,
    queueing: QueueClient<Channel>,
    playing: PlayClient<Channel>,
    _room: OwnedSemaphorePermit,
}

impl Callers {
    pub fn open(network: &Network, orchestrators: &[String], playservers: &[String], driver: Driver) -> Result<Self> {
        let channels = |addresses: &[String]| {
            let all = addresses.iter().cycle().take(addresses.len() * CONNECTIONS);
            all.map(|address| network.channel(address)).collect::<Result<Vec<_>, _>>()
        };
        let stop = Shutdown::new();
        Ok(Self {
            driver,
            queueing: channels(orchestrators)?.into_iter().map(QueueClient::new).collect(),
            playing: channels(playservers)?.into_iter().map(PlayClient::new).collect(),
            playservers: playservers.len(),
            room: Arc::new(Semaphore::new(PLAYERS_MAX)),
            _stopping: stop.clone().drop_guard(),
            stop,
        })
    }

    /// Which playserver the ticket is watched at that comes after `turn` others.
    pub fn playserver_of(&self, turn: usize) -> usize {
        turn % self.playing.len() % self.playservers
    }

    /// Has a party come, after `turn` others; without waiting, whatever becomes of it.
    pub fn enqueue(&self, arrival: Arrival, turn: usize) {
        let number = arrival.number;
        let Ok(room) = self.room.clone().try_acquire_owned() else { return self.driver.recorder.held_back(number) };
        let caller = Caller {
            driver: self.driver.clone(),
            queueing: self.queueing[turn % self.queueing.len()].clone(),
            playing: self.playing[turn % self.playing.len()].clone(),
            _room: room,
        };
        let stop = self.stop.clone();
        tokio::spawn(async move { stop.run_until_cancelled_owned(caller.come(arrival)).await });
    }
}

impl Caller {
    async fn come(mut self, arrival: Arrival) {
        let number = arrival.number;
        let enqueued = match self.queueing.enqueue(self.driver.request(arrival)).await {
            Ok(enqueued) => enqueued.into_inner(),
            Err(status) => return self.driver.recorder.refused(number, status.code(), status.message()),
        };
        self.driver.recorder.taken(number);
        match self.playing.watch(self.driver.watch(enqueued)).await {
            Ok(news) => self.play(news.into_inner()).await,
            Err(status) => self.driver.recorder.broke(&format!("a Watch failed: {}", cause(&status))),
        }
    }

    async fn play(&mut self, mut news: Streaming<v1::Update>) {
        while let Some(update) = self.driver.recorder.next(&mut news).await {
            let heard = self.driver.hear(&update);
            if let Some(match_id) = heard.over {
                // What is not ended now ends at its longest time.
                let _ = self.playing.end_match(v1::EndMatchRequest { match_id, ..Default::default() }).await;
            }
            if heard.is_last {
                break;
            }
        }
    }
}
