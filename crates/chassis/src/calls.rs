//! Many calls over one bidirectional stream: each has a number, under which it is answered, and its own trace context.

mod answer;
mod caller;
mod keeper;
mod link;

pub use answer::{Traces, answer};
pub use caller::{CallError, Caller};

use crate::Gather;
use tokio_stream::wrappers::ReceiverStream;

/// What a caller sends.
pub type Requests<Req> = Gather<ReceiverStream<Req>>;

/// The two halves of an rpc's name, as the trace wants them.
fn service_and_method(name: &str) -> (&str, &str) {
    name.split_once('/').unwrap_or((name, ""))
}
