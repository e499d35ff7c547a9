//! Which server leads, as sentinels say.

use super::address::beside;
use super::master::connecting;
use ::redis::{Client, Cmd, ConnectionAddr, ErrorKind, FromRedisValue, RedisError, RedisResult, Value, cmd};

/// Asks these sentinels in turn for the master of this name.
pub(super) async fn leader(sentinels: Vec<Client>, name: &str) -> RedisResult<ConnectionAddr> {
    let mut failed = RedisError::from((ErrorKind::Io, "there is no sentinel to ask"));
    for sentinel in sentinels {
        match named(&sentinel, name).await {
            Ok(at) => return Ok(at),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

async fn named(sentinel: &Client, name: &str) -> RedisResult<ConnectionAddr> {
    let mut asking = cmd("SENTINEL");
    asking.arg("GET-MASTER-ADDR-BY-NAME").arg(name);
    let (host, port) = ask::<Option<(String, u16)>>(sentinel, &asking).await?.ok_or_else(|| {
        let at = sentinel.get_connection_info().addr();
        RedisError::from((ErrorKind::MasterNameNotFoundBySentinel, "no master", format!("{name} at sentinel {at}")))
    })?;
    Ok(beside(sentinel.get_connection_info().addr(), Some(host), port))
}

/// Fails where this server does not know that it leads: what sentinels say is old while they let another one lead.
pub(super) async fn confirm(master: &Client) -> RedisResult<()> {
    let role: Vec<Value> = ask(master, &cmd("ROLE")).await?;
    match role.first() {
        Some(Value::BulkString(role)) if role == b"master" => Ok(()),
        _ => Err(RedisError::from((ErrorKind::Io, "whom the sentinels name does not lead"))),
    }
}

async fn ask<T: FromRedisValue>(server: &Client, command: &Cmd) -> RedisResult<T> {
    let mut connection = server.get_multiplexed_async_connection_with_config(&connecting()).await?;
    command.query_async(&mut connection).await
}
