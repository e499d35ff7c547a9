//! Where the system is, and what its failures mean to the person who asked.

mod addresses;
mod explain;

pub use addresses::{Addresses, Side, parse as parse_address};
pub use explain::{cause, explain};

use crate::misuse::Misuse;
use chassis::{Bearer, Network};
use doors::{Outward, authority, public_authorities};
use players::{Client, Pool, Retry};

/// A client of the system at `addresses`, with so many connections to each.
pub fn connect(addresses: &Addresses, connections: usize, retry: Retry) -> Result<Client, Misuse> {
    let network = network(addresses)?;
    let pool = |side: Side| {
        let flag = side.flag();
        if addresses.of(side).is_empty() || connections == 0 {
            return Err(Misuse::new(format!("{flag} needs an address, for example {flag} http://127.0.0.1:7600")));
        }
        Pool::try_new(&network, addresses.of(side), connections).map_err(|error| Misuse::new(format!("{flag} {error}")))
    };
    Ok(Client::new(pool(Side::Queue)?, pool(Side::Play)?, retry))
}

/// By TLS where addresses say so, with a token where one is named. Files are read once: a tool does not run for long.
pub fn network(addresses: &Addresses) -> Result<Network, Misuse> {
    let mut network = Network::tcp();
    if addresses.are_encrypted()? {
        let authority = match &addresses.ca {
            Some(file) => authority(file.clone()),
            None => public_authorities(),
        };
        let authority = authority.map_err(|error| Misuse::new(format!("--ca {error}")))?;
        network = network.encrypted(Outward::Client { authority });
    }
    if let Some(file) = &addresses.token_file {
        let bearer = Bearer::open(file.clone()).map_err(|error| Misuse::new(format!("--token-file {error}")))?;
        network = network.bearing(bearer);
    }
    Ok(network)
}
