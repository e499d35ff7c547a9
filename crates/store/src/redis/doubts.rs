//! What a Redis is set to that loses what was promised.

use super::RedisStore;
use super::link::Ask;
use super::row::text;
use crate::StoreError;
use ::redis::cmd;

impl RedisStore {
    /// Each setting under which something acknowledged may be lost, as a sentence for whoever runs it.
    ///
    /// Errors when it cannot be asked, as where an ACL forbids `INFO`.
    pub async fn doubts(&self) -> Result<Vec<&'static str>, StoreError> {
        let mut doubts = Vec::new();
        let memory = self.info("memory").await?;
        if says(&memory, "maxmemory_policy").is_some_and(|policy| policy != "noeviction") {
            doubts.push("Redis evicts keys when its memory is full, and tickets and matches with them: set maxmemory-policy noeviction");
        }
        if says(&self.info("persistence").await?, "aof_enabled") == Some("0") {
            doubts.push(
                "Redis keeps no append-only file, and forgets every ticket and match when it ends: set appendonly yes",
            );
        }
        Ok(doubts)
    }

    async fn info(&self, section: &str) -> Result<String, StoreError> {
        let mut command = cmd("INFO");
        command.arg(section);
        text(self.link.ask(Ask::Command("doubts", command)).await?)
    }
}

/// The value of one line `field:value`.
fn says<'a>(info: &'a str, field: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))
}
