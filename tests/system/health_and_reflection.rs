use crate::fixture::{Fixture, On, on_both_stores};
use anyhow::{Context, Result, bail};
use chassis::{Channel, channel};
use domain::Role;
use sandbox::{Counts, wait_until};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

fn services(role: Role) -> &'static [&'static str] {
    match role {
        Role::Orchestrator => &["muster.v1.Inspect", "muster.v1.Queue"],
        Role::Sweeper => &["muster.v1.Inspect"],
        Role::Matchmaker => &["muster.v1.Inspect", "muster.v1.Matchmaker"],
        Role::Mover => &["muster.v1.Inspect", "muster.v1.Mover"],
        Role::Playserver => &["muster.v1.Inspect", "muster.v1.Play", "muster.v1.Playserver"],
    }
}

/// Waits until the instance at `address` says of `service` that it is in `state`.
pub async fn is_in_state(address: &str, service: &str, state: ServingStatus) -> Result<()> {
    let client = HealthClient::new(channel(address)?);
    wait_until(&format!("{service:?} at {address} to be {state:?}"), || async {
        let request = HealthCheckRequest { service: service.to_owned() };
        let answer = client.clone().check(request).await.map_err(|status| status.to_string())?.into_inner().status();
        (answer == state).then_some(()).ok_or_else(|| format!("{answer:?}"))
    })
    .await
}

async fn listed(channel: Channel) -> Result<Vec<String>> {
    let list = MessageRequest::ListServices(String::new());
    let asks = tokio_stream::once(ServerReflectionRequest { message_request: Some(list), ..Default::default() });
    let mut answers = ServerReflectionClient::new(channel).server_reflection_info(asks).await?.into_inner();
    match answers.message().await?.context("no answer")?.message_response {
        Some(MessageResponse::ListServicesResponse(list)) => Ok(list.service.into_iter().map(|s| s.name).collect()),
        other => bail!("not a list: {other:?}"),
    }
}

on_both_stores! {
    async fn every_role_says_that_it_serves(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        for role in Role::ALL {
            let address = fixture.address(role, 0)?;
            for service in services(role).iter().chain(&[""]) {
                is_in_state(&address, service, ServingStatus::Serving).await?;
            }
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_lists_its_services_by_reflection() -> Result<()> {
    let fixture = Fixture::open(On::Memory, Counts::ONE_EACH).await?;
    for role in Role::ALL {
        let listed = listed(channel(&fixture.address(role, 0)?)?).await?;
        for service in services(role).iter().chain(&["grpc.health.v1.Health"]) {
            assert!(listed.iter().any(|name| name == service), "{} lists {listed:?}", role.as_str());
        }
    }
    Ok(())
}
