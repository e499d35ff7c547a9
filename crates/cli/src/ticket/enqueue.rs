//! From flags to an Enqueue request. Bounds are the server's to check; here only what could not be sent at all.

use super::args::EnqueueArgs;
use crate::misuse::Misuse;
use api::v1;
use std::collections::BTreeMap;
use std::str::FromStr;

/// Where most rating systems start.
const RATING_DEFAULT: f64 = 1500.0;

pub fn request(args: &EnqueueArgs, realm: String) -> Result<v1::EnqueueRequest, Misuse> {
    let alike = v1::Player {
        deviation: args.deviation,
        rtt_ms: pairs("--rtt", "REGION=MS", &args.rtt)?,
        roles: args.role.clone(),
        strings: pairs("--string", "KEY=TEXT", &args.string)?,
        numbers: pairs("--number", "KEY=NUMBER", &args.number)?,
        ..Default::default()
    };
    let players = args.player.iter().map(|text| player(text, &alike)).collect::<Result<_, _>>()?;
    // A lost answer can be asked for again only under a key.
    let client_key = args.key.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    // Whoever asks by hand may want to see what became of it.
    Ok(v1::EnqueueRequest { realm, client_key, queues: args.queue.clone(), players, traced: true })
}

/// `ID[:RATING]`. An id may hold colons itself; then its rating must be given.
fn player(text: &str, alike: &v1::Player) -> Result<v1::Player, Misuse> {
    let Some((id, rating)) = text.rsplit_once(':') else {
        return Ok(v1::Player { id: text.to_owned(), rating: RATING_DEFAULT, ..alike.clone() });
    };
    if rating.is_empty() {
        return Err(Misuse::new(format!("--player {text} has no rating after the colon; write for example {id}:1500")));
    }
    let rating = rating.parse().map_err(|_| {
        Misuse::new(format!("--player {text}: `{rating}` is no rating; write ID:RATING, for example {id}:1500"))
    })?;
    Ok(v1::Player { id: id.to_owned(), rating, ..alike.clone() })
}

fn pairs<T: FromStr>(flag: &str, form: &str, texts: &[String]) -> Result<BTreeMap<String, T>, Misuse> {
    let wrong = |text: &str| Misuse::new(format!("{flag} {text}: write it as {form}"));
    let pair = |text: &String| {
        let (key, value) = text.split_once('=').ok_or_else(|| wrong(text))?;
        Ok((key.to_owned(), value.parse().map_err(|_| wrong(text))?))
    };
    texts.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_has_an_id_and_perhaps_a_rating() {
        let alike = v1::Player::default();
        let read = |text| player(text, &alike).map(|player| (player.id, player.rating));
        assert_eq!(read("ada").unwrap(), ("ada".to_owned(), 1500.0));
        assert_eq!(read("ada:1620.5").unwrap(), ("ada".to_owned(), 1620.5));
        assert_eq!(read("eu:ada:1620").unwrap(), ("eu:ada".to_owned(), 1620.0));
        assert!(read("zoe:").unwrap_err().to_string().starts_with("--player zoe: has no rating after the colon"));
        assert!(read("ada:good").unwrap_err().to_string().starts_with("--player ada:good: `good` is no rating"));
    }

    #[test]
    fn pairs_name_the_flag_they_break() {
        let rtt = pairs::<u32>("--rtt", "REGION=MS", &["eu=21".to_owned()]).unwrap();
        assert_eq!(rtt, [("eu".to_owned(), 21)].into());
        for bad in ["eu", "eu=-1", "eu="] {
            let error = pairs::<u32>("--rtt", "REGION=MS", &[bad.to_owned()]).unwrap_err();
            assert_eq!(error.to_string(), format!("--rtt {bad}: write it as REGION=MS"));
        }
    }
}
