//! Follows each living instance over `muster.v1.Inspect`.

use crate::overview::Overview;
use api::v1;
use api::v1::inspect_client::InspectClient;
use chassis::backoff::Backoff;
use chassis::{Channel, Clock, Network, Shutdown};
use domain::{Instance, InstanceId};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::time::Instant;
use tonic::Status;

pub struct Followers {
    overview: Arc<Mutex<Overview>>,
    network: Network,
    clock: Clock,
    over: Shutdown,
    /// With the address at which each is followed.
    following: HashMap<InstanceId, (String, Shutdown)>,
}

struct Follower {
    id: String,
    channel: Channel,
    overview: Arc<Mutex<Overview>>,
    clock: Clock,
}

impl Followers {
    /// Until `over`.
    pub fn new(overview: Arc<Mutex<Overview>>, network: Network, clock: Clock, over: Shutdown) -> Self {
        Self { overview, network, clock, over, following: HashMap::new() }
    }

    /// Takes up who has appeared and drops who has gone.
    pub fn meet(&mut self, alive: &[Instance]) {
        let is_there = |id: &InstanceId, address: &str| {
            alive.iter().any(|instance| instance.id == *id && instance.address == address)
        };
        let overview = self.overview.clone();
        self.following.retain(|id, (address, ended)| {
            let stays = is_there(id, address);
            if !stays {
                ended.cancel();
                overview.lock().is_gone(id.as_str());
            }
            stays
        });
        for instance in alive {
            if !self.following.contains_key(&instance.id) {
                self.follow(instance);
            }
        }
    }

    fn follow(&mut self, instance: &Instance) {
        let ended = self.over.child_token();
        self.following.insert(instance.id.clone(), (instance.address.clone(), ended.clone()));
        self.overview.lock().appears(v1::Instance::from(instance));
        match self.network.channel_to(&instance.address, instance.role.into()) {
            Ok(channel) => {
                let (overview, clock) = (self.overview.clone(), self.clock);
                let follower = Follower { id: instance.id.to_string(), channel, overview, clock };
                tokio::spawn(async move { ended.run_until_cancelled(follower.run()).await });
            }
            Err(error) => {
                tracing::warn!(%error, instance = %instance.id, "an instance gave an address that cannot be used")
            }
        }
    }
}

impl Follower {
    /// From a snapshot each time: while nothing is heard of an instance, the page shows nothing of it.
    async fn run(self) {
        let mut backoff = Backoff::default();
        loop {
            let begun = Instant::now();
            let status = self.listen(&mut backoff).await.err();
            tracing::debug!(instance = self.id, ?status, after = ?begun.elapsed(), "not followed any more");
            self.overview.lock().is_lost(&self.id);
            tokio::time::sleep(backoff.step()).await;
        }
    }

    async fn listen(&self, backoff: &mut Backoff) -> Result<(), Status> {
        let mut client = InspectClient::new(self.channel.clone());
        let mut told = client.inspect(v1::InspectRequest::default()).await?.into_inner();
        while let Some(message) = told.message().await? {
            backoff.reset();
            self.overview.lock().hears(&self.id, message, Instant::now(), self.clock.now_ms());
        }
        Ok(())
    }
}
