//! Round-trip times from cities to regions: `city,country,continent,population`, then one column a region, in milliseconds.

use crate::misuse::Misuse;
use csv::StringRecord;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Columns before the regions'.
const COLUMNS_BEFORE: [&str; 4] = ["city", "country", "continent", "population"];

type RttMs = Arc<BTreeMap<String, u32>>;

pub struct Cities(HashMap<(String, String), RttMs>);

impl Cities {
    /// `only` names the regions to keep; none means all. `name` is for messages.
    pub fn parse(name: &str, text: &str, only: &[String]) -> Result<Self, Misuse> {
        let wrong = |line: u64, what: String| Misuse::new(format!("{name}:{line}: {what}"));
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let header = rows.headers().map_err(|error| wrong(1, error.to_string()))?.clone();
        check_header(&header, only).map_err(|what| wrong(1, what))?;
        let mut cities = HashMap::new();
        for record in rows.records() {
            let record =
                record.map_err(|error| wrong(error.position().map_or(0, |at| at.line()), error.to_string()))?;
            let line = record.position().map_or(0, |at| at.line());
            let rtt_ms = row(&header, &record, only).map_err(|what| wrong(line, what))?;
            cities.insert((record[0].to_owned(), record[1].to_owned()), Arc::new(rtt_ms));
        }
        Ok(Self(cities))
    }

    pub fn rtt_ms(&self, city: &str, country: &str) -> Result<RttMs, String> {
        let known = self.0.get(&(city.to_owned(), country.to_owned()));
        known.cloned().ok_or_else(|| format!("city {city}, {country} has no round-trip times"))
    }
}

fn check_header(header: &StringRecord, only: &[String]) -> Result<(), String> {
    let columns = header.iter().collect::<Vec<_>>();
    let regions = columns.strip_prefix(&COLUMNS_BEFORE).filter(|regions| !regions.is_empty());
    let regions = regions.ok_or_else(|| format!("the header must be `{}`, then regions", COLUMNS_BEFORE.join(",")))?;
    match only.iter().find(|region| !regions.contains(&region.as_str())) {
        Some(unknown) => Err(format!("there is no region {unknown}; there are {}", regions.join(", "))),
        None => Ok(()),
    }
}

fn row(header: &StringRecord, record: &StringRecord, only: &[String]) -> Result<BTreeMap<String, u32>, String> {
    let regions = header.iter().zip(record).skip(COLUMNS_BEFORE.len());
    let kept = regions.filter(|(region, _)| only.is_empty() || only.iter().any(|kept| kept == region));
    let rtt = |(region, text): (&str, &str)| {
        let ms = text.parse().map_err(|_| format!("{region} `{text}` is no number of milliseconds"))?;
        Ok((region.to_owned(), ms))
    };
    kept.map(rtt).collect()
}

#[cfg(test)]
mod tests {
    use super::Cities;

    const HEADER: &str = "city,country,continent,population,eu,us";

    #[test]
    fn only_the_regions_asked_for_are_kept() {
        let cities = Cities::parse("c.csv", &format!("{HEADER}\nA,X,EU,1,20,90\n"), &["us".to_owned()]).unwrap();
        assert_eq!(*cities.rtt_ms("A", "X").unwrap(), [("us".to_owned(), 90)].into());
    }

    #[test]
    fn bad_files_are_one_line() {
        let wrong = |text: &str, only: &[String]| Cities::parse("c.csv", text, only).err().unwrap().to_string();
        assert_eq!(
            wrong("a,b\n", &[]),
            "c.csv:1: the header must be `city,country,continent,population`, then regions"
        );
        assert_eq!(wrong(HEADER, &["mars".to_owned()]), "c.csv:1: there is no region mars; there are eu, us");
        assert_eq!(
            wrong(&format!("{HEADER}\nA,X,EU,1,20,far\n"), &[]),
            "c.csv:2: us `far` is no number of milliseconds"
        );
    }
}
