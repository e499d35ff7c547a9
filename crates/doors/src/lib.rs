//! Who may come in, and what for.
//!
//! Between services, a certificate of the realm's own authority names the role of whoever calls (`member`, `certificates`, `tls`). For
//! clients, a token of the studio's issuer names the player, or marks a realm server (`tokens`). `access` is the table of who may call
//! what, `guard` keeps it in front of a server, and `principal` says what one caller may do beyond: to which tickets, and with whose rating.
//! `rates` is how often. Files are read again when they change (`live`).
//!
//! Architecture invariant: nothing here knows a ticket or asks the store. A service asks [`Principal`] whether what it found may be told.

mod access;
mod certificates;
mod expiry;
mod guard;
mod live;
mod member;
mod principal;
mod rates;
mod tls;
mod tokens;

pub use access::{Access, access};
pub use certificates::{CertificateFiles, Certificates};
pub use guard::{Guard, Guarded};
pub use live::{FileError, Live, RELOAD_POLL};
pub use member::Member;
pub use principal::{Principal, principal};
pub use rates::{Rates, RatesConfig};
pub use tls::{HANDSHAKE_MS_MAX, Line, Outward, Peer, Received, STANDING_MS, Standing, authority, public_authorities};
pub use tokens::{Claims, REALM_SCOPE, Tokens};

use domain::RealmId;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// What stands between an instance's port and its services. Cheap to clone.
#[derive(Clone, Default)]
pub struct Doors(Option<Arc<Locked>>);

/// What locked doors go by.
pub struct Locked {
    pub realm: RealmId,
    pub certificates: Certificates,
    /// How clients are known; none where none are served.
    pub tokens: Option<Tokens>,
    pub rates: Rates,
}

impl Doors {
    /// No TLS, no tokens: everyone may do everything.
    pub fn open() -> Self {
        Self(None)
    }

    pub fn locked(locked: Locked) -> Self {
        Self(Some(Arc::new(locked)))
    }

    /// Reads certificates and keys again as they change, until `shutdown`.
    pub async fn follow(self, shutdown: CancellationToken) {
        let Some(locked) = self.0 else { return };
        let keys = async {
            if let Some(tokens) = &locked.tokens {
                tokens.clone().follow().await;
            }
        };
        let following = async { tokio::join!(locked.certificates.clone().follow(), keys) };
        shutdown.run_until_cancelled(following).await;
    }

    /// By which this instance is known; none where the doors are open.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.lock().map(|locked| &locked.certificates)
    }

    fn lock(&self) -> Option<&Locked> {
        self.0.as_deref()
    }
}
