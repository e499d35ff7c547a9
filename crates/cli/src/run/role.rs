use super::args::{PlayserverArgs, RealmArgs, RoleArgs};
use super::doors::{follow, network};
use super::ports::{default_port, listen};
use super::redacted::redacted;
use super::signals::{leave_with_parent, shutdown_on_signal};
use crate::misuse::Misuse;
use anyhow::{Context, Result};
use domain::{InstanceId, RegionName, Role};
use sandbox::{Spec, World};
use std::net::{Ipv4Addr, SocketAddr};

const GAME_ADDRESS_BYTES_MAX: usize = 256;
const IN_USE: &str = "stop what listens there, or choose another address with --listen";
const HEALTH_IN_USE: &str = "choose another address with --health";
pub const METRICS_IN_USE: &str = "choose another address with --metrics";

/// Runs one service until SIGTERM.
pub async fn run(role: Role, args: RoleArgs) -> Result<()> {
    run_as(role, &args, |spec| spec).await
}

/// Runs a playserver until SIGTERM.
pub async fn playserver(args: PlayserverArgs) -> Result<()> {
    if let Some(address) = &args.game_address {
        check_game_address(address)?;
    }
    let hosting = |mut spec: Spec| {
        spec.instance.capacity = args.capacity;
        if let Some(game_address) = &args.game_address {
            spec.game_address.clone_from(game_address);
        }
        spec
    };
    run_as(Role::Playserver, &args.role, hosting).await
}

/// What players are told to connect to.
fn check_game_address(address: &str) -> Result<(), Misuse> {
    if (1..=GAME_ADDRESS_BYTES_MAX).contains(&address.len()) && address.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(Misuse::new(format!(
        "--game-address must be 1 to {GAME_ADDRESS_BYTES_MAX} printable ASCII characters without blanks, is {address:?}"
    )))
}

/// `of_role` adds what only this role is told.
async fn run_as(role: Role, args: &RoleArgs, of_role: impl FnOnce(Spec) -> Spec) -> Result<()> {
    leave_with_parent(args.with_parent)?;
    let shutdown = shutdown_on_signal()?;
    let world = World { drainable: args.drainable, ..args.realm.world(Some(&args.redis))? };
    let doors = args.doors.open(role, &world.realm)?;
    let world = World { network: network(doors.certificates(), &world.realm), ..world };
    let address = args.listen.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, default_port(role))));
    let listener = listen(role.as_str(), address, IN_USE).await?;
    let metrics = match args.metrics {
        Some(address) => Some(listen("metrics", address, METRICS_IN_USE).await?),
        None => None,
    };
    let health = match args.doors.health {
        Some(address) => Some(listen("health", address, HEALTH_IN_USE).await?),
        None => None,
    };
    let spec = of_role(spec(role, args, &world, listener.local_addr()?)?);
    let telemetry = args.realm.telemetry(
        &format!("muster-{}", role.as_str()),
        &spec.instance.id,
        "info",
        telemetry::TRACED_SHARE,
    )?;
    tracing::info!(instance = %spec.instance.id, address = %listener.local_addr()?, realm = %world.realm, "serving");
    if let Some(listener) = metrics {
        tracing::info!(metrics = %listener.local_addr()?, "serving metrics");
        tokio::spawn(chassis::serve_metrics(listener, shutdown.clone()));
    }
    // Whoever starts a whole cluster says it once, for all.
    if doors.certificates().is_none() && args.with_parent.is_none() {
        tracing::warn!("doors are open: no TLS, no tokens (--insecure)");
    }
    warn_of_redis(&world, &args.realm, &args.redis).await;
    args.realm.follow_rules(&world, &shutdown);
    follow(&doors, &shutdown);
    let entrance = args.doors.entrance(listener, doors, health);
    let served = sandbox::serve(spec, entrance, world, shutdown).await;
    tracing::info!("ended");
    // Flushing blocks, and needs this runtime's other threads meanwhile.
    tokio::task::spawn_blocking(|| telemetry.shutdown()).await.context("the last spans were not exported")?;
    Ok(served?)
}

fn spec(role: Role, args: &RoleArgs, world: &World, bound: SocketAddr) -> Result<Spec> {
    let scheme = if args.doors.tls.insecure { "http" } else { "https" };
    let address = args.advertise.clone().unwrap_or_else(|| format!("{scheme}://{bound}"));
    let reachable = world.network.channel(&address);
    reachable.map_err(|error| Misuse::new(format!("--advertise {address}: {error}")))?;
    let mut spec = Spec::new(role, address)?;
    if let Some(name) = &args.instance {
        spec.instance.id = InstanceId::parse("--instance", name).map_err(|invalid| Misuse::new(invalid.to_string()))?;
    }
    if !args.region.is_empty() {
        RegionName::parse("--region", &args.region).map_err(|invalid| Misuse::new(invalid.to_string()))?;
        spec.instance.region.clone_from(&args.region);
    }
    Ok(spec)
}

/// Without this line, a service that waits for its Redis would wait without a word.
async fn warn_of_redis(world: &World, realm: &RealmArgs, url: &str) {
    if let Err(error) = world.store.leader().await {
        return tracing::warn!(redis = redacted(url), %error, "Redis cannot be used: waiting until it can");
    }
    // One that may not be asked is taken at its word.
    let Ok(store) = realm.redis(url, world.realm.clone()) else { return };
    for doubt in store.doubts().await.unwrap_or_default() {
        tracing::warn!(redis = redacted(url), "{doubt}");
    }
}
