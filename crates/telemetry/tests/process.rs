//! A whole process with telemetry. It is global, and set up by environment variables, so each case runs in a child.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it is sure of")]

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use std::process::Output;
use std::time::{Duration, Instant};
use telemetry::{LogFormat, Options, SHUTDOWN_MS_MAX, SPANS};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

#[tokio::main]
#[test]
#[ignore = "the child: the tests below run it as a process of its own"]
async fn child() {
    let options = Options {
        service: "muster".to_owned(),
        instance: "child-1".to_owned(),
        log: LogFormat::Human,
        log_default: "info".to_owned(),
    };
    let telemetry = telemetry::init(options).unwrap();
    let span = tracing::info_span!(target: SPANS, "a step");
    eprintln!("traceparent={}", telemetry::traceparent(&span));
    tracing::info!("an info line");
    tracing::warn!("a warn line");
    drop(span);
    telemetry.shutdown();
}

async fn run_child(variables: &[(&str, &str)]) -> Output {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--ignored", "--exact", "child", "--nocapture"]).env_remove("RUST_LOG").env_remove(ENDPOINT);
    child.envs(variables.iter().copied()).kill_on_drop(true).output().await.unwrap()
}

fn stderr(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}

struct Receiver(mpsc::Sender<ResourceSpans>);

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        for spans in request.into_inner().resource_spans {
            self.0.send(spans).await.unwrap();
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

/// Its endpoint, and what it receives.
async fn receiver() -> (String, mpsc::Receiver<ResourceSpans>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (received, spans) = mpsc::channel(16);
    let service = TraceServiceServer::new(Receiver(received));
    let server = tonic::transport::Server::builder().add_service(service);
    tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
    (endpoint, spans)
}

#[tokio::test]
async fn spans_are_exported_with_who_made_them_however_quiet_the_log_is() {
    let (endpoint, mut spans) = receiver().await;
    let log = stderr(&run_child(&[(ENDPOINT, &endpoint), ("RUST_LOG", "warn")]).await);
    assert!(log.contains("a warn line") && !log.contains("an info line"), "{log}");
    assert!(log.contains("traceparent=00-"), "{log}");

    let received = spans.try_recv().expect("the last spans left before the process did");
    let resource = format!("{:?}", received.resource);
    assert!(resource.contains("service.instance.id") && resource.contains("child-1"), "{resource}");
    let names: Vec<_> = received.scope_spans.iter().flat_map(|scope| &scope.spans).map(|span| &*span.name).collect();
    assert_eq!(names, ["a step"]);
}

#[tokio::test]
async fn an_exporter_that_is_down_costs_one_line_and_little_time() {
    let begun = Instant::now();
    let log = stderr(&run_child(&[(ENDPOINT, "http://127.0.0.1:1")]).await);
    assert!(begun.elapsed() < Duration::from_millis(SHUTDOWN_MS_MAX + 1_000), "{:?}", begun.elapsed());
    let complaints: Vec<_> =
        log.lines().filter(|line| line.contains("WARN") && !line.contains("a warn line")).collect();
    assert!(complaints.len() == 1 && complaints[0].contains("traces cannot be exported"), "{log}");
    assert!(!log.contains("ERROR"), "{log}");
}

#[tokio::test]
async fn an_exporter_that_hangs_does_not_hold_the_process_up() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let begun = Instant::now();
    stderr(&run_child(&[(ENDPOINT, &endpoint)]).await);
    assert!(begun.elapsed() < Duration::from_millis(SHUTDOWN_MS_MAX + 1_000), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn without_an_endpoint_there_are_logs_and_no_traces() {
    let log = stderr(&run_child(&[]).await);
    assert!(log.contains("an info line"), "{log}");
    assert!(log.contains("traceparent=\n"), "{log}");
}

#[tokio::test]
async fn a_bad_filter_or_endpoint_names_the_variable() {
    for (variable, value) in [("RUST_LOG", "=["), (ENDPOINT, "not an endpoint")] {
        let output = run_child(&[(variable, value)]).await;
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("Filter") | said.contains("Endpoint"), "{said}");
    }
}
