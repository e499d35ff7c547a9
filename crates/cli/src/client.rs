//! Where the system is, and what its failures mean to the person who asked.

mod addresses;
mod explain;

pub use addresses::{Addresses, Side};
pub use explain::explain;

use crate::misuse::Misuse;
use chassis::Network;
use players::{Client, Pool, Retry};

/// A client of the system at `addresses`, with so many connections to each.
pub fn connect(addresses: &Addresses, connections: usize, retry: Retry) -> Result<Client, Misuse> {
    let pool = |side: Side| {
        let flag = side.flag();
        if addresses.of(side).is_empty() || connections == 0 {
            return Err(Misuse::new(format!("{flag} needs an address, for example {flag} http://127.0.0.1:7600")));
        }
        Pool::try_new(&Network::tcp(), addresses.of(side), connections)
            .map_err(|error| Misuse::new(format!("{flag} {error}")))
    };
    Ok(Client::new(pool(Side::Queue)?, pool(Side::Play)?, retry))
}
