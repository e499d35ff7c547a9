//! Free text inside keys and lists: bytes that separate are escaped as `%XX`, so that what is joined comes apart again.

use domain::Placement;
use std::fmt::Write;

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.:@".contains(&byte)
}

pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_plain(byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

/// None when the text was not made by [`escape`].
pub(super) fn unescape(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).ok()
}

/// What follows `{realm}:q:` in the key of one place's index.
pub(super) fn place_name(queue: &str, pool: &str, region: &str) -> String {
    format!("{queue}|{}|{}", escape(pool), escape(region))
}

/// `place rating`, by semicolons: how a ticket keeps its places.
pub(super) fn places_text(places: &[Placement]) -> String {
    let place = |place: &Placement| {
        format!("{} {}", place_name(place.queue.as_str(), &place.pool, &place.region), place.rating)
    };
    places.iter().map(place).collect::<Vec<_>>().join(";")
}

/// None when the text was not made by [`places_text`].
pub(super) fn parse_places(text: &str) -> Option<Vec<Placement>> {
    text.split(';').map(parse_place).collect()
}

fn parse_place(text: &str) -> Option<Placement> {
    let (name, rating) = text.split_once(' ')?;
    let mut parts = name.split('|');
    let (queue, pool, region) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Placement {
        queue: queue.parse().ok()?,
        pool: unescape(pool)?,
        region: unescape(region)?,
        rating: rating.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_pool_and_rating_come_back_as_they_were() {
        let pools = ["", "a|b", "x;y z", "50%", "größe", "\n"];
        let ratings = [0.0, -0.1, 1e300, 1500.123456789012];
        let place = |pool: &str, rating| Placement {
            queue: "duel".parse().unwrap(),
            pool: pool.into(),
            region: String::new(),
            rating,
        };
        let places: Vec<_> = pools.iter().flat_map(|pool| ratings.map(|rating| place(pool, rating))).collect();
        assert_eq!(parse_places(&places_text(&places)), Some(places));
    }

    #[test]
    fn text_that_no_escape_made_is_refused() {
        for text in ["%", "%1", "%zz", "%FF"] {
            assert_eq!(unescape(text), None, "{text}");
        }
    }
}
