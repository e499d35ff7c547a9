//! Finding the trace and what goes with it.

use super::args::Args;
use super::cities::Cities;
use super::trace::{Arrival, Reading, names_cities};
use crate::misuse::Misuse;
use std::fs;
use std::path::{Path, PathBuf};

/// The word that stands for the excerpt in the binary.
const ARENA: &str = "arena";
const ARENA_CSV: &str = include_str!("../../traces/arena-10min.csv");
/// Used by default when it lies beside a trace that names cities.
const CITIES_FILE: &str = "city_rtt.csv";

pub fn arrivals(args: &Args) -> Result<Vec<Arrival>, Misuse> {
    let text = if args.trace == ARENA { ARENA_CSV.to_owned() } else { read(Path::new(&args.trace))? };
    let cities = match cities_file(args, &text) {
        Some(file) => Some(Cities::parse(&file.display().to_string(), &read(&file)?, &args.region)?),
        None => None,
    };
    let name = &args.trace;
    Reading { name, rows_max: args.limit_rows, prefix: &args.prefix, cities: cities.as_ref() }.parse(&text)
}

fn cities_file(args: &Args, text: &str) -> Option<PathBuf> {
    if args.rtt.is_some() || !names_cities(text) {
        return args.rtt.clone();
    }
    let beside = Path::new(&args.trace).with_file_name(CITIES_FILE);
    beside.is_file().then_some(beside)
}

fn read(file: &Path) -> Result<String, Misuse> {
    fs::read_to_string(file).map_err(|error| {
        Misuse::new(format!(
            "can't read {}: {error}; name a CSV file, or `{ARENA}` for the one that ships",
            file.display()
        ))
    })
}
