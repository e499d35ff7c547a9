//! A rules file as a tree that still knows where in the text each of its values stands.

use serde::de::DeserializeOwned;
use std::fmt;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer, Error};

/// One table of a rules file: a queue, or a realm of queues.
#[derive(Clone)]
pub(super) struct Tree<'t>(Spanned<DeTable<'t>>);

/// The names that lead from a queue's table to one of its values; none for the table itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Key(Vec<String>);

impl Key {
    pub fn of<const N: usize>(names: [&str; N]) -> Self {
        Self(names.map(str::to_owned).to_vec())
    }

    pub fn is_whole(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it stands in the table that the other names.
    pub fn is_within(&self, table: &Self) -> bool {
        self.0.starts_with(&table.0)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

impl<'t> Tree<'t> {
    /// Errors with all that is not TOML, in the order of the text.
    pub fn parse(text: &'t str) -> Result<Self, Vec<Error>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        if errors.is_empty() { Ok(Self(table)) } else { Err(errors) }
    }

    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        T::deserialize(Deserializer::from(self.0.clone()))
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.get_ref().keys().map(|name| &**name.get_ref())
    }

    /// The tables of the list of this name; none if that is no list of tables.
    pub fn tables(&self, name: &str) -> Option<Vec<Self>> {
        let list = self.0.get_ref().get(name)?.get_ref().as_array()?;
        let table = |value: &Spanned<DeValue<'t>>| {
            let table = value.get_ref().as_table()?.clone();
            Some(Self(Spanned::new(value.span(), table)))
        };
        list.iter().map(table).collect()
    }

    /// The key whose name or value stands there; that of the whole where none does, as where nothing stands.
    pub fn key_at(&self, span: &Range<usize>) -> Key {
        if span.is_empty() {
            return Key::default();
        }
        let mut names = names_at(self.0.get_ref(), span).unwrap_or_default();
        names.reverse();
        Key(names)
    }

    /// Where the value of a key stands; where it is left out, the nearest table around it.
    pub fn span_of(&self, key: &Key) -> Range<usize> {
        let (mut span, mut table) = (self.0.span(), Some(self.0.get_ref()));
        for name in &key.0 {
            let Some(value) = table.and_then(|table| table.get(name.as_str())) else { break };
            (span, table) = (value.span(), value.get_ref().as_table());
        }
        span
    }

    /// Takes a key out with its value.
    pub fn take_out(&mut self, key: &Key) {
        let Some((last, tables)) = key.0.split_last() else { return };
        let mut table = Some(self.0.get_mut());
        for name in tables {
            table = table.and_then(|table| match table.get_mut(name.as_str())?.get_mut() {
                DeValue::Table(inner) => Some(inner),
                _ => None,
            });
        }
        table.and_then(|table| table.remove(last.as_str()));
    }
}

/// Innermost first.
fn names_at(table: &DeTable<'_>, span: &Range<usize>) -> Option<Vec<String>> {
    let holds = |outer: &Range<usize>| outer.start <= span.start && span.end <= outer.end;
    table.iter().find_map(|(name, value)| {
        // A table under a header stands there with its header alone, not with what it holds.
        let inner = value.get_ref().as_table().and_then(|inner| names_at(inner, span));
        let here = || (holds(&name.span()) || holds(&value.span())).then(Vec::new);
        let mut names = inner.or_else(here)?;
        names.push(name.get_ref().to_string());
        Some(names)
    })
}
