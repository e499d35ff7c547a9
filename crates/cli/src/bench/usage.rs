//! What the processes of a cluster have used up to a moment, each by its role.

use super::cluster::Cluster;
use super::proc::{cpu_s, resident_bytes};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};

/// The process that offers the load, this one.
pub const LOAD: &str = "load";
pub const REDIS: &str = "redis";
/// How often is looked whether all processes are there.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Of what services tell: proposals by what the mover answered, and round trips to Redis by verb.
const PROPOSALS: Told = Told { metric: "muster_proposals_total{", label: "verdict=\"" };
const ROUND_TRIPS: Told = Told { metric: "muster_store_call_seconds_count{", label: "verb=\"" };

struct Told {
    metric: &'static str,
    label: &'static str,
}

/// By whom, or by what.
pub type Figures = BTreeMap<String, f64>;

/// So many times each of them.
pub fn times(figures: Figures, factor: f64) -> Figures {
    figures.into_iter().map(|(name, value)| (name, value * factor)).collect()
}

/// What grows, each since its process began.
#[derive(Default)]
pub struct Counters {
    /// CPU time by role, in s.
    pub cpu_s: Figures,
    /// CPU time by process, each named by its role and its number within it, in s.
    pub cpu_s_by_process: Figures,
    /// Calls of each of Redis's commands.
    pub calls: Figures,
    /// Time within each of Redis's commands, in µs.
    pub calls_us: Figures,
    /// Proposals by what the mover answered.
    pub verdicts: Figures,
    /// Round trips to Redis, by verb.
    pub round_trips: Figures,
}

/// What is used at a moment. Nothing is known of processes that cannot be asked.
pub struct Usage {
    at: Instant,
    counters: Counters,
    /// Memory in use by role, in bytes.
    pub resident_bytes: Figures,
    /// What Redis has allocated, in bytes.
    pub redis_bytes: f64,
}

impl Default for Usage {
    fn default() -> Self {
        Self { at: Instant::now(), counters: Counters::default(), resident_bytes: Figures::new(), redis_bytes: 0.0 }
    }
}

/// What comes of `work`; that one of these processes has ended, where one does before.
pub async fn while_all_run<T>(processes: &[(String, u32)], work: impl Future<Output = Result<T>>) -> Result<T> {
    let first_end = async {
        loop {
            sleep(LOOK_EVERY).await;
            if let Err(ended) = Usage::of_processes(processes) {
                break ended;
            }
        }
    };
    tokio::select! {
        done = work => done,
        ended = first_end => Err(ended),
    }
}

impl Usage {
    /// What processes tell without being asked, each by its role.
    pub fn of_processes(processes: &[(String, u32)]) -> Result<Self> {
        let mut usage = Self::default();
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, pid) in processes {
            let ended = || format!("one {name} has ended");
            let used_s = cpu_s(*pid).with_context(ended)?;
            let number = numbers.entry(name).or_default();
            usage.counters.cpu_s_by_process.insert(format!("{name}-{number}"), used_s);
            *number += 1;
            *usage.counters.cpu_s.entry(name.clone()).or_default() += used_s;
            *usage.resident_bytes.entry(name.clone()).or_default() += resident_bytes(*pid).with_context(ended)? as f64;
        }
        Ok(usage)
    }

    pub async fn of(cluster: &Cluster) -> Result<Self> {
        let mut usage = Self::of_processes(&cluster.processes()?)?;
        usage.ask_redis(cluster.redis.url()).await.context("redis tells nothing of its commands")?;
        for address in cluster.metrics() {
            let told = timeout(ANSWER_MAX, scrape(&address.to_string())).await;
            let told = told.map_err(anyhow::Error::from).flatten();
            let told = told.with_context(|| format!("the service at {address} tells no metrics"))?;
            PROPOSALS.add_to(&mut usage.counters.verdicts, &told);
            ROUND_TRIPS.add_to(&mut usage.counters.round_trips, &told);
        }
        Ok(usage)
    }

    async fn ask_redis(&mut self, url: &str) -> Result<()> {
        let mut redis = redis::Client::open(url)?.get_multiplexed_async_connection().await?;
        let told: String = redis::cmd("INFO").arg("commandstats").query_async(&mut redis).await?;
        for (command, calls, us) in told.lines().filter_map(command_line) {
            self.counters.calls.insert(command.to_owned(), calls);
            self.counters.calls_us.insert(command.to_owned(), us);
        }
        let told: String = redis::cmd("INFO").arg("memory").query_async(&mut redis).await?;
        let used = told.lines().find_map(|line| line.strip_prefix("used_memory:")?.parse().ok());
        self.redis_bytes = used.context("redis tells no used_memory")?;
        Ok(())
    }

    /// How much more memory each of `count` things took since `before`, in bytes: by role, and for Redis what it has allocated.
    pub fn bytes_each(&self, before: &Self, count: usize) -> Figures {
        let each = |before: f64, after: f64| ((after - before) / count as f64).max(0.0);
        let of = |figures: &Figures, name: &String| figures.get(name).copied().unwrap_or_default();
        let resident = self.resident_bytes.iter().map(|(name, bytes)| {
            let before = of(&before.resident_bytes, name);
            (name.clone(), each(before, *bytes))
        });
        let allocated = (REDIS.to_owned(), each(before.redis_bytes, self.redis_bytes));
        let services = resident.filter(|(name, _)| name != LOAD && name != REDIS);
        services.chain((self.redis_bytes > 0.0).then_some(allocated)).collect()
    }

    /// By how much it has grown since `before`, and in how many seconds.
    pub fn since(&self, before: &Self) -> (Counters, f64) {
        (self.counters.less(&before.counters), (self.at - before.at).as_secs_f64())
    }
}

