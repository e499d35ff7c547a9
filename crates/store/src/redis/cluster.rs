//! Which server leads, as a cluster says: all of a realm is in one slot, so it is kept by one of the masters.

use super::address::beside;
use ::redis::{Client, ConnectionAddr, ErrorKind, RedisError, RedisResult, Value, from_redis_value, pipe};

/// Asks `node` for the master of the key's slot.
pub(super) async fn leader(node: Client, key: &str) -> RedisResult<ConnectionAddr> {
    let mut connection = node.get_multiplexed_async_connection().await?;
    let mut asking = pipe();
    asking.cmd("CLUSTER").arg("KEYSLOT").arg(key).cmd("CLUSTER").arg("SLOTS");
    let (slot, ranges): (u16, Vec<Vec<Value>>) = asking.query_async(&mut connection).await?;
    for range in ranges {
        // First slot, last slot, and who keeps them: the master first.
        let [first, last, master, ..] = &range[..] else { continue };
        let (first, last): (u16, u16) = (from_redis_value(first.clone())?, from_redis_value(last.clone())?);
        if (first..=last).contains(&slot) {
            return address(master, &node);
        }
    }
    Err(RedisError::from((ErrorKind::Io, "the cluster keeps nothing", format!("in slot {slot} of {key}"))))
}

/// A node that does not know its own name is where it was asked.
fn address(master: &Value, asked: &Client) -> RedisResult<ConnectionAddr> {
    let parts: Vec<Value> = from_redis_value(master.clone())?;
    let [host, port, ..] = &parts[..] else {
        return Err(RedisError::from((ErrorKind::UnexpectedReturnType, "a master without an address")));
    };
    let (host, port): (Option<String>, u16) = (from_redis_value(host.clone())?, from_redis_value(port.clone())?);
    Ok(beside(asked.get_connection_info().addr(), host.filter(|host| !host.is_empty()), port))
}
