//! A service that still listens and says nothing any more, as one does that is stopped, or in an endless loop.

use crate::fixture::{Fixture, On, on_both_stores};
use anyhow::{Result, ensure};
use api::v1::matchmaker_server::{Matchmaker, MatchmakerServer};
use api::v1::{SearchRequest, SearchResponse};
use chassis::{Entrance, Readiness, Shutdown, serve};
use domain::{Instance, Role};
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use sandbox::{Counts, wait_until};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tonic::service::Routes;
use tonic::{Request, Response, Status, Streaming};

/// Far longer than the story takes.
const LEASE: Duration = Duration::from_secs(600);
/// Shorter than a search is waited for; far longer than it takes to ask another, on a busy machine.
const MATCHED_MAX: Duration = Duration::from_secs(5);
const HUNG: [&str; 3] = ["hung-1", "hung-2", "hung-3"];

/// Takes searches and answers none.
#[derive(Clone, Default)]
struct Hung {
    asked: Arc<AtomicUsize>,
}

#[tonic::async_trait]
impl Matchmaker for Hung {
    type SearchStream = BoxStream<'static, Result<SearchResponse, Status>>;

    async fn search(&self, request: Request<Streaming<SearchRequest>>) -> Result<Response<Self::SearchStream>, Status> {
        let asked = self.asked.clone();
        tokio::spawn(request.into_inner().for_each(move |_| {
            asked.fetch_add(1, Ordering::Relaxed);
            std::future::ready(())
        }));
        Ok(Response::new(stream::pending().boxed()))
    }
}

/// A matchmaker like any other, as far as others can tell.
async fn is_joined_by(fixture: &Fixture, id: &str, hung: Hung, shutdown: &Shutdown) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let id = id.parse()?;
    let instance = Instance { id, role: Role::Matchmaker, address, region: String::new(), capacity: 1, load: 0 };
    let routes = Routes::new(MatchmakerServer::new(hung));
    let shutdown = shutdown.clone();
    tokio::spawn(async move { serve(Entrance::open(listener), routes, &[], Readiness::new(), shutdown).await });
    fixture.store().register(&instance, LEASE).await?;
    Ok(())
}

on_both_stores! {
    async fn matchmakers_that_hang_do_not_keep_players_from_their_match(on: On) -> Result<()> {
        let mut fixture = Fixture::open(on, Counts { matchmakers: 0, ..Counts::ONE_EACH }).await?;
        let (hung, shutdown) = (Hung::default(), Shutdown::new());
        let _ends = shutdown.clone().drop_guard();
        for id in HUNG {
            is_joined_by(&fixture, id, hung.clone(), &shutdown).await?;
        }
        let mut early = fixture.player("early", 3000.0)?.enqueues("duel").await?;
        wait_until("one that hangs to be asked", || {
            let asked = hung.asked.load(Ordering::Relaxed);
            std::future::ready(if asked > 0 { Ok(()) } else { Err(format!("asked {asked} times")) })
        })
        .await?;
        early.cancels().await?;

        fixture.system.join(Role::Matchmaker).await?;
        let queued = Instant::now();
        let (mut ann, mut ben) =
            (fixture.player("ann", 1500.0)?.enqueues("duel").await?, fixture.player("ben", 1500.0)?.enqueues("duel").await?);
        ann.is_matched_with(&mut ben).await?;
        ensure!(queued.elapsed() < MATCHED_MAX, "matched after {:?}", queued.elapsed());
        Ok(())
    }
}
