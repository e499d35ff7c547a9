use parking_lot::Mutex;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::sync::Arc;

/// Chance that a seed decides. Clones draw from the same sequence: one thread runs everything, so in the same order.
#[derive(Debug, Clone)]
pub struct Dice(Arc<Mutex<StdRng>>);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// 0 to `n` - 1; `n` is not 0.
    pub fn below(&self, n: u64) -> u64 {
        self.0.lock().random_range(0..n)
    }

    pub fn chance(&self, probability: f64) -> bool {
        self.0.lock().random_bool(probability)
    }

    /// One of these; there is one.
    pub fn pick<'a, T>(&self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len() as u64) as usize]
    }
}
