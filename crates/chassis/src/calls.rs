//! Many calls over one bidirectional stream: each has a number, under which it is answered, and its own trace context.

mod answer;
mod caller;
mod keeper;
mod link;

pub use answer::answer;
pub use caller::{CallError, Caller};
pub use keeper::CALLS_DRAIN_MS_MAX;
