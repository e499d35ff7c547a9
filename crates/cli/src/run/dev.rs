use super::args::{DevArgs, QUIET};
use super::monitor::deps;
use super::next_step::{NextStep, STANDS_FOR};
use super::ports::{METRICS_PORT, MONITOR_PORT, default_port, listen};
use super::redacted::redacted;
use super::role::METRICS_IN_USE;
use super::signals::{leave_with_parent, shutdown_on_signal};
use crate::tell;
use anyhow::{Context, Result};
use domain::{InstanceId, Role};
use sandbox::{Counts, System, World};
use std::net::SocketAddr;

const IN_USE: &str = "is a muster already running? Stop it, or choose another address with --host 127.0.0.2";

/// Of the traces: whoever tries Muster out wants to see them all.
const TRACED_SHARE: f64 = 1.0;

/// Runs one of each service in this process until Ctrl-C.
pub async fn run(args: DevArgs) -> Result<()> {
    leave_with_parent(args.with_parent)?;
    let shutdown = shutdown_on_signal()?;
    let world = World { drainable: true, ..args.realm.world(args.redis.as_deref())? };
    // All ports are taken before anything starts: a port in use leaves nothing half up.
    let mut listeners = Vec::new();
    for role in Counts::ONE_EACH.roles() {
        listeners.push((role, listen(role.as_str(), SocketAddr::from((args.host, default_port(role))), IN_USE).await?));
    }
    let address = args.metrics.unwrap_or_else(|| SocketAddr::from((args.host, METRICS_PORT)));
    let metrics = listen("metrics", address, METRICS_IN_USE).await?;
    let scraped = metrics.local_addr()?;
    let page = match args.no_monitor {
        true => None,
        false => Some(listen("the monitor", SocketAddr::from((args.host, MONITOR_PORT)), IN_USE).await?),
    };
    let config = args.page.config(true)?;
    let telemetry = args.realm.telemetry("muster-dev", &InstanceId::parse("instance", "dev")?, QUIET, TRACED_SHARE)?;
    args.realm.follow_rules(&world, &shutdown);
    tokio::spawn(chassis::serve_metrics(metrics, shutdown.clone()));
    let page = page.map(|listener| tokio::spawn(monitor::serve(config, listener, deps(&world), shutdown.clone())));
    let mut system = System::new(world);
    for (role, listener) in listeners {
        system.add(role, listener)?;
    }
    if shutdown.run_until_cancelled(ready(&system, &args, scraped)).await.transpose()?.is_some() {
        shutdown.cancelled().await;
        tell::err("muster: leaving");
    }
    if let Some(page) = page {
        page.await.context("the monitor panicked")?;
    }
    system.stop().await?;
    // Flushing blocks, and needs this runtime's other threads meanwhile.
    tokio::task::spawn_blocking(|| telemetry.shutdown()).await.context("the last spans were not exported")
}

async fn ready(system: &System, args: &DevArgs, metrics: SocketAddr) -> Result<()> {
    system.ready().await?;
    tell::out(welcome(system, args, metrics));
    Ok(())
}

/// What to open and what to type next.
fn welcome(system: &System, args: &DevArgs, metrics: SocketAddr) -> String {
    let of = |role| system.addresses(role).iter().map(|address| host_and_port(address)).collect::<Vec<_>>();
    let rules = system.world.rules.current();
    let next = NextStep { rules: &rules, queue: of(Role::Orchestrator), play: of(Role::Playserver), keys: None };
    let kept = args
        .redis
        .as_deref()
        .map_or("in memory: it ends with this process".to_owned(), |url| format!("in {}", redacted(url)));
    let queues: Vec<String> = rules.iter().map(|rules| rules.queue().to_string()).collect();
    let page = if args.no_monitor { String::new() } else { format!("monitor http://{}:{MONITOR_PORT}\n\n", args.host) };
    format!(
        "{page}{next}  the contract         grpcurl -plaintext {} list
                       grpcurl -plaintext {} describe muster.v1.Play
  queues               {}
  realm                {}, kept {kept}
  other services       matchmaker {}   mover {}   sweeper {}
  doors                open, to whoever reaches these ports: no TLS, no tokens (`muster cluster --keys` shows them locked)
  metrics              http://{metrics}{}
  traces               {}
  stop                 Ctrl-C

{STANDS_FOR}",
        next.queue.join(" "),
        next.play.join(" "),
        queues.join(", "),
        system.world.realm,
        of(Role::Matchmaker).join(" "),
        of(Role::Mover).join(" "),
        of(Role::Sweeper).join(" "),
        chassis::SCRAPE_PATH,
        telemetry::destination(TRACED_SHARE),
    )
}

fn host_and_port(address: &str) -> String {
    address.trim_start_matches("http://").to_owned()
}
