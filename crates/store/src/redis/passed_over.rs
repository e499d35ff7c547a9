//! What stands in a list with others and cannot be read: it keeps none of them from its turn.

use super::row::list;
use crate::StoreError;
use ::redis::Value;
use parking_lot::Mutex;
use std::collections::HashSet;

/// Most faults that are told: whoever has so many knows of them.
const TOLD_MAX: usize = 1_024;

/// Faults that were told. Lists are read again and again, several times a second.
#[derive(Debug, Default)]
pub(super) struct PassedOver(Mutex<HashSet<String>>);

impl PassedOver {
    /// Those rows that `read` can read.
    pub fn readable<T>(
        &self,
        rows: Value,
        read: impl Fn(Value) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let readable = |row| read(row).inspect_err(|error| self.tell(error)).ok();
        Ok(list(rows)?.into_iter().filter_map(readable).collect())
    }

    fn tell(&self, error: &StoreError) {
        let mut told = self.0.lock();
        if told.len() < TOLD_MAX && told.insert(error.to_string()) {
            tracing::error!(%error, "passed over: it cannot be read");
        }
    }
}
