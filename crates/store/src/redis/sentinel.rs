//! Which server leads, as sentinels say.

use super::trust::Trust;
use ::redis::io::tcp::TcpSettings;
use ::redis::sentinel::{SentinelClientBuilder, SentinelServerType};
use ::redis::{ConnectionAddr, RedisConnectionInfo, RedisResult, TlsMode};

/// Asks these sentinels in turn, and the server that they name whether it knows that it leads: it over TLS where they are asked so.
pub(super) async fn leader(
    sentinels: Vec<ConnectionAddr>,
    name: &str,
    settings: TcpSettings,
    login: &RedisConnectionInfo,
    trust: &Trust,
) -> RedisResult<ConnectionAddr> {
    let is_encrypted = sentinels.iter().any(|at| matches!(at, ConnectionAddr::TcpTls { .. }));
    let mut asked = SentinelClientBuilder::new(sentinels, name, SentinelServerType::Master)?
        .set_client_to_redis_tcp_settings(settings.clone())
        .set_client_to_sentinel_tcp_settings(settings);
    if is_encrypted {
        asked = asked
            .set_client_to_sentinel_certificates(trust.certificates())
            .set_client_to_redis_tls_mode(TlsMode::Secure)
            .set_client_to_redis_certificates(trust.certificates());
    }
    if let Some(user) = login.username() {
        asked = asked.set_client_to_redis_username(user);
    }
    if let Some(password) = login.password() {
        asked = asked.set_client_to_redis_password(password);
    }
    Ok(asked.build()?.async_get_client().await?.get_connection_info().addr().clone())
}
