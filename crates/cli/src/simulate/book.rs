//! A queue's rules as they are read, and what they would be at other prices.

use crate::misuse::Misuse;
use domain::Rules;
use std::path::Path;
use std::sync::Arc;
use toml::{Table, Value};

pub struct Book {
    /// The file's name, for people.
    pub name: String,
    pub rules: Arc<Rules>,
    /// What one rating point between the teams costs, in seconds of waiting, where the rules say so.
    pub gap_price_s: Option<f64>,
}

impl Book {
    /// The rules of `queue`; without a name, of the only queue that the file holds.
    pub fn read(flag: &str, file: &Path, queue: Option<&str>) -> Result<Self, Misuse> {
        let wrong = |what: String| Misuse::new(format!("{flag} {}: {what}", file.display()));
        let text = sandbox::rules_text(file).map_err(|error| Misuse::new(format!("{flag} {error}")))?;
        let all = Rules::parse_all(&text).map_err(|error| wrong(error.to_string()))?;
        let rules = chosen(all, queue).map_err(wrong)?;
        let gap_price_s = text.parse().ok().and_then(|table| gap_price_s(&table, rules.queue().as_str()));
        let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned();
        Ok(Self { name, rules: Arc::new(rules), gap_price_s })
    }

    /// The same rules with every price `factor` times as high.
    pub fn at_prices(&self, factor: f64) -> Arc<Rules> {
        if factor == 1.0 { self.rules.clone() } else { Arc::new(self.rules.with_prices_scaled(factor)) }
    }
}

fn chosen(mut all: Vec<Rules>, queue: Option<&str>) -> Result<Rules, String> {
    let names = all.iter().map(|rules| rules.queue().as_str()).collect::<Vec<_>>().join(", ");
    match queue {
        Some(queue) => {
            let named = all.into_iter().find(|rules| rules.queue().as_str() == queue);
            named.ok_or_else(|| format!("holds no queue {queue}: --queue must be one of {names}"))
        }
        None if all.len() > 1 => Err(format!("holds several queues: name one with --queue, of {names}")),
        None => all.pop().ok_or_else(|| "holds no queue".to_owned()),
    }
}

fn gap_price_s(table: &Table, queue: &str) -> Option<f64> {
    let is_named = |one: &&Table| one.get("queue").and_then(Value::as_str) == Some(queue);
    let many = table.get("queues").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table);
    let price = many.chain([table]).find(is_named)?.get("price")?.get("rating_gap")?;
    price.as_float().or_else(|| price.as_integer().map(|whole| whole as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    const DUEL: &str = include_str!("../../../../rules/duel.toml");

    fn book(text: &str, queue: Option<&str>) -> Result<Book, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Book::read("--rules", file.path(), queue).map_err(|misuse| misuse.to_string())
    }

    #[test]
    fn the_only_queue_need_not_be_named() {
        let only = book(DUEL, None).unwrap();
        assert_eq!((only.rules.queue().as_str(), only.gap_price_s), ("duel", Some(0.05)));
        assert!(book(DUEL, Some("duel")).is_ok());
        let unknown = book(DUEL, Some("chess")).err().unwrap();
        assert!(unknown.ends_with("holds no queue chess: --queue must be one of duel"), "{unknown}");
    }

    #[test]
    fn one_of_several_queues_is_named() {
        let one = |queue: &str, price: &str| {
            format!(
                "[[queues]]\nqueue = \"{queue}\"\nteams = [1, 1]\nlongest_wait_s = 60\nlongest_match_s = 60\n\
                 [queues.price]\nrating_gap = {price}\n[queues.patience]\nstart_s = 1\nper_s = 1\n"
            )
        };
        let text = one("slow", "0.5") + &one("fast", "2");
        assert_eq!(book(&text, Some("fast")).unwrap().gap_price_s, Some(2.0));
        let several = book(&text, None).err().unwrap();
        assert!(several.ends_with("holds several queues: name one with --queue, of slow, fast"), "{several}");
    }
}
