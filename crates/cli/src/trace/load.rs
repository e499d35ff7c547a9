//! Finding a trace and what goes with it.

use super::cities::Cities;
use super::{Reading, names_cities};
use crate::misuse::Misuse;
use players::Arrival;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The word that stands for the excerpt in the binary.
const ARENA: &str = "arena";
const ARENA_CSV: &str = include_str!("../../traces/arena-10min.csv");
/// Largest file, in bytes: 5,000,000 rows have about 200 MB.
const FILE_BYTES_MAX: u64 = 512 << 20;
/// Used by default when it lies beside a trace that names cities.
const CITIES_FILE: &str = "city_rtt.csv";

/// Where a trace is, and how it is to be read.
pub struct Source<'a> {
    /// A CSV file, or the word `arena`.
    pub trace: &'a str,
    /// Round-trip times from cities to regions; by default those beside a trace that names cities.
    pub rtt: Option<&'a Path>,
    pub rows_max: Option<usize>,
    /// Put before each player id.
    pub prefix: &'a str,
}

/// A trace in memory.
pub struct Loaded {
    /// In order of time.
    pub arrivals: Vec<Arrival>,
    /// Whether it names cities whose round-trip times nobody gave.
    pub lacks_rtt: bool,
}

impl Source<'_> {
    /// Reads the trace, with round-trip times to `regions`; none means all.
    pub fn load(&self, regions: &[String]) -> Result<Loaded, Misuse> {
        let text = if self.trace == ARENA { ARENA_CSV.to_owned() } else { read(Path::new(self.trace))? };
        let cities = match self.cities_file(&text) {
            Some(file) => Some(Cities::parse(&file.display().to_string(), &read(&file)?, regions)?),
            None => None,
        };
        let reading =
            Reading { name: self.trace, rows_max: self.rows_max, prefix: self.prefix, cities: cities.as_ref() };
        let arrivals = reading.parse(&text)?;
        Ok(Loaded { arrivals, lacks_rtt: cities.is_none() && names_cities(&text) })
    }

    fn cities_file(&self, text: &str) -> Option<PathBuf> {
        if self.rtt.is_some() || !names_cities(text) {
            return self.rtt.map(Path::to_owned);
        }
        let beside = Path::new(self.trace).with_file_name(CITIES_FILE);
        beside.is_file().then_some(beside)
    }
}

fn read(file: &Path) -> Result<String, Misuse> {
    let mut text = String::new();
    let read = File::open(file).and_then(|opened| opened.take(FILE_BYTES_MAX + 1).read_to_string(&mut text));
    read.map_err(|error| {
        Misuse::new(format!(
            "can't read {}: {error}; name a CSV file, or `{ARENA}` for the one that ships",
            file.display()
        ))
    })?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(Misuse::new(format!(
            "{}: must have at most {FILE_BYTES_MAX} bytes; play part of it",
            file.display()
        )));
    }
    Ok(text)
}
