use crate::Network;
use crate::bearer::Bearing;
use doors::Member;
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tonic::transport::{self, Endpoint, Uri};
use tower::{Layer, service_fn};

/// Longest time to connect, in ms.
const CONNECT_MS_MAX: u64 = 1_000;
/// Longest time until an rpc's headers, in ms. A stream answers them at once, so it may last longer.
const HEADERS_MS_MAX: u64 = 10_000;
/// A peer that hangs is noticed after one interval and one timeout, in ms.
const KEEPALIVE_INTERVAL_MS: u64 = 2_000;
const KEEPALIVE_TIMEOUT_MS: u64 = 2_000;
/// Bytes that one stream, and all streams of the connection together, may send before they are read.
const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
/// Rpcs that may wait for a connection.
const REQUESTS_WAITING_MAX: usize = 1_024;
const HEADERS_BYTES_MAX: u32 = 16 * 1024;

/// A connection to one peer, which takes the current trace along. Cheap to clone; connects when first used, and again
/// whenever it broke.
pub type Channel = telemetry::Traced<Bearing<transport::Channel>>;

/// The address is none. The text names it.
#[derive(Debug, thiserror::Error)]
#[error("{address:?} is not an address like http://host:port, or https:// where connections are encrypted: {reason}")]
pub struct ChannelError {
    pub address: String,
    pub reason: String,
}

/// [`Network::channel`] over TCP.
pub fn channel(address: &str) -> Result<Channel, ChannelError> {
    Network::tcp().channel(address)
}

impl Network {
    /// A channel to `address` (`http://host:port`; `https://` on an encrypted network). Connects nothing yet; must be called inside a
    /// tokio runtime.
    pub fn channel(&self, address: &str) -> Result<Channel, ChannelError> {
        self.channel_of(address, None)
    }

    /// As [`Network::channel`], to a member of the realm: encrypted, to no other.
    pub fn channel_to(&self, address: &str, member: Member) -> Result<Channel, ChannelError> {
        self.channel_of(address, Some(member))
    }

    fn channel_of(&self, address: &str, expected: Option<Member>) -> Result<Channel, ChannelError> {
        let refused = |reason: String| ChannelError { address: address.to_owned(), reason };
        let endpoint = Endpoint::from_shared(address.to_owned()).map_err(|error| refused(error.to_string()))?;
        let scheme = if self.outward.is_some() { "https" } else { "http" };
        if endpoint.uri().scheme_str() != Some(scheme) {
            return Err(refused(format!("it must begin with {scheme}://")));
        }
        if endpoint.uri().port_u16().is_none() {
            return Err(refused("it must have a port".to_owned()));
        }
        let network = self.clone();
        let connect = move |uri: Uri| {
            let connecting = network.clone().connect(uri, expected);
            async move { connecting.await.map(TokioIo::new) }
        };
        let inner = bounded(endpoint).connect_with_connector_lazy(service_fn(connect));
        Ok(telemetry::client_layer().layer(Bearing { inner, bearer: self.bearer.clone() }))
    }
}

fn bounded(endpoint: Endpoint) -> Endpoint {
    endpoint
        .connect_timeout(Duration::from_millis(CONNECT_MS_MAX))
        .timeout(Duration::from_millis(HEADERS_MS_MAX))
        .http2_keep_alive_interval(Duration::from_millis(KEEPALIVE_INTERVAL_MS))
        .keep_alive_timeout(Duration::from_millis(KEEPALIVE_TIMEOUT_MS))
        .keep_alive_while_idle(true)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .buffer_size(REQUESTS_WAITING_MAX)
        .http2_max_header_list_size(HEADERS_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_is_none_is_refused_by_name() {
        for address in ["", "localhost:1", "https://localhost:1", "http://localhost", "http://", "not an address"] {
            let error = channel(address).map(|_| ()).unwrap_err();
            assert!(error.to_string().contains(&format!("{address:?}")), "{error}");
        }
        assert!(channel("http://localhost:1").is_ok());
    }
}
