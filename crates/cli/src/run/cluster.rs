//! Every role in processes of their own on one Redis: what a cluster is, on one machine.

use super::args::ClusterArgs;
use super::ports::default_port;
use super::signals::shutdown_on_signal;
use crate::misuse::Misuse;
use anyhow::{Context, Result, bail};
use domain::Role;
use futures::future::join_all;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;
use store::testing::{Fsync, Listen, RedisServer};
use tokio::process::{Child, Command};

/// How long a child may take to leave after SIGTERM; services promise 10 s.
const LEAVE_WAIT_MAX: Duration = Duration::from_secs(11);
/// How long the whole may take until it works.
const START_WAIT_MAX: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Runs the processes until Ctrl-C. One that ends before is reported and not started again: so it can be killed to see what happens.
pub async fn run(args: ClusterArgs) -> Result<()> {
    // Bad flags and files are this process's to report, before it starts any other.
    args.realm.world(args.redis.as_deref())?;
    let shutdown = shutdown_on_signal()?;
    let redis = if args.redis.is_none() { Some(start_redis(args.fsync.into())?) } else { None };
    let url = redis.as_ref().map(|redis| redis.url().to_owned()).or(args.redis.clone()).unwrap_or_default();
    let mut members = start_all(&args, &url)?;
    println!("{}", table(&members, &url));
    let working = async {
        wait_for_leader(&args, &url).await?;
        println!("\nMuster is up. In a second shell type:  {}", next_step(&members));
        join_all(members.iter_mut().map(Member::ended)).await;
        bail!("every process has ended")
    };
    let outcome = shutdown.run_until_cancelled(working).await.unwrap_or(Ok(()));
    eprintln!("muster: leaving");
    join_all(members.iter_mut().map(|member| leave(&member.name, &mut member.child))).await;
    drop(redis);
    outcome
}

struct Member {
    name: String,
    role: Role,
    address: String,
    child: Child,
}

impl Member {
    async fn ended(&mut self) {
        if let Ok(status) = self.child.wait().await {
            eprintln!("muster: {} ended: {status}", self.name);
        }
    }
}

/// A redis-server that ends with this process, however that ends.
fn start_redis(fsync: Fsync) -> Result<RedisServer> {
    RedisServer::start_with(Listen::Tcp, fsync).map_err(|error| {
        let line = format!(
            "redis-server cannot be started ({error}): install it (tests/run does), or name a running one with --redis"
        );
        Misuse::new(line).into()
    })
}

fn start_all(args: &ClusterArgs, url: &str) -> Result<Vec<Member>> {
    let counts = [
        (Role::Playserver, args.playservers),
        (Role::Mover, args.movers),
        (Role::Matchmaker, args.matchmakers),
        (Role::Sweeper, args.sweepers),
        (Role::Orchestrator, args.orchestrators),
    ];
    let numbered = counts.into_iter().flat_map(|(role, count)| (0..count).map(move |number| (role, number)));
    numbered.map(|(role, number)| start_member(args, url, role, number)).collect()
}

fn start_member(args: &ClusterArgs, url: &str, role: Role, number: u16) -> Result<Member> {
    let address = format!("127.0.0.1:{}", default_port(role) + number);
    let mut command = Command::new(std::env::current_exe().context("this program cannot be found again")?);
    command.arg(role.as_str()).args(["--redis", url, "--listen", &address, "--realm", &args.realm.realm]);
    command.arg("--with-parent");
    if !args.realm.rules.is_empty() {
        let paths: Vec<OsString> = args.realm.rules.iter().map(OsString::from).collect();
        command.arg("--rules").arg(paths.join(OsString::from(",").as_os_str()));
    }
    if args.realm.log_json {
        command.arg("--log-json");
    }
    if std::env::var_os("RUST_LOG").is_none() {
        command.env("RUST_LOG", "warn");
    }
    let child = command.process_group(0).kill_on_drop(true).stdin(Stdio::null()).spawn();
    let child = child.with_context(|| format!("{} cannot be started", role.as_str()))?;
    Ok(Member { name: format!("{}-{number}", role.as_str()), role, address, child })
}

async fn wait_for_leader(args: &ClusterArgs, url: &str) -> Result<()> {
    let store = args.realm.world(Some(url))?.store;
    let leading = async {
        while !matches!(store.leader().await, Ok(Some(_))) {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    };
    if args.movers == 0 {
        return Ok(());
    }
    let waited = START_WAIT_MAX.as_secs();
    tokio::time::timeout(START_WAIT_MAX, leading).await.with_context(|| format!("no mover leads after {waited} s"))
}

async fn leave(name: &str, child: &mut Child) {
    // A child that has ended has no id to signal.
    let Some(pid) = child.id().and_then(|id| i32::try_from(id).ok()) else { return };
    let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    match tokio::time::timeout(LEAVE_WAIT_MAX, child.wait()).await {
        Ok(Ok(status)) if status.success() => {}
        Ok(Ok(status)) => eprintln!("muster: {name} ended: {status}"),
        Ok(Err(error)) => eprintln!("muster: {name}: {error}"),
        Err(_) => {
            eprintln!("muster: {name} did not leave within {} s and is killed", LEAVE_WAIT_MAX.as_secs());
            let _ = child.kill().await;
        }
    }
}

fn table(members: &[Member], url: &str) -> String {
    let row = |member: &Member| {
        let pid = member.child.id().map(|id| id.to_string()).unwrap_or_default();
        format!("  {:<16} {:<18} pid {pid}", member.name, member.address)
    };
    let rows: Vec<String> = members.iter().map(row).collect();
    format!("  {:<16} {url}\n{}", "redis", rows.join("\n"))
}

fn next_step(members: &[Member]) -> String {
    let of = |flag: &str, role: Role| {
        let of_role = members.iter().filter(|member| member.role == role);
        of_role.map(|member| format!(" {flag} http://{}", member.address)).collect::<String>()
    };
    let (target, play) = (of("--target", Role::Orchestrator), of("--play", Role::Playserver));
    format!("cargo run --release -- replay arena --queue duel --speed 10{target}{play}")
}
