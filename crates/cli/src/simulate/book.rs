//! A rules file as it is read, and what it would be at other prices.

use crate::misuse::Misuse;
use domain::Rules;
use std::path::Path;
use std::sync::Arc;
use toml::{Table, Value};

/// The table of a rules file that holds prices.
const PRICE: &str = "price";

pub struct Book {
    /// The file's name, for people.
    pub name: String,
    pub rules: Arc<Rules>,
    table: Table,
}

impl Book {
    pub fn read(flag: &str, file: &Path) -> Result<Self, Misuse> {
        let wrong = |what: String| Misuse::new(format!("{flag} {}: {what}", file.display()));
        let text = std::fs::read_to_string(file).map_err(|error| wrong(error.to_string()))?;
        let rules = Arc::new(Rules::parse(&text).map_err(|error| wrong(error.to_string()))?);
        let table = text.parse().map_err(|error: toml::de::Error| wrong(error.message().to_owned()))?;
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
        Ok(Self { name, rules, table })
    }

    /// The same rules with every price `factor` times as high.
    pub fn at_prices(&self, factor: f64) -> anyhow::Result<Arc<Rules>> {
        let mut table = self.table.clone();
        if let Some(Value::Table(prices)) = table.get_mut(PRICE) {
            scale(prices, factor);
        }
        Ok(Arc::new(Rules::parse(&toml::to_string(&table)?)?))
    }

    /// What one rating point between the teams costs, in seconds of waiting.
    pub fn gap_price_s(&self) -> Option<f64> {
        number(self.table.get(PRICE)?.get("rating_gap")?)
    }
}

/// What is free is no price: it stays, in whatever unit it is.
fn scale(prices: &mut Table, factor: f64) {
    for (key, value) in prices.iter_mut().filter(|(key, _)| !key.contains("free")) {
        match value {
            Value::Table(inner) => scale(inner, factor),
            value => {
                if let Some(price) = number(value) {
                    *value = Value::Float(price * factor);
                } else {
                    tracing::warn!(key, "is no price");
                }
            }
        }
    }
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_scale_and_what_is_free_stays() {
        let mut prices: Table = "rating_gap = 2\nrtt = 0.5\nrtt_free_ms = 60\nroles.off = 4.0".parse().unwrap();
        scale(&mut prices, 0.5);
        let scaled = "rating_gap = 1.0\nrtt = 0.25\nrtt_free_ms = 60\nroles.off = 2.0";
        assert_eq!(prices, scaled.parse::<Table>().unwrap());
    }

    #[test]
    fn scaled_rules_are_other_rules_of_the_same_queue() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules/duel.toml");
        let book = Book::read("--rules", Path::new(file)).unwrap();
        assert_eq!((book.name.as_str(), book.gap_price_s()), ("duel.toml", Some(0.05)));
        let doubled = book.at_prices(2.0).unwrap();
        assert_eq!(doubled.queue(), book.rules.queue());
        assert_ne!(doubled.version(), book.rules.version());
        assert_eq!(book.at_prices(1.0).unwrap().version(), book.rules.version());
    }
}
