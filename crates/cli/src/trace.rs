//! A trace: who queues when, with whom. Every bad row is one line that names the file and the line in it.

mod cities;
mod load;

pub use load::Source;

use crate::misuse::Misuse;
use cities::Cities;
use csv::StringRecord;
use domain::limits::PARTY_PLAYERS_MAX;
use players::{Arrival, Person};
use std::str::FromStr;

/// Longer traces are refused: all rows are held in memory.
pub const ROWS_MAX: usize = 5_000_000;

/// Latest arrival: a century in.
const QUEUE_MS_MAX: u64 = 100 * 365 * 86_400_000;
const SOLO: [&str; 3] = ["queue_ms", "player_id", "rating"];
const PARTIES: [&str; 6] = ["queue_ms", "party_id", "player_id", "rating", "city", "country"];

/// How to read a trace, besides its text.
#[derive(Default)]
pub struct Reading<'a> {
    /// For messages.
    pub name: &'a str,
    pub rows_max: Option<usize>,
    /// Put before each player id.
    pub prefix: &'a str,
    pub cities: Option<&'a Cities>,
}

/// Does this trace say where its players live?
pub fn names_cities(text: &str) -> bool {
    text.lines().next().is_some_and(|header| header.trim_end() == PARTIES.join(","))
}

impl Reading<'_> {
    /// The arrivals, in order of time.
    pub fn parse(&self, text: &str) -> Result<Vec<Arrival>, Misuse> {
        let mut rows = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let header = rows.headers().map_err(|error| self.wrong(1, error))?.clone();
        let parties = match header.iter().collect::<Vec<_>>() {
            columns if columns == SOLO => false,
            columns if columns == PARTIES => true,
            _ => {
                return Err(
                    self.wrong(1, format!("the header must be `{}` or `{}`", SOLO.join(","), PARTIES.join(",")))
                );
            }
        };
        let mut arrivals = Arrivals { parties, columns: header.len(), ..Default::default() };
        for record in rows.records().take(self.rows_max.unwrap_or(usize::MAX)) {
            let record = record.map_err(|error| self.wrong(error.position().map_or(0, |at| at.line()), &error))?;
            let line = record.position().map_or(0, |at| at.line());
            self.row(&mut arrivals, &record).map_err(|what| self.wrong(line, what))?;
        }
        if arrivals.done.is_empty() {
            return Err(self.wrong(2, "there are no rows"));
        }
        Ok(arrivals.done)
    }

    fn row(&self, arrivals: &mut Arrivals, record: &StringRecord) -> Result<(), String> {
        if record.len() != arrivals.columns {
            return Err(format!("the row has {} columns, the header {}", record.len(), arrivals.columns));
        }
        let queue_ms = number::<u64>("queue_ms", &record[0])?;
        if queue_ms > QUEUE_MS_MAX {
            return Err(format!("queue_ms must be at most {QUEUE_MS_MAX}, is {queue_ms}"));
        }
        let party = if arrivals.parties { Some(&record[1]).filter(|id| !id.trim().is_empty()) } else { None };
        let at = usize::from(arrivals.parties);
        let rating = number::<f64>("rating", &record[at + 2])?;
        if !rating.is_finite() {
            return Err(format!("rating `{rating}` is no number"));
        }
        let id = format!("{}{}", self.prefix, name("player_id", &record[at + 1])?).into();
        let rtt_ms = match self.cities {
            Some(cities) if arrivals.parties => Some(cities.rtt_ms(&record[4], &record[5])?),
            _ => None,
        };
        arrivals.add(queue_ms, party, Person { id, rating, rtt_ms })
    }

    fn wrong(&self, line: u64, what: impl std::fmt::Display) -> Misuse {
        Misuse::new(format!("{}:{line}: {what}", self.name))
    }
}

/// Arrivals so far.
#[derive(Default)]
struct Arrivals {
    parties: bool,
    columns: usize,
    rows: usize,
    last_party: Option<String>,
    done: Vec<Arrival>,
}

impl Arrivals {
    fn add(&mut self, queue_ms: u64, party: Option<&str>, person: Person) -> Result<(), String> {
        self.rows += 1;
        if self.rows > ROWS_MAX {
            return Err(format!("a trace may have {ROWS_MAX} rows; play part of it"));
        }
        let same_party = party.is_some() && self.last_party.as_deref() == party;
        match self.done.last_mut() {
            Some(last) if queue_ms < last.queue_ms => {
                Err(format!("queue_ms goes back from {} to {queue_ms}", last.queue_ms))
            }
            Some(last) if same_party && queue_ms != last.queue_ms => {
                Err(format!("party {} queued at {} already", party.unwrap_or_default(), last.queue_ms))
            }
            Some(last) if same_party && last.players.iter().any(|other| other.id == person.id) => {
                Err(format!("player {} stands in his party twice", person.id))
            }
            Some(last) if same_party && last.players.len() == PARTY_PLAYERS_MAX => {
                Err(format!("party {} has more than {PARTY_PLAYERS_MAX} players", party.unwrap_or_default()))
            }
            Some(last) if same_party => {
                last.players.push(person);
                Ok(())
            }
            _ => {
                self.last_party = party.map(str::to_owned);
                self.done.push(Arrival { queue_ms, players: vec![person] });
                Ok(())
            }
        }
    }
}

fn number<T: FromStr>(column: &str, text: &str) -> Result<T, String> {
    text.trim().parse().map_err(|_| format!("{column} `{text}` is no number that fits"))
}

fn name<'a>(column: &str, text: &'a str) -> Result<&'a str, String> {
    let text = text.trim();
    if text.is_empty() { Err(format!("{column} is empty")) } else { Ok(text) }
}

#[cfg(test)]
mod tests;
