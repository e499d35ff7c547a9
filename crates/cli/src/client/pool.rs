//! Connections, spread over instances.

use crate::misuse::Misuse;
use std::time::Duration;
use tonic::transport::{Channel, Endpoint};

const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// A connection whose peer vanished without a word is noticed after at most these two together.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(10);
const KEEPALIVE_ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// Thousands of Watch streams share a connection: its window must not let one full stream stall the others.
const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
const STREAM_WINDOW_BYTES: u32 = 256 * 1024;

/// Lazily opened connections; neighbours belong to different addresses.
pub struct Pool {
    channels: Vec<Channel>,
}

impl Pool {
    /// `flag` names the flag that the addresses came by.
    pub fn try_new(flag: &str, addresses: &[String], connections: usize) -> Result<Self, Misuse> {
        let round = addresses.iter().map(|address| endpoint(flag, address)).collect::<Result<Vec<_>, _>>()?;
        if round.is_empty() || connections == 0 {
            return Err(Misuse::new(format!("{flag} needs an address, for example {flag} http://127.0.0.1:7600")));
        }
        let channels = (0..connections).flat_map(|_| round.iter().map(Endpoint::connect_lazy)).collect();
        Ok(Self { channels })
    }

    pub fn channel(&self, turn: usize) -> Channel {
        self.channels[turn % self.channels.len()].clone()
    }
}

fn endpoint(flag: &str, address: &str) -> Result<Endpoint, Misuse> {
    let endpoint = Endpoint::from_shared(address.to_owned())
        .map_err(|error| Misuse::new(format!("{flag} {address}: {error}; write http://host:port")))?;
    Ok(endpoint
        .connect_timeout(CONNECT_WITHIN)
        .tcp_nodelay(true)
        .http2_keep_alive_interval(KEEPALIVE_EVERY)
        .keep_alive_timeout(KEEPALIVE_ANSWER_WITHIN)
        .keep_alive_while_idle(true)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .initial_stream_window_size(STREAM_WINDOW_BYTES))
}
