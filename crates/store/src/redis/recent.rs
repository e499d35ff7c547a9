//! Reads whom players met.

use super::RedisStore;
use super::row::{list, parse_names, text};
use crate::StoreError;
use crate::bounds::BATCH_MAX;
use ::redis::Value;
use domain::PlayerId;

impl RedisStore {
    pub(super) async fn read_recent(&self, players: &[PlayerId]) -> Result<Vec<Vec<PlayerId>>, StoreError> {
        let players = &players[..players.len().min(BATCH_MAX)];
        let mut call = self.scripts.recent.call();
        for player in players {
            call.arg(player.as_str());
        }
        let met = list(self.run(call).await?)?;
        players.iter().zip(met).map(|(player, met)| names(&self.key(&format!("r:{player}")), met)).collect()
    }
}

fn names(key: &str, met: Value) -> Result<Vec<PlayerId>, StoreError> {
    let met = text(met)?;
    parse_names(&met).ok_or_else(|| StoreError::Corrupt(format!("{key} has an unreadable name")))
}
