use crate::support::{Bench, PATIENCE, Running};
use chassis::{DRAIN_MS_MAX, Shutdown};
use std::time::Duration;
use tokio_stream::StreamExt;
use tonic::Code;
use tonic::service::Routes;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

const SERVICES: [&str; 9] = [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "muster.v1.Inspect",
    "muster.v1.Matchmaker",
    "muster.v1.Mover",
    "muster.v1.Play",
    "muster.v1.Playserver",
    "muster.v1.Queue",
];

async fn asks_health(running: &Running, service: &str) -> Result<ServingStatus, Code> {
    let request = HealthCheckRequest { service: service.to_owned() };
    let answer = HealthClient::new(running.channel()).check(request).await;
    answer.map(|response| response.into_inner().status()).map_err(|status| status.code())
}

#[tokio::test]
async fn health_tells_of_the_process_and_of_each_service() {
    let running = Running::mover(&Bench::new(1)).await;
    for (ready, status) in [(false, ServingStatus::NotServing), (true, ServingStatus::Serving)] {
        running.readiness.set(ready);
        assert_eq!(asks_health(&running, "").await, Ok(status));
        assert_eq!(asks_health(&running, "muster.v1.Mover").await, Ok(status));
    }
    assert_eq!(asks_health(&running, "muster.v1.Queue").await, Err(Code::NotFound));
}

#[tokio::test]
async fn a_watcher_of_health_is_told_of_the_shutdown_and_let_go() {
    let running = Running::mover(&Bench::new(1)).await;
    running.readiness.set(true);
    let request = HealthCheckRequest::default();
    let mut watch = HealthClient::new(running.channel()).watch(request).await.unwrap().into_inner();
    assert_eq!(watch.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    running.shutdown.cancel();
    let rest: Vec<_> = watch.map(|told| told.unwrap().status()).collect().await;
    assert_eq!(rest.last(), Some(&ServingStatus::NotServing), "{rest:?}");
    assert!(!running.readiness.is_ready());
    running.ends().await;
}

macro_rules! lists_every_service {
    ($name:ident, $version:ident) => {
        #[tokio::test]
        async fn $name() {
            use tonic_reflection::pb::$version::{
                ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
                server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
            };
            let running = Running::mover(&Bench::new(1)).await;
            let ask = MessageRequest::ListServices(String::new());
            let asks = tokio_stream::once(ServerReflectionRequest { message_request: Some(ask), ..Default::default() });
            let answers = ServerReflectionClient::new(running.channel()).server_reflection_info(asks).await.unwrap();
            let answer = answers.into_inner().message().await.unwrap().unwrap().message_response;
            let Some(MessageResponse::ListServicesResponse(list)) = answer else { panic!("{answer:?}") };
            let mut names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
            names.sort();
            assert_eq!(names, SERVICES);
        }
    };
}

lists_every_service!(reflection_v1_lists_every_service, v1);
lists_every_service!(reflection_v1alpha_lists_every_service, v1alpha);

#[tokio::test]
async fn a_client_that_never_closes_is_cut_at_the_end_of_the_drain() {
    use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
    let running = Running::mover(&Bench::new(1)).await;
    let client = ServerReflectionClient::new(running.channel());
    let open = client.clone().server_reflection_info(tokio_stream::pending()).await.unwrap();
    // The clock jumps to the next timer whenever nothing else happens.
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    running.shutdown.cancel();
    tokio::time::timeout(Duration::from_millis(10_000), running.serving).await.expect("in time").unwrap().unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(DRAIN_MS_MAX));
    tokio::time::resume();
    let cut = tokio::time::timeout(PATIENCE, open.into_inner().message()).await.expect("cut");
    assert!(cut.is_err(), "{cut:?}");
}

#[tokio::test]
async fn a_shutdown_before_the_first_client_ends_the_server() {
    let shutdown = Shutdown::new();
    shutdown.cancel();
    Running::with(Routes::default(), shutdown).await.ends().await;
}