impl Counters {
    fn less(&self, before: &Self) -> Self {
        Self {
            cpu_s: less(&self.cpu_s, &before.cpu_s),
            cpu_s_by_process: less(&self.cpu_s_by_process, &before.cpu_s_by_process),
            calls: less(&self.calls, &before.calls),
            calls_us: less(&self.calls_us, &before.calls_us),
            verdicts: less(&self.verdicts, &before.verdicts),
            round_trips: less(&self.round_trips, &before.round_trips),
        }
    }
}

impl Told {
    /// Adds up the values of this metric by the label.
    fn add_to(&self, figures: &mut Figures, told: &str) {
        for line in told.lines().filter_map(|line| line.strip_prefix(self.metric)) {
            let by = line.split_once(self.label).and_then(|(_, rest)| rest.split_once('"'));
            // An exemplar may follow.
            let value = line.split_once("} ").and_then(|(_, rest)| rest.split(' ').next()?.parse::<f64>().ok());
            if let (Some((by, _)), Some(value)) = (by, value) {
                *figures.entry(by.to_owned()).or_default() += value;
            }
        }
    }
}

/// Only what has grown.
fn less(after: &Figures, before: &Figures) -> Figures {
    let grown = |(name, value): (&String, &f64)| {
        let more = value - before.get(name).copied().unwrap_or_default();
        (more > 0.0).then(|| (name.clone(), more))
    };
    after.iter().filter_map(grown).collect()
}

/// `cmdstat_evalsha:calls=7,usec=93,usec_per_call=13.29,…`
fn command_line(line: &str) -> Option<(&str, f64, f64)> {
    let (command, told) = line.strip_prefix("cmdstat_")?.split_once(':')?;
    let figure = |name: &str| told.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('=')?.parse().ok());
    Some((command, figure("calls")?, figure("usec")?))
}

async fn scrape(address: &str) -> Result<String> {
    let mut connection = TcpStream::connect(address).await?;
    let asked = format!("GET {} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n", chassis::SCRAPE_PATH);
    connection.write_all(asked.as_bytes()).await?;
    let mut told = String::new();
    connection.read_to_string(&mut told).await?;
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commands_calls_and_time_are_read() {
        let line = "cmdstat_evalsha:calls=7,usec=93,usec_per_call=13.29,rejected_calls=0,failed_calls=0";
        assert_eq!(command_line(line), Some(("evalsha", 7.0, 93.0)));
        assert_eq!(command_line("# Commandstats"), None);
    }

    #[test]
    fn a_metric_is_added_up_by_its_label() {
        let told = "# HELP x\nmuster_proposals_total{queue=\"duel\",verdict=\"conflict\"} 3\n\
                    muster_proposals_total{queue=\"teams\",verdict=\"conflict\"} 4 # {trace_id=\"a\"} 1\n";
        let mut verdicts = Figures::new();
        PROPOSALS.add_to(&mut verdicts, told);
        assert_eq!(verdicts, [("conflict".to_owned(), 7.0)].into());
    }

    #[test]
    fn only_what_has_grown_is_told() {
        let of = |pairs: &[(&str, f64)]| pairs.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        let (before, after): (Figures, Figures) =
            (of(&[("a", 1.0), ("b", 2.0)]), of(&[("a", 4.0), ("b", 2.0), ("c", 5.0)]));
        assert_eq!(less(&after, &before), of(&[("a", 3.0), ("c", 5.0)]));
    }
}
