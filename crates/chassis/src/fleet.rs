use crate::{Caller, Channel, Network, Peers, Requests, Shutdown};
use api::{Call, CallRequest};
use domain::{Instance, InstanceId};
use futures::future::BoxFuture;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use tonic::{Status, Streaming};

/// Opens a stream of calls on a channel.
pub type Open<Req, Resp> = fn(Channel, Requests<Req>) -> BoxFuture<'static, Result<Streaming<Resp>, Status>>;

/// A [`Caller`] to each living peer of a role. Callers to those who have gone are let go of. Cheap to clone.
pub struct Fleet<Req, Resp>(Arc<Shared<Req, Resp>>);

/// Each with the address it calls.
type Callers<Req, Resp> = HashMap<InstanceId, (String, Caller<Req, Resp>)>;

struct Shared<Req, Resp> {
    name: &'static str,
    network: Network,
    peers: Peers,
    in_flight_max: usize,
    open: Open<Req, Resp>,
    shutdown: Shutdown,
    callers: Mutex<Callers<Req, Resp>>,
}

impl<Req, Resp> Clone for Fleet<Req, Resp> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<Req, Resp> Fleet<Req, Resp>
where
    Req: CallRequest + Send + 'static,
    Resp: Call + Send + 'static,
{
    /// `name`, `in_flight_max` (for each peer) and `shutdown` are those of [`Caller::start`]. Must be called inside a tokio runtime.
    pub fn start(
        name: &'static str,
        network: Network,
        peers: Peers,
        in_flight_max: usize,
        shutdown: Shutdown,
        open: Open<Req, Resp>,
    ) -> Self {
        let callers = Mutex::default();
        let fleet = Self(Arc::new(Shared { name, network, peers, in_flight_max, open, shutdown, callers }));
        tokio::spawn(meet(Arc::downgrade(&fleet.0), fleet.0.peers.clone(), fleet.0.shutdown.clone()));
        fleet
    }

    /// The caller to one peer, if it is alive.
    pub fn get(&self, id: &InstanceId) -> Option<Caller<Req, Resp>> {
        let alive = self.0.peers.alive();
        let instance = alive.iter().find(|instance| instance.id == *id)?;
        self.0.caller(&mut self.0.callers.lock(), instance)
    }

    /// Everyone alive, by id.
    pub fn alive(&self) -> Vec<(Instance, Caller<Req, Resp>)> {
        let alive = self.0.peers.alive();
        let mut callers = self.0.callers.lock();
        callers.retain(|id, _| alive.iter().any(|instance| instance.id == *id));
        alive.iter().filter_map(|instance| Some((instance.clone(), self.0.caller(&mut callers, instance)?))).collect()
    }
}

/// Opens a stream to each peer as it appears, so that the first call does not wait for one; until the fleet is dropped.
async fn meet<Req, Resp>(fleet: Weak<Shared<Req, Resp>>, mut peers: Peers, shutdown: Shutdown)
where
    Req: CallRequest + Send + 'static,
    Resp: Call + Send + 'static,
{
    while let Some(shared) = fleet.upgrade() {
        Fleet(shared).alive();
        if shutdown.run_until_cancelled(peers.changed()).await.is_none() {
            return;
        }
    }
}

impl<Req, Resp> Shared<Req, Resp>
where
    Req: CallRequest + Send + 'static,
    Resp: Call + Send + 'static,
{
    /// The caller to `instance`, made anew when it is first asked for or has moved to another address.
    fn caller(&self, callers: &mut Callers<Req, Resp>, instance: &Instance) -> Option<Caller<Req, Resp>> {
        if let Some((address, caller)) = callers.get(&instance.id)
            && *address == instance.address
        {
            return Some(caller.clone());
        }
        let channel = match self.network.channel_to(&instance.address, instance.role.into()) {
            Ok(channel) => channel,
            Err(error) => {
                tracing::warn!(%error, peer = %instance.id, "a peer gave an address that cannot be used");
                return None;
            }
        };
        let open = self.open;
        let open = move |requests| open(channel.clone(), requests);
        let caller = Caller::start(self.name, instance.id.as_str(), open, self.in_flight_max, self.shutdown.clone());
        callers.insert(instance.id.clone(), (instance.address.clone(), caller.clone()));
        Some(caller)
    }
}
