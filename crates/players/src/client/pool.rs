//! Connections, spread over instances.

use chassis::{Channel, ChannelError, Network};

/// Lazily opened connections; neighbours belong to different addresses.
pub struct Pool(Vec<Channel>);

impl Pool {
    /// `connections` to each of the addresses (`http://host:port`). Must be called inside a tokio runtime.
    ///
    /// # Panics
    /// Using it, if there are none.
    pub fn try_new(network: &Network, addresses: &[String], connections: usize) -> Result<Self, ChannelError> {
        let round = || addresses.iter().map(|address| network.channel(address));
        (0..connections).flat_map(|_| round()).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn channel(&self, turn: usize) -> Channel {
        self.0[turn % self.0.len()].clone()
    }
}
