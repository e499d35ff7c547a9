use crate::support::{Bench, PATIENCE, Running, proposal, wait_until};
use api::v1::mover_client::MoverClient;
use api::v1::mover_server::MoverServer;
use chassis::CallError;
use std::time::Duration;
use tokio_stream::wrappers::ReceiverStream;
use tonic::service::Routes;

#[tokio::test]
async fn answers_come_in_the_order_they_are_ready() {
    let bench = Bench::new(8);
    let caller = Running::mover(&bench).await.caller(8);
    let first = caller.begins("slow-first");
    bench.arrived("slow-first").await;

    assert_eq!(caller.proposes("second", PATIENCE).await.unwrap(), "second");
    assert!(!first.is_finished());
    bench.release("slow-first");
    assert_eq!(first.await.unwrap().unwrap(), "slow-first");
}

#[tokio::test]
async fn no_more_calls_are_in_work_than_allowed_and_all_are_answered() {
    let bench = Bench::new(3);
    let caller = Running::mover(&bench).await.caller(64);
    let calls: Vec<_> = (0..64).map(|_| caller.begins("slow")).collect();
    wait_until(|| bench.state.borrow().in_work, |in_work| *in_work == 3).await;
    bench.release("slow");
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), "slow");
    }
    assert_eq!(bench.state.borrow().in_work_peak, 3);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_soon_not_read_from_either() {
    let bench = Bench::new(4);
    let running = Running::mover(&bench).await;
    let (requests, outbound) = tokio::sync::mpsc::channel(1);
    let unread = MoverClient::new(running.channel()).propose(ReceiverStream::new(outbound)).await.unwrap();
    let large = "x".repeat(64 * 1024);
    let mut sent = 0;
    while let Ok(taken) = tokio::time::timeout(Duration::from_secs(1), requests.send(proposal(&large))).await {
        taken.unwrap();
        sent += 1;
        assert!(sent < 1_000, "64 MB were taken from a client that reads nothing");
    }
    let handled = bench.state.borrow().arrived.len();
    assert!(handled < 150, "{handled} calls were handled whose answers nobody reads");
    drop(unread);
}

#[tokio::test]
async fn a_full_caller_is_busy_and_an_unconnected_one_away_at_once() {
    let bench = Bench::new(8);
    let running = Running::mover(&bench).await;
    let caller = running.connected_caller(1).await;
    let slow = caller.begins("slow");
    bench.arrived("slow").await;
    assert_eq!(caller.0.try_call(proposal("other"), PATIENCE).await, Err(CallError::Busy));
    bench.release("slow");
    slow.await.unwrap().unwrap();
    assert_eq!(caller.0.try_call(proposal("other"), PATIENCE).await.unwrap().detail, "other");

    running.kill().await;
    wait_until(|| caller.0.is_connected(), |connected| !connected).await;
    assert_eq!(caller.0.try_call(proposal("other"), PATIENCE).await, Err(CallError::Away));
}

#[tokio::test]
async fn a_peer_that_has_answered_is_not_overdue_though_whoever_asked_is_yet_to_run() {
    let bench = Bench::new(8);
    let caller = Running::mover(&bench).await.connected_caller(8).await;
    let mut call = std::pin::pin!(caller.0.try_call(proposal("slow"), PATIENCE));
    tokio::select! {
        answer = &mut call => panic!("not released: {answer:?}"),
        () = bench.arrived("slow") => {}
    }
    let is_overdue = || caller.0.is_overdue(Duration::ZERO);
    wait_until(is_overdue, |overdue| *overdue).await;
    bench.release("slow");
    wait_until(is_overdue, |overdue| !overdue).await;
    assert_eq!(call.await.unwrap().detail, "slow");
}

#[tokio::test]
async fn a_late_or_dropped_call_frees_its_place_and_its_answer_is_nobody_elses() {
    let bench = Bench::new(8);
    let caller = Running::mover(&bench).await.connected_caller(1).await;
    assert_eq!(caller.proposes("slow-late", Duration::from_millis(50)).await, Err(CallError::Late));
    assert_eq!(caller.0.in_flight(), 0);

    let dropped = caller.begins("slow-dropped");
    bench.arrived("slow-dropped").await;
    dropped.abort();
    wait_until(|| caller.0.in_flight(), |in_flight| *in_flight == 0).await;

    let next = caller.begins("slow-next");
    bench.arrived("slow-next").await;
    for queue in ["slow-late", "slow-dropped", "slow-next"] {
        bench.release(queue);
    }
    assert_eq!(next.await.unwrap().unwrap(), "slow-next");
}

#[tokio::test]
async fn a_broken_stream_loses_its_calls_at_once_and_is_opened_again() {
    let bench = Bench::new(8);
    let running = Running::mover(&bench).await;
    let caller = running.caller(8);
    let lost = caller.begins("slow");
    bench.arrived("slow").await;
    let address = running.kill().await;
    assert!(matches!(lost.await.unwrap(), Err(CallError::Lost(_))));

    // It waits for the connection within its deadline.
    let waiting = caller.begins("again");
    let routes = Routes::new(MoverServer::new(bench.clone()));
    let _running = Running::at(address, routes, bench.shutdown.clone()).await;
    assert_eq!(waiting.await.unwrap().unwrap(), "again");
}

#[tokio::test]
async fn at_the_servers_shutdown_calls_in_work_are_answered_and_the_stream_ends() {
    let bench = Bench::new(8);
    let running = Running::mover(&bench).await;
    let caller = running.caller(8);
    let begun = caller.begins("slow");
    bench.arrived("slow").await;
    running.shutdown.cancel();
    bench.release("slow");
    assert_eq!(begun.await.unwrap().unwrap(), "slow");
    wait_until(|| caller.0.is_connected(), |connected| !connected).await;
    running.ends().await;
}

#[tokio::test]
async fn at_the_callers_shutdown_calls_in_flight_are_finished_and_new_ones_refused() {
    let bench = Bench::new(8);
    let running = Running::mover(&bench).await;
    let shutdown = chassis::Shutdown::new();
    let caller = running.caller_until(8, shutdown.clone());
    let begun = caller.begins("slow");
    bench.arrived("slow").await;
    shutdown.cancel();
    wait_until(|| caller.0.is_connected(), |connected| !connected).await;
    assert_eq!(caller.0.try_call(proposal("new"), PATIENCE).await, Err(CallError::Away));
    bench.release("slow");
    assert_eq!(begun.await.unwrap().unwrap(), "slow");
    assert!(matches!(caller.proposes("new", PATIENCE).await, Err(CallError::Lost(_))));
}
