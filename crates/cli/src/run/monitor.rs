use super::args::MonitorArgs;
use super::doors::network;
use super::ports::listen;
use super::redacted::redacted;
use super::signals::{leave_with_parent, shutdown_on_signal};
use crate::misuse::Misuse;
use crate::tell;
use anyhow::{Context, Result};
use chassis::{Bearer, Network, Shutdown};
use domain::{InstanceId, Role};
use doors::Member;
use sandbox::World;

const IN_USE: &str = "stop what listens there, or choose another address with --listen";

/// Serves the monitor page until SIGTERM.
pub async fn run(args: MonitorArgs) -> Result<()> {
    leave_with_parent(args.with_parent)?;
    let shutdown = shutdown_on_signal()?;
    let world = args.realm.world(Some(&args.redis))?;
    let certificates = args.tls.certificates(Member::Monitor, &world.realm)?;
    if args.spawn && certificates.is_some() && args.token_file.is_none() {
        return Err(Misuse::new("--spawn needs --token-file where doors are locked: clients come with a token").into());
    }
    if args.token_file.is_some() && certificates.is_none() {
        return Err(Misuse::new("--token-file has no effect with --insecure: a token is not sent in plaintext").into());
    }
    let world = World { network: network(certificates.as_ref(), &world.realm), ..world };
    let clients = bearing(world.network.clone(), &args, &shutdown)?;
    let config = args.page.config(args.spawn)?;
    let listener = listen("the monitor", args.listen, IN_USE).await?;
    let telemetry = args.realm.telemetry(
        "muster-monitor",
        &InstanceId::parse("instance", "monitor")?,
        "info",
        telemetry::TRACED_SHARE,
    )?;
    args.realm.follow_rules(&world, &shutdown);
    // It may read leases, and nothing else of Redis.
    if let Err(error) = world.store.instances(Role::Mover).await {
        tracing::warn!(redis = redacted(&args.redis), %error, "Redis cannot be used: waiting until it can");
    }
    match certificates {
        Some(certificates) => {
            tokio::spawn(shutdown.clone().run_until_cancelled_owned(certificates.follow()));
        }
        None => tracing::warn!("the services' doors are taken to be open: no TLS (--insecure)"),
    }
    tell::out(format_args!("monitor http://{}", listener.local_addr()?));
    monitor::serve(config, listener, monitor::Deps { clients, ..deps(&world) }, shutdown).await;
    // Flushing blocks, and needs this runtime's other threads meanwhile.
    tokio::task::spawn_blocking(|| telemetry.shutdown()).await.context("the last spans were not exported")
}

/// Clients that come from the page act under a token.
fn bearing(network: Network, args: &MonitorArgs, shutdown: &Shutdown) -> Result<Network> {
    let Some(file) = &args.token_file else { return Ok(network) };
    let bearer = Bearer::open(file.clone()).map_err(|error| Misuse::new(error.to_string()))?;
    tokio::spawn(shutdown.clone().run_until_cancelled_owned(bearer.clone().follow()));
    Ok(network.bearing(bearer))
}

/// What a monitor of this realm needs.
pub fn deps(world: &World) -> monitor::Deps {
    monitor::Deps {
        leases: world.store.clone(),
        rules: world.rules.clone(),
        network: world.network.clone(),
        clients: world.network.clone(),
        realm: world.realm.to_string(),
    }
}
