//! A whole process with telemetry. It is global, and set up by environment variables, so each case runs in a child.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what it is sure of")]

use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use parking_lot::Mutex;
use std::process::Output;
use std::sync::Arc;
use std::time::{Duration, Instant};
use telemetry::{Failed, Failure, LogFormat, Options, SHUTDOWN_MS_MAX, SPANS, Under};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
/// Set: the child logs JSON.
const JSON: &str = "CHILD_LOGS_JSON";

/// So many spans more are made by the child.
const MORE: &str = "CHILD_MAKES_MORE";

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
/// Of a ticket whose trace is not kept.
const UNSAMPLED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

#[tokio::main]
#[test]
#[ignore = "the child: the tests below run it as a process of its own"]
async fn child() {
    let options = Options {
        service: "muster".to_owned(),
        instance: "child-1".to_owned(),
        log: if std::env::var_os(JSON).is_some() { LogFormat::Json } else { LogFormat::Human },
        log_default: "info".to_owned(),
        traced_share: 1.0,
    };
    let telemetry = telemetry::init(options).unwrap();
    let span = tracing::info_span!(target: SPANS, "a step");
    eprintln!("traceparent={}", telemetry::traceparent(&span));
    tracing::info!("an info line");
    tracing::warn!("a warn line");
    span.in_scope(|| tracing::info!(queue = "duel", "a line in a trace"));
    let why = &"the store is away";
    Failed { failure: Failure::Attempt, ticket: Some(&"t-1"), matched: None, trace: UNSAMPLED, why }.tell();
    let _not_kept = telemetry::span!(Under::Named(UNSAMPLED), "an unsampled step");
    drop(span);
    let more = std::env::var(MORE).map_or(0, |more| more.parse().unwrap());
    (0..more).for_each(|_| drop(tracing::info_span!(target: SPANS, "another step")));
    telemetry.shutdown();
}

async fn run_child(variables: &[(&str, &str)]) -> Output {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--ignored", "--exact", "child", "--nocapture"]);
    for inherited in ["RUST_LOG", ENDPOINT, SAMPLER] {
        child.env_remove(inherited);
    }
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
    assert_eq!(names(&received), ["muster.failure", "a step"]);
}

fn names(received: &ResourceSpans) -> Vec<&str> {
    received.scope_spans.iter().flat_map(|scope| &scope.spans).map(|span| &*span.name).collect()
}

#[tokio::test]
async fn a_failure_is_kept_in_its_trace_where_no_trace_is() {
    let (endpoint, mut spans) = receiver().await;
    stderr(&run_child(&[(ENDPOINT, &endpoint), (SAMPLER, "parentbased_always_off")]).await);
    let received = spans.try_recv().expect("the failure");
    assert_eq!(names(&received), ["muster.failure"]);
    let failure = &received.scope_spans[0].spans[0];
    let trace: String = failure.trace_id.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(trace, TRACE);
    let told = format!("{failure:?}");
    for part in ["muster.kept", "muster.failure", "attempt", "t-1", "the store is away"] {
        assert!(told.contains(part), "{part} in {told}");
    }
}

#[tokio::test]
async fn a_line_names_who_tells_it_and_the_trace_that_it_belongs_to() {
    let (endpoint, _spans) = receiver().await;
    let log = stderr(&run_child(&[(ENDPOINT, &endpoint)]).await);
    let trace = log.lines().find_map(|line| line.strip_prefix("traceparent=00-")).unwrap().split('-').next().unwrap();
    let line = |of: &str| log.lines().find(|line| line.contains(of)).unwrap();
    assert!(
        line("a line in a trace").ends_with(&format!(" queue=\"duel\" instance=child-1 trace_id={trace}")),
        "{log}"
    );
    assert!(line("an info line").ends_with(" instance=child-1"), "{log}");
    assert_eq!(line("the store is away").matches("trace_id").count(), 1, "{log}");

    let log = stderr(&run_child(&[(ENDPOINT, &endpoint), (JSON, "")]).await);
    let trace = log.lines().find_map(|line| line.strip_prefix("traceparent=00-")).unwrap().split('-').next().unwrap();
    let line = |of: &str| -> serde_json::Value {
        serde_json::from_str(log.lines().find(|line| line.contains(of)).unwrap()).unwrap()
    };
    let in_trace = line("a line in a trace");
    assert_eq!((&in_trace["trace_id"], &in_trace["queue"]), (&trace.into(), &"duel".into()), "{log}");
    assert_eq!(in_trace["instance"], "child-1", "{log}");
    let failure = line("the store is away");
    assert_eq!((&failure["trace_id"], &failure["ticket_id"]), (&TRACE.into(), &"t-1".into()), "{log}");
}

#[tokio::test]
async fn spans_for_which_there_is_no_room_are_told_to_be_lost() {
    // It takes a batch and answers nothing.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let narrow = [(ENDPOINT, &*endpoint), ("OTEL_BSP_MAX_QUEUE_SIZE", "1"), (MORE, "8")];
    let log = stderr(&run_child(&narrow).await);
    assert!(log.contains("more is traced than can be exported"), "{log}");
}

#[tokio::test]
async fn an_exporter_that_is_down_costs_one_line_and_little_time() {
    let begun = Instant::now();
    let log = stderr(&run_child(&[(ENDPOINT, "http://127.0.0.1:1")]).await);
    assert!(begun.elapsed() < Duration::from_millis(SHUTDOWN_MS_MAX + 1_000), "{:?}", begun.elapsed());
    let complaints: Vec<_> = log.lines().filter(|line| line.contains("WARN") && line.contains("exported")).collect();
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
    for (variable, value) in
        [("RUST_LOG", "=["), (ENDPOINT, "not an endpoint"), (SAMPLER, "sometimes"), ("OTEL_BSP_MAX_QUEUE_SIZE", "0")]
    {
        let output = run_child(&[(ENDPOINT, "http://127.0.0.1:1"), (variable, value)]).await;
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success()
                && ["Filter", "Endpoint", "Sampler", "SpanQueue"].iter().any(|error| said.contains(error)),
            "{said}"
        );
    }
}

#[test]
fn what_fails_for_a_while_is_told_when_it_begins_and_when_it_is_over() {
    let log = Arc::new(Mutex::new(Vec::new()));
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || Lines(writer.clone())).with_ansi(false).finish();
    tracing::subscriber::with_default(subscriber, || {
        let mut streak = telemetry::Streak::new("sweep");
        for result in [Ok(()), Err("away"), Err("still away"), Ok(()), Ok(()), Err("away again")] {
            streak.saw(&result);
        }
    });
    let log = String::from_utf8(log.lock().clone()).unwrap();
    let told: Vec<_> = log.lines().map(|line| line.split(": ").last().unwrap()).collect();
    assert!(
        matches!(
            told[..],
            ["could not sweep error=away", again, "could not sweep error=away again"]
                if again.starts_with("could sweep again") && again.ends_with("times=2")
        ),
        "{log}"
    );
}

struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().write(line)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
