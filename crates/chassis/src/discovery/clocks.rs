//! This machine's clock beside the store's. Waits are counted from the clock of whoever takes a ticket to that of whoever looks for it: one
//! that is off has players matched too late, or too poorly.

/// By how much a clock may be off that nobody is told of, in ms.
const OFF_MS_MAX: u64 = 1_000;

#[derive(Debug, Default)]
pub struct Clocks {
    /// Whether they were last told to differ.
    differ: bool,
}

impl Clocks {
    /// Tells when they begin to differ, and when they agree again. The store read its own at some moment from `asked_ms` to `answered_ms`.
    pub fn compare(&mut self, asked_ms: u64, store_ms: u64, answered_ms: u64) {
        // An answer that took so long does not show that they agree.
        if answered_ms.saturating_sub(asked_ms) > OFF_MS_MAX / 2 {
            return;
        }
        let (ahead_ms, behind_ms) = (asked_ms.saturating_sub(store_ms), store_ms.saturating_sub(answered_ms));
        match self.turn(ahead_ms.max(behind_ms)) {
            Some(true) => tracing::warn!(ahead_ms, behind_ms, "this clock is not the store's: waits are miscounted"),
            Some(false) => tracing::info!("this clock is the store's again"),
            None => {}
        }
    }

    /// Whether they differ, when that is not what it was: one that is off by about the bound is not told of again and again.
    fn turn(&mut self, off_ms: u64) -> Option<bool> {
        let most_ms = if self.differ { OFF_MS_MAX / 2 } else { OFF_MS_MAX };
        let differ = off_ms > most_ms;
        (std::mem::replace(&mut self.differ, differ) != differ).then_some(differ)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_told_of_once_and_once_more_when_it_is_right() {
        let mut clocks = Clocks::default();
        let turns = [999, 1_001, 60_000, 501, 500, 900].map(|off_ms| clocks.turn(off_ms));
        assert_eq!(turns, [None, Some(true), None, None, Some(false), None]);
    }

    #[test]
    fn an_answer_that_took_long_says_nothing_of_a_clock() {
        let mut clocks = Clocks::default();
        clocks.compare(1_200, 0, 1_200);
        clocks.compare(1_200, 800, 2_000);
        assert!(clocks.differ, "it is 400 ms off at least, and 1,200 at most");
    }
}
