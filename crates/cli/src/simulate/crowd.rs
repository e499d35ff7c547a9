//! The trace's players as the engine sees them. Each is named after the first of his rows, for a trace's names need not
//! be such as the engine takes.

use crate::misuse::Misuse;
use domain::{Invalid, Party, Player, RealmId, Rules, TicketId};
use players::{Arrival, Person};
use std::collections::HashMap;
use std::sync::Arc;

/// The realm that ticket ids are derived in; there is no other.
const REALM: &str = "simulation";

/// Everyone who will come.
pub struct Crowd {
    /// In order of time.
    pub tickets: Vec<Ticket>,
    pub players: usize,
}

/// One party of the trace.
pub struct Ticket {
    pub id: TicketId,
    /// After the trace's start, in ms.
    pub queued_ms: u64,
    /// The first of its rows in the trace, counted from 0; the others follow.
    pub row: usize,
    /// The trace's player ids.
    pub names: Vec<Arc<str>>,
    /// Its players, each under the name of his first row.
    pub party: Party,
    /// The region nearest to it; empty when the queue knows no regions.
    pub home: String,
}

impl Crowd {
    /// Errors when a party may not stand in the queue.
    pub fn gather(trace: &str, arrivals: &[Arrival], rules: &Rules) -> Result<Self, Misuse> {
        let realm: RealmId = REALM.parse().map_err(|invalid: Invalid| Misuse::new(invalid.to_string()))?;
        let mut crowd = Self { tickets: Vec::with_capacity(arrivals.len()), players: 0 };
        let mut first_rows = FirstRows::new();
        for arrival in arrivals {
            let row = crowd.players;
            let party = admitted(arrival, row, &mut first_rows, rules).map_err(|invalid| {
                Misuse::new(format!(
                    "{trace}: data row {row}, counted from 0, does not fit the queue {}: {invalid}",
                    rules.queue()
                ))
            })?;
            crowd.players += party.size();
            crowd.tickets.push(Ticket {
                id: TicketId::derive(&realm, &row.to_string(), party.player_ids()),
                queued_ms: arrival.queue_ms,
                row,
                names: arrival.players.iter().map(|person| person.id.clone()).collect(),
                home: rules.place(&party).region,
                party,
            });
        }
        Ok(crowd)
    }
}

/// The first row of each player, by his name in the trace.
type FirstRows<'a> = HashMap<&'a str, usize>;

/// The party whose first member stands in `row`.
fn admitted<'a>(
    arrival: &'a Arrival,
    row: usize,
    first_rows: &mut FirstRows<'a>,
    rules: &Rules,
) -> Result<Party, Invalid> {
    let rows = (row..).zip(&arrival.players);
    let players = rows.map(|(row, person)| player(*first_rows.entry(&person.id).or_insert(row), person));
    let party = Party::try_new(players.collect::<Result<_, _>>()?)?;
    rules.admit(&party)?;
    Ok(party)
}

fn player(first_row: usize, person: &Person) -> Result<Player, Invalid> {
    let mut player = Player::new(format!("row-{first_row}").parse()?, person.rating);
    for (region, rtt_ms) in person.rtt_ms.iter().flat_map(|rtt_ms| rtt_ms.iter()) {
        player.rtt_ms.insert(region.parse()?, *rtt_ms);
    }
    Ok(player)
}
