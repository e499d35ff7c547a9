//! Which server leads, as sentinels say.

use ::redis::io::tcp::TcpSettings;
use ::redis::sentinel::{SentinelClientBuilder, SentinelServerType};
use ::redis::{ConnectionAddr, RedisConnectionInfo, RedisResult};

/// Asks these sentinels in turn, and the server that they name whether it knows that it leads.
pub(super) async fn leader(
    sentinels: Vec<ConnectionAddr>,
    name: &str,
    settings: TcpSettings,
    login: &RedisConnectionInfo,
) -> RedisResult<ConnectionAddr> {
    let mut asked = SentinelClientBuilder::new(sentinels, name, SentinelServerType::Master)?
        .set_client_to_redis_tcp_settings(settings.clone())
        .set_client_to_sentinel_tcp_settings(settings);
    if let Some(user) = login.username() {
        asked = asked.set_client_to_redis_username(user);
    }
    if let Some(password) = login.password() {
        asked = asked.set_client_to_redis_password(password);
    }
    Ok(asked.build()?.async_get_client().await?.get_connection_info().addr().clone())
}
