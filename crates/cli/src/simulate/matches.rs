//! `matches.csv`: one line a player.

use super::crowd::Crowd;
use super::played::Played;
use sha2::{Digest, Sha256};

const HEADER: [&str; 9] =
    ["match_id", "matched_ms", "team", "row", "player_id", "rating", "wait_ms", "region", "rtt_ms"];

/// Matches are numbered from 0 in the order in which they were made, teams as in the rules, rows as in the trace.
pub fn csv(crowd: &Crowd, played: &Played) -> anyhow::Result<Vec<u8>> {
    let mut lines = csv::Writer::from_writer(Vec::new());
    lines.write_record(HEADER)?;
    for seat in played.seats(crowd) {
        lines.write_record([
            &seat.match_number.to_string(),
            &seat.made.matched_ms.to_string(),
            &seat.team.to_string(),
            &seat.row().to_string(),
            &*seat.ticket.names[seat.member],
            &seat.player().rating.to_string(),
            &seat.wait_ms().to_string(),
            &seat.made.region,
            &seat.rtt_ms().map(|rtt_ms| rtt_ms.to_string()).unwrap_or_default(),
        ])?;
    }
    Ok(lines.into_inner()?)
}

/// SHA-256 in hexadecimal digits.
pub fn content_hash(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}
