//! The whole system, observed in one way, with players who come when they are asked to.

use super::Args;
use super::cpu::Meter;
use super::monitor_page::MonitorPage;
use super::run::{Run, Setting};
use super::sink::{Sink, Traces};
use crate::bench::cluster::{Cluster, ClusterArgs};
use crate::bench::load::Load;
use crate::bench::scenario::DUEL;
use crate::run::Export;
use anyhow::{Context, Result, ensure};
use std::time::Duration;

/// How long players may still be matched afterwards: the next setting is not to be disturbed, and services that leave at work complain.
const SETTLE_MAX: Duration = Duration::from_secs(1);

pub struct Stage {
    pub setting: Setting,
    cluster: Cluster,
    load: Load,
    sink: Option<Sink>,
    page: Option<MonitorPage>,
}

impl Stage {
    pub async fn open(args: &ClusterArgs, setting: Setting) -> Result<Self> {
        let sink = if setting == Setting::Traced { Some(Sink::open().await?) } else { None };
        let export = sink.as_ref().map_or(Export::Nowhere, |sink| Export::To(sink.endpoint.clone()));
        let cluster = Cluster::open(args, &DUEL, &export).await?;
        let page = match setting {
            Setting::Watched => Some(MonitorPage::open(&cluster.game.realm, cluster.redis.url()).await?),
            _ => None,
        };
        let load = cluster.load(&DUEL).await?;
        Ok(Self { setting, cluster, load, sink, page })
    }

    /// Every process that runs for it. Fails where one has ended.
    pub fn pids(&self) -> Result<Vec<u32>> {
        let redis = self.cluster.redis.pid().context("redis has ended")?;
        Ok(self.cluster.pids()?.into_iter().chain([redis]).chain(self.monitor()?).collect())
    }

    /// Has players come, and counts once all is in its stride. `own` is all that runs for all stages.
    pub async fn count(&mut self, args: &Args, own: &[u32]) -> Result<Run> {
        let meter = Meter { services: self.cluster.pids()?, monitor: self.monitor()?, own: own.to_vec() };
        self.offer(args.rate, args.warm_up).await?;
        self.observed()?;
        let (before, matched_before) = (meter.read()?, self.load.recorder.counts().matched);
        self.offer(args.rate, args.seconds).await?;
        let (used, matched) = (meter.read()?.since(&before), self.load.recorder.counts().matched - matched_before);
        ensure!(matched > 0, "nobody was matched");
        let (traces, told_bytes) = self.observed()?;
        self.load.settle(0, SETTLE_MAX).await;
        Ok(Run { setting: self.setting, matched, used, traces, told_bytes })
    }

    async fn offer(&self, rate: f64, seconds: u64) -> Result<()> {
        self.cluster.whole(self.load.offer(rate, Duration::from_secs(seconds))).await.map(drop)
    }

    pub async fn close(self) {
        let Self { mut cluster, load, sink, page, .. } = self;
        drop((load, page));
        cluster.leave().await;
        // It took what the services sent last.
        drop(sink);
    }

    fn monitor(&self) -> Result<Option<u32>> {
        self.page.as_ref().map(MonitorPage::monitor_pid).transpose()
    }

    /// What was received since this was asked before: by the sink, and by the page in bytes.
    fn observed(&mut self) -> Result<(Option<Traces>, Option<u64>)> {
        Ok((self.sink.as_ref().map(Sink::take), self.page.as_mut().map(MonitorPage::take).transpose()?))
    }
}
