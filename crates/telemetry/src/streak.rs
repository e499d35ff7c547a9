use std::fmt::Display;
use std::time::Instant;

/// Something that is done again and again and may fail for a while: told when it begins to fail, and when it works again.
#[derive(Debug)]
pub struct Streak {
    what: &'static str,
    failing: Option<(Instant, u32)>,
}

impl Streak {
    /// `what` is done, as in "could not `what`".
    pub const fn new(what: &'static str) -> Self {
        Self { what, failing: None }
    }

    /// Takes note of what came of it this time.
    pub fn saw<T, E: Display>(&mut self, result: &Result<T, E>) {
        match (result, &mut self.failing) {
            (Ok(_), None) => {}
            (Ok(_), Some((since, times))) => {
                tracing::info!(target: "muster", failed_s = since.elapsed().as_secs_f64(), times, "could {} again", self.what);
                self.failing = None;
            }
            (Err(_), Some((_, times))) => *times = times.saturating_add(1),
            (Err(error), None) => {
                tracing::warn!(target: "muster", %error, "could not {}", self.what);
                self.failing = Some((Instant::now(), 1));
            }
        }
    }
}
