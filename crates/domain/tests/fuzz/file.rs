//! Shipped rules files with some of their values changed: to other good ones, and to values at and beyond the bounds.

use super::draw::{below, is_ordinary, one_of};
use super::shipped::SHIPPED;
use arbitrary::Unstructured;
use domain::Rules;
use toml::{Table, Value};

/// Most keys changed in one file.
const CHANGES_MAX: usize = 8;

const AMOUNTS: &[&str] =
    &["0", "0.05", "1", "3.5", "40", "1000", "1e9", "1.0000001e9", "-1", "nan", "inf", "5e-324", "true"];
const WHOLE: &[&str] = &["0", "1", "2", "30", "60", "300", "86399", "86400", "86401", "-1", "9223372036854775807"];
const RAMPS: &[&str] = &[
    "0",
    "1",
    "150",
    "1e308",
    "inf",
    "{ start = 0 }",
    "{ start = 100, per_s = 5, max = 400 }",
    "{ start = 1, per_s = 1e308 }",
    "{ start = 1.7e308, per_s = 1.7e308, max = 1.7e308 }",
    "{ start = 3, per_s = -0.1, min = 1 }",
    "{ start = 64, per_s = -1e308 }",
    "{ steps = [[0, 1], [30, 10], [120, 1e9]] }",
    "{ steps = [[0, 5], [0.001, 4], [86400, 0]] }",
    "{ steps = [] }",
    "{ start = nan }",
];
const TEAMS: &[&str] = &[
    "[1, 1]",
    "[2, 2]",
    "[5, 5]",
    "[1, 4]",
    "[3, 3, 3]",
    "[1, 1, 1, 1]",
    "[7]",
    "[64, 36]",
    "[50, 51]",
    "[0, 1]",
    "[9223372036854775807, 9223372036854775807]",
    "[]",
];
const ROLES: &[&str] = &[
    "{ tank = 1 }",
    "{ tank = 1, damage = 2, support = 2 }",
    "[{ tank = 1 }, { tank = 1, damage = 3 }]",
    "{ tank = 0, damage = 1 }",
    "{ damage = 5, tank = 0 }",
    "{}",
    "[]",
];

/// Keys, and values to write there.
const KEYS: &[(&str, &[&str])] = &[
    ("teams", TEAMS),
    ("roles", ROLES),
    ("longest_wait_s", WHOLE),
    ("longest_match_s", WHOLE),
    ("acknowledge_within_s", WHOLE),
    ("regions", &["[]", "[\"europe\"]", "[\"europe\", \"asia\"]", "[\"a\", \"a\"]", "[\"\"]"]),
    ("equal", &["[]", "[\"input\"]", "[\"input\", \"mode\"]", "[\"i n\"]"]),
    ("sets.maps", &["[\"dunes\"]", "[\"dunes\", \"harbour\", \"mill\"]", "[]", "[\"dunes\", \"dunes\"]"]),
    ("rating_scale", &["400", "0.001", "100000", "0", "nan"]),
    ("price.rating_gap", AMOUNTS),
    ("price.win_probability", AMOUNTS),
    ("price.rating_spread", AMOUNTS),
    ("price.rtt", AMOUNTS),
    ("price.rtt_free_ms", AMOUNTS),
    ("price.rtt_free_over_best_ms", AMOUNTS),
    ("price.rtt_difference", AMOUNTS),
    ("price.off_role", AMOUNTS),
    ("price.party_size", AMOUNTS),
    ("price.rematch", AMOUNTS),
    ("limit.rating_gap", RAMPS),
    ("limit.rating_range", RAMPS),
    ("limit.rtt_ms", RAMPS),
    ("limit.rtt_over_best_ms", RAMPS),
    ("limit.off_roles", RAMPS),
    ("limit.party_size", RAMPS),
    ("limit.number.rank", RAMPS),
    ("limit.overlap.maps", RAMPS),
    ("limit.same_until_s.mode", WHOLE),
    ("limit.avoided_until_s", WHOLE),
    ("patience.start_s", AMOUNTS),
    ("patience.least_s", AMOUNTS),
    ("patience.most_s", AMOUNTS),
    ("patience.per_s", AMOUNTS),
    ("patience.after_s", AMOUNTS),
    ("patience.seconds_per_try", AMOUNTS),
    ("patience.unlimited_s", WHOLE),
    ("look.width_max", &["0", "1", "16", "17"]),
    ("look.rating", &["{ start = 0, factor = 1 }", "{ start = 1e9, factor = 1000 }", "{ start = 1, factor = 0.9 }"]),
    ("look.again_ms", RAMPS),
];

/// A shipped file with as many keys changed as the input says. What makes a good file a bad one is mostly undone: of a file that is
/// refused, only the refusal can be tried.
pub fn changed(choices: &mut Unstructured<'_>) -> String {
    let mut file: Table = one_of(choices, &SHIPPED).parse().expect("shipped files are TOML");
    for _ in 0..below(choices, CHANGES_MAX + 1) {
        let before = file.clone();
        let (key, values) = one_of(choices, KEYS);
        let literal = one_of(choices, values);
        write(&mut file, key, literal);
        if is_ordinary(choices) && Rules::parse(&file.to_string()).is_err() {
            file = before;
        }
    }
    file.to_string()
}

fn write(file: &mut Table, key: &str, literal: &str) {
    let mut wrapped: Table = format!("value = {literal}").parse().expect("values are TOML");
    let value = wrapped.remove("value").expect("a value");
    let (tables, name) = key.rsplit_once('.').unwrap_or(("", key));
    let tables = tables.split('.').filter(|name| !name.is_empty());
    let table = tables.fold(file, |table, name| {
        let inner = table.entry(name).or_insert_with(|| Value::Table(Table::new()));
        inner.as_table_mut().expect("no shipped file has a value where a table belongs")
    });
    table.insert(name.into(), value);
}
