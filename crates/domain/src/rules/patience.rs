use super::Rules;

/// How many seconds of imperfection a ticket accepts rather than wait on.
///
/// A straight line in what it has waited, and without end from `unlimited_ms` on: past that age only the hard rules hold it
/// back, so nobody starves.
#[derive(Debug, Clone)]
pub(super) struct Patience {
    pub start_s: f64,
    /// Seconds of cost accepted for each second waited.
    pub per_s: f64,
    /// A try counts as so many seconds waited.
    pub seconds_per_try: f64,
    pub unlimited_ms: u64,
}

impl Patience {
    /// What a ticket has waited, its tries included, in seconds.
    pub fn waited_s(&self, age_ms: u64, tries: u32) -> f64 {
        age_ms as f64 / 1000.0 + self.seconds_per_try * f64::from(tries)
    }

    /// Seconds of cost accepted after `waited_s`, before patience becomes unlimited.
    pub fn after_s(&self, waited_s: f64) -> f64 {
        self.start_s + self.per_s * waited_s
    }
}

impl Rules {
    /// The highest cost that a ticket of this age and tries accepts, in seconds; infinite near the longest wait.
    ///
    /// A match is worth making when its cost, a mean over its players, is at most the mean of its players' patience: what all
    /// of them together lose is then at most what all of them together would give. Whoever has waited long so lends a fresh
    /// partner a part of his patience, never all of it, until his own is unlimited.
    pub fn patience_s(&self, age_ms: u64, tries: u32) -> f64 {
        if age_ms >= self.patience.unlimited_ms {
            return f64::INFINITY;
        }
        self.patience.after_s(self.patience.waited_s(age_ms, tries))
    }
}
