//! `muster health`: for whoever starts containers and knows no gRPC.

use crate::client::cause;
use crate::misuse::Misuse;
use anyhow::{Result, bail};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::time::timeout;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// The documented port of `--health`.
const HEALTH_PORT: u16 = 7680;
const ANSWER_MAX: Duration = Duration::from_secs(2);

/// Asks a service of this machine whether it is well: exits with 0 only if it says so.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where its --health lets it serve health
    #[arg(env = "MUSTER_HEALTH", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, HEALTH_PORT)), value_name = "IP:PORT")]
    address: SocketAddr,
}

pub async fn run(args: Args) -> Result<()> {
    // Who listens everywhere is asked here.
    let ip = if args.address.ip().is_unspecified() { Ipv4Addr::LOCALHOST.into() } else { args.address.ip() };
    let address = format!("http://{}", SocketAddr::new(ip, args.address.port()));
    let channel = chassis::channel(&address).map_err(|error| Misuse::new(error.to_string()))?;
    let mut client = HealthClient::new(channel);
    let Ok(answered) = timeout(ANSWER_MAX, client.check(HealthCheckRequest::default())).await else {
        bail!("{address} does not answer within {} s", ANSWER_MAX.as_secs());
    };
    match answered {
        Ok(answer) if answer.get_ref().status() == ServingStatus::Serving => Ok(()),
        Ok(_) => bail!("{address} is not well: it is starting, leaving, or its store does not answer"),
        Err(status) => {
            bail!("{address} does not answer: {} (a role serves its health where --health says)", cause(&status))
        }
    }
}
