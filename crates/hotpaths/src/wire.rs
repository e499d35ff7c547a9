//! What is put on the wire and taken from it, and what the store keeps in the same encoding.

use crate::checks::first_match;
use crate::crowd::{Knows, NOW_MS, Source};
use crate::searches::{around_the_middle, duel, duel_with_regions, parties_waiting, regions_of_teams, teams};
use crate::{Go, Path};
use api::{Message, v1};
use bytes::Bytes;
use domain::{
    Candidate, Change, Cursor, Encoded, Event, EventTicket, Match, MatchId, MatchState, Outlook, Party, Rules,
};
use std::hint::black_box;

const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

pub const WIRE: &[Path] = &[
    Path::counted("party/encode 1", || encode_party(party_of(1))),
    Path::counted("party/encode 5", || encode_party(party_of(5))),
    Path::counted("party/decode 1", || decode_party(&party_of(1))),
    Path::counted("party/decode 5", || decode_party(&party_of(5))),
    Path::counted("request/encode 128 of duel", || encode_request(request(&duel(), Knows::Ratings))),
    Path::counted("request/decode 128 of duel", || decode_request(&request(&duel(), Knows::Ratings))),
    Path::counted("request/encode 128 of duel with regions", || {
        encode_request(request(&duel_with_regions(regions_of_teams()), Knows::Regions))
    }),
    Path::counted("request/decode 128 of duel with regions", || {
        decode_request(&request(&duel_with_regions(regions_of_teams()), Knows::Regions))
    }),
    Path::counted("event/of a match of duel", || {
        tell(event(&duel(), first_match(&duel(), Source::new().solos(64, Knows::Ratings))))
    }),
    Path::counted("event/of a match of teams-5v5", || tell(event(&teams(), first_match(&teams(), parties_waiting())))),
];

fn party_of(players: usize) -> Party {
    parties_waiting().into_iter().find(|one| one.party.size() == players).unwrap().party
}

fn encode_party(party: Party) -> Go {
    assert_eq!(api::decode_party(&api::encode_party(&party)), Ok(party.clone()));
    Box::new(move || drop(black_box(api::encode_party(black_box(&party)))))
}

fn decode_party(party: &Party) -> Go {
    let encoded = api::encode_party(party);
    assert_eq!(api::decode_party(&encoded).as_ref(), Ok(party));
    Box::new(move || drop(black_box(api::decode_party(black_box(&encoded)))))
}

/// What an orchestrator asks of a matchmaker for an arrival.
fn request(rules: &Rules, knows: Knows) -> v1::SearchRequest {
    let range = around_the_middle(rules, Source::new().solos(1_000, knows), Outlook::default());
    let candidate = |one: &Candidate| v1::Candidate {
        ticket_id: api::ticket_id_to_bytes(one.id),
        version: one.version,
        queued_ms: one.queued_ms,
        tries: one.tries,
        party: api::encode_party(&one.party).0,
    };
    v1::SearchRequest {
        call: 1,
        traceparent: TRACEPARENT.into(),
        queue: rules.queue().to_string(),
        rules_version: rules.version().to_string(),
        now_ms: NOW_MS,
        anchor: range.anchor().map(api::ticket_id_to_bytes).unwrap(),
        candidates: range.candidates.iter().map(candidate).collect(),
        ..Default::default()
    }
}

fn encode_request(request: v1::SearchRequest) -> Go {
    assert_eq!(request.candidates.len(), 128);
    Box::new(move || drop(black_box(black_box(&request).encode_to_vec())))
}

fn decode_request(request: &v1::SearchRequest) -> Go {
    let encoded = Bytes::from(request.encode_to_vec());
    assert_eq!(candidates_of(&encoded).len(), 128);
    Box::new(move || drop(black_box(candidates_of(black_box(&encoded)))))
}

/// As a matchmaker reads them.
fn candidates_of(encoded: &Bytes) -> Vec<Candidate> {
    let request = v1::SearchRequest::decode(encoded.clone()).unwrap();
    request.candidates.iter().map(Candidate::try_from).collect::<Result<_, _>>().unwrap()
}

/// A match's event as the store gives it to the mover.
fn event(rules: &Rules, teams: Vec<Vec<Candidate>>) -> Event {
    let tickets = || teams.iter().flatten();
    let sheet = v1::Sheet {
        queue: rules.queue().to_string(),
        rules_version: rules.version().to_string(),
        teams: teams.iter().map(|team| v1::Team { seats: team.iter().flat_map(seats).collect() }).collect(),
        region: rules.region(&teams, NOW_MS).unwrap().to_owned(),
        cost_s: rules.cost_s(&teams, NOW_MS),
        longest_match_ms: rules.longest_match_ms(),
        acknowledge_within_ms: 0,
    };
    let matched = Match {
        id: MatchId::derive(rules.version(), tickets().map(|one| (one.id, one.version))),
        state: MatchState::Matched,
        tickets: tickets().map(|one| one.id).collect(),
        host: "playserver-1".parse().unwrap(),
        address: String::new(),
        sheet: Encoded(sheet.encode_to_vec().into()),
        acknowledged: Vec::new(),
        matched_ms: NOW_MS,
        assigned_ms: 0,
    };
    let told = |one: &Candidate| EventTicket {
        id: one.id,
        players: one.party.player_ids().cloned().collect(),
        trace: TRACEPARENT.into(),
    };
    Event {
        cursor: Cursor { epoch: 1, seq: 1 },
        change: Change::Matched,
        at_ms: NOW_MS,
        tickets: tickets().map(told).collect(),
        matched: Some(matched),
        watchers: Vec::new(),
        reason: String::new(),
    }
}

fn seats(ticket: &Candidate) -> Vec<v1::Seat> {
    let seat = |player: &domain::Player| v1::Seat {
        player_id: player.id.to_string(),
        ticket_id: ticket.id.to_string(),
        rating: player.rating,
        rtt_ms: player.rtt_ms.values().next().copied(),
        wait_ms: ticket.age_ms(NOW_MS),
        role: String::new(),
    };
    ticket.party.players().iter().map(seat).collect()
}

/// From the outbox to what each of its watchers is sent.
fn tell(event: Event) -> Go {
    let bytes: usize = updates(&event).iter().map(Vec::len).sum();
    assert!(bytes > 0, "nobody is told anything");
    Box::new(move || drop(black_box(updates(black_box(&event)))))
}

fn updates(event: &Event) -> Vec<Vec<u8>> {
    let wire = v1::Event::from(event);
    wire.tickets.iter().map(|ticket| v1::Update::of_event(&wire, ticket).encode_to_vec()).collect()
}
