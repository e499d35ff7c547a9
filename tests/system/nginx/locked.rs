//! nginx with TLS on both sides, as it ships for locked doors.

use super::front;
use super::proxy::{Clients, Nginx};
use crate::authority::Authority;
use crate::dev::own_host;
use crate::doors::credentials::{Holder, Keys};
use crate::doors::enqueue;
use crate::fixture::REALM;
use crate::processes::Processes;
use anyhow::{Context, Result, ensure};
use api::v1::mover_client::MoverClient;
use api::v1::play_client::PlayClient;
use api::v1::queue_client::QueueClient;
use api::v1::watch_request::Subject;
use api::v1::{self, TicketState};
use chassis::Channel;
use sandbox::Counts;
use tonic::Code;

async fn is_assigned(play: &mut PlayClient<Channel>, player: &str) -> Result<()> {
    let watch = v1::WatchRequest { subject: Some(Subject::PlayerId(player.to_owned())), ..Default::default() };
    let mut updates = play.watch(watch).await?.into_inner();
    while updates.message().await?.context("an update")?.state() != TicketState::Assigned {}
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn players_with_tokens_play_through_nginx_by_tls_all_the_way() -> Result<()> {
    let keys = Keys::new(REALM).await?;
    let processes =
        Processes::start_behind_doors(Counts { orchestrators: 2, playservers: 2, ..Counts::ONE_EACH }, keys.dir())
            .await?;
    let host = own_host();
    let seen = Authority::vouching_for(&host.to_string());
    let services = keys.dir().join("ca.pem");
    let clients = Clients::Tls { seen: &seen, services: &services };
    let nginx = Nginx::start(&front(&processes, clients, &[]), host).await?;
    let channel = |holder: &Holder| -> Result<Channel> { Ok(holder.trusting(&seen.file())?.channel(&nginx.url())?) };

    let mut watches = Vec::new();
    for (name, rating) in [("ada", 1510.0), ("bob", 1530.0)] {
        let channel = channel(&keys.player(name, rating)?)?;
        let alone = v1::EnqueueRequest {
            players: vec![v1::Player { id: name.to_owned(), ..Default::default() }],
            ..enqueue(name)
        };
        QueueClient::new(channel.clone()).enqueue(alone).await?;
        watches.push((name, PlayClient::new(channel)));
    }
    for (name, play) in &mut watches {
        is_assigned(play, name).await?;
    }

    // What nginx passes on is judged by the services, and what is between services it does not pass on.
    let ada = channel(&keys.player("ada", 1510.0)?)?;
    let refused = QueueClient::new(ada.clone()).enqueue(enqueue("carl")).await.err().context("another is queued")?;
    ensure!(refused.code() == Code::PermissionDenied, "{refused}");
    let proposals = futures::stream::empty::<v1::ProposeRequest>();
    let refused = MoverClient::new(ada).propose(proposals).await.err().context("a proposal is taken")?;
    ensure!(refused.code() == Code::Unimplemented, "{refused}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn services_of_another_authority_are_not_believed() -> Result<()> {
    let (keys, others) = (Keys::new(REALM).await?, Keys::new(REALM).await?);
    let processes = Processes::start_behind_doors(Counts::ONE_EACH, keys.dir()).await?;
    let host = own_host();
    let seen = Authority::vouching_for(&host.to_string());
    let services = others.dir().join("ca.pem");
    let clients = Clients::Tls { seen: &seen, services: &services };
    let nginx = Nginx::start(&front(&processes, clients, &[]), host).await?;
    let realm_server = keys.realm_server()?.trusting(&seen.file())?.channel(&nginx.url())?;
    let refused = QueueClient::new(realm_server).enqueue(enqueue("ada")).await.err().context("it is passed on")?;
    ensure!(refused.code() == Code::Unavailable, "{refused}");
    ensure!(processes.store().waiting().await? == 0);
    Ok(())
}
