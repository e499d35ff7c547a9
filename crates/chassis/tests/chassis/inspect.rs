use crate::support::{PATIENCE, Running};
use api::v1::inspect_client::InspectClient;
use api::v1::{HeldTicket, Hold, InspectRequest, Inspection};
use chassis::{Describe, Holdings, INSPECT_PACE, Inspect, Load, Oneself, Readiness, Shutdown};
use domain::{Instance, Role};
use std::sync::Arc;
use tonic::service::Routes;
use tonic::{Code, Status, Streaming};

/// As much as a hold may tell.
struct Crowd;

const CROWD: usize = 256;

impl Describe for Crowd {
    fn describe(&self) -> Hold {
        let ticket = |at| HeldTicket { player_ids: vec![format!("{at:0>64}")], ..Default::default() };
        Hold { tickets: (0..2 * CROWD).map(ticket).collect(), ..Default::default() }
    }
}

async fn instance(holdings: &Holdings) -> Running {
    let instance = Instance {
        id: "mover-1".parse().unwrap(),
        role: Role::Mover,
        address: String::new(),
        region: String::new(),
        capacity: 0,
        load: 0,
    };
    let (load, readiness) = (Load::default(), Readiness::new());
    let oneself = Oneself { instance, load, readiness, leads: Arc::new(|| true), drainable: false };
    let shutdown = Shutdown::new();
    let server = Inspect::server(oneself, holdings.clone(), shutdown.clone());
    Running::with(Routes::new(server), shutdown).await
}

async fn inspects(running: &Running, request: InspectRequest) -> Streaming<Inspection> {
    InspectClient::new(running.channel()).inspect(request).await.unwrap().into_inner()
}

async fn hears(told: &mut Streaming<Inspection>) -> Result<Inspection, Status> {
    tokio::time::timeout(PATIENCE, told.message())
        .await
        .expect("told in time")
        .map(|message| message.expect("a status"))
}

#[tokio::test]
async fn a_large_hold_is_told_as_far_as_its_bound_and_the_rest_is_counted() {
    let holdings = Holdings::default();
    let _crowd = holdings.hold(Crowd);
    let running = instance(&holdings).await;
    let told = hears(&mut inspects(&running, InspectRequest::default()).await).await.unwrap();
    assert!(told.snapshot && told.seq > 0 && told.instance.unwrap().leads);
    assert_eq!((told.held[0].tickets.len(), told.held[0].untold), (CROWD, CROWD as u32));
}

#[tokio::test]
async fn what_came_and_went_between_two_messages_is_told_as_both() {
    let holdings = Holdings::default();
    let running = instance(&holdings).await;
    let mut told = inspects(&running, InspectRequest::default()).await;
    hears(&mut told).await.unwrap();
    drop(holdings.hold(Crowd));
    loop {
        let message = hears(&mut told).await.unwrap();
        if let Some(hold) = message.held.first() {
            return assert_eq!(message.released, [hold.number]);
        }
    }
}

#[tokio::test]
async fn a_reader_who_does_not_read_is_cut_and_finds_a_snapshot() {
    let holdings = Holdings::default();
    let crowds: Vec<_> = (0..40).map(|_| holdings.hold(Crowd)).collect();
    let running = instance(&holdings).await;
    let mut told = inspects(&running, InspectRequest::default()).await;
    let first = hears(&mut told).await.unwrap();
    // The clock jumps to the next timer whenever nothing else happens.
    tokio::time::pause();
    for _ in 0..100 {
        crowds.iter().for_each(chassis::Hold::changed);
        tokio::time::sleep(INSPECT_PACE).await;
    }
    tokio::time::resume();
    let mut last = first;
    let status = loop {
        match hears(&mut told).await {
            Ok(message) => last = message,
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    let mut again = inspects(&running, InspectRequest { run: last.run, seq: last.seq }).await;
    assert!(hears(&mut again).await.unwrap().snapshot);
}
