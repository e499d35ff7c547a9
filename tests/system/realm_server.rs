use crate::fixture::{Fixture, On, on_both_stores};
use anyhow::{Context, Result, bail};
use api::v1::follow_response::Result as Said;
use api::v1::session_response::Result as Answer;
use api::v1::{
    AcknowledgeRequest, CancelRequest, Change, EndMatchRequest, EnqueueRequest, FollowRequest, SessionRequest,
    TicketState, UnfollowRequest, Update, WatchRequest, follow_request, session_request, unfollow_request,
    watch_request,
};
use domain::Role;
use sandbox::{Actor, Counts, Following, Session};
use std::collections::HashMap;
use tonic::Code;

/// More than may be in work at once: the rest waits unread and is answered all the same.
const PLAYERS: usize = 400;

fn name(number: usize) -> String {
    format!("p{number}")
}

/// Players so far apart that none of them meet.
fn far_apart(fixture: &Fixture, number: usize) -> Result<Actor> {
    fixture.player(&name(number), 400.0 * number as f64 - 80_000.0)
}

fn enqueue(request: EnqueueRequest) -> SessionRequest {
    SessionRequest { op: Some(session_request::Op::Enqueue(request)), ..Default::default() }
}

fn cancel(ticket_id: &str) -> SessionRequest {
    let request = CancelRequest { ticket_id: ticket_id.to_owned(), ..Default::default() };
    SessionRequest { op: Some(session_request::Op::Cancel(request)), ..Default::default() }
}

/// The next `count` answers by their call's number, each once.
async fn answers(session: &mut Session, count: usize) -> Result<HashMap<u64, Answer>> {
    let mut answers = HashMap::new();
    for _ in 0..count {
        let response = session.hears().await?.context("the stream ended")?;
        let answer = response.result.context("an answer says something")?;
        if let Some(twice) = answers.insert(response.call, answer) {
            bail!("call {} is answered twice: {twice:?}", response.call);
        }
    }
    Ok(answers)
}

fn ticket_of(answer: &Answer) -> Result<String> {
    match answer {
        Answer::Enqueued(enqueued) => Ok(enqueued.ticket.as_ref().context("ticket")?.id.clone()),
        other => bail!("not queued: {other:?}"),
    }
}

fn failure_of(answer: &Answer) -> Option<Code> {
    match answer {
        Answer::Failure(failure) => Some(failure.code.into()),
        _ => None,
    }
}

fn follow(player: &str) -> FollowRequest {
    let subject = Some(watch_request::Subject::PlayerId(player.to_owned()));
    let watch = WatchRequest { subject, ..Default::default() };
    FollowRequest { op: Some(follow_request::Op::Follow(watch)), ..Default::default() }
}

fn unfollow(player: &str) -> FollowRequest {
    let subject = Some(unfollow_request::Subject::PlayerId(player.to_owned()));
    FollowRequest { op: Some(follow_request::Op::Unfollow(UnfollowRequest { subject })), ..Default::default() }
}

fn acknowledge(match_id: &str, player_id: &str) -> FollowRequest {
    let (match_id, player_id) = (match_id.to_owned(), player_id.to_owned());
    let request = AcknowledgeRequest { match_id, player_id, ..Default::default() };
    FollowRequest { op: Some(follow_request::Op::Acknowledge(request)), ..Default::default() }
}

fn end(match_id: &str) -> FollowRequest {
    let request = EndMatchRequest { match_id: match_id.to_owned(), ..Default::default() };
    FollowRequest { op: Some(follow_request::Op::EndMatch(request)), ..Default::default() }
}

/// Says it and hears until it is answered; updates in between go to `heard`.
async fn asks(line: &mut Following, request: FollowRequest, heard: &mut Vec<Update>) -> Result<Said> {
    let call = line.says(request)?;
    loop {
        let response = line.hears().await?.context("the stream ended")?;
        match response.result.context("an answer says something")? {
            Said::Update(update) => heard.push(update),
            said if response.call == call => return Ok(said),
            said => bail!("call {} was not asked: {said:?}", response.call),
        }
    }
}

async fn does(line: &mut Following, request: FollowRequest, heard: &mut Vec<Update>) -> Result<()> {
    match asks(line, request, heard).await? {
        Said::Done(_) => Ok(()),
        other => bail!("not done: {other:?}"),
    }
}

/// Hears until an update is as `wanted`, and adds all of them to `heard`.
async fn hears_of(line: &mut Following, heard: &mut Vec<Update>, wanted: impl Fn(&Update) -> bool) -> Result<Update> {
    loop {
        let response = line.hears().await?.with_context(|| format!("the stream ended after {heard:?}"))?;
        let Some(Said::Update(update)) = response.result else { bail!("not an update: {response:?}") };
        heard.push(update.clone());
        if wanted(&update) {
            return Ok(update);
        }
    }
}

/// Of a ticket of his; not that he has none.
fn is_of(update: &Update, player: &str) -> bool {
    !update.ticket_id.is_empty() && update.player_ids.iter().any(|id| id == player)
}

on_both_stores! {
    async fn a_realm_server_queues_and_cancels_for_many_on_one_stream(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut session = Session::open(&fixture.address(Role::Orchestrator, 0)?).await?;
        let mut calls = Vec::new();
        for number in 0..PLAYERS {
            calls.push(session.says(enqueue(far_apart(&fixture, number)?.request("duel")))?);
        }
        let queued = answers(&mut session, PLAYERS).await?;
        let tickets: Vec<String> = calls.iter().map(|call| ticket_of(&queued[call])).collect::<Result<_>>()?;
        assert_eq!(fixture.store().waiting().await?, PLAYERS as u64);

        let calls: Vec<u64> = tickets.iter().map(|ticket| session.says(cancel(ticket))).collect::<Result<_>>()?;
        let cancelled = answers(&mut session, PLAYERS).await?;
        for (call, ticket) in calls.iter().zip(&tickets) {
            let Answer::Cancelled(answer) = &cancelled[call] else { bail!("{:?}", cancelled[call]) };
            let answered = answer.ticket.as_ref().context("ticket")?;
            assert_eq!((&answered.id, answered.state()), (ticket, TicketState::Cancelled));
        }
        assert_eq!(fixture.store().waiting().await?, 0);
        assert_eq!(session.closes().await?, []);
        Ok(())
    }

    async fn a_failure_inside_the_stream_ends_one_call_and_not_the_others(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut session = Session::open(&fixture.address(Role::Orchestrator, 0)?).await?;
        let ann = fixture.player("ann", 1500.0)?;
        ann.queues("duel").await?;

        let bad = [
            (session.says(enqueue(EnqueueRequest::default()))?, Code::InvalidArgument),
            (session.says(enqueue(ann.request("duel")))?, Code::AlreadyExists),
            (session.says(cancel(&"0".repeat(32)))?, Code::NotFound),
            (session.says(SessionRequest::default())?, Code::InvalidArgument),
        ];
        let good = session.says(enqueue(fixture.player("ben", 90_000.0)?.request("duel")))?;
        let answers = answers(&mut session, bad.len() + 1).await?;
        for (call, code) in bad {
            assert_eq!(failure_of(&answers[&call]), Some(code), "{:?}", answers[&call]);
        }
        ticket_of(&answers[&good])?;
        Ok(())
    }

    async fn what_was_asked_before_the_stream_was_closed_is_answered_and_tickets_stay(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut session = Session::open(&fixture.address(Role::Orchestrator, 0)?).await?;
        for number in 0..10 {
            session.says(enqueue(far_apart(&fixture, number)?.request("duel")))?;
        }
        assert_eq!(session.closes().await?.len(), 10);
        assert_eq!(fixture.store().waiting().await?, 10);
        Ok(())
    }

    async fn a_realm_server_follows_acknowledges_and_ends_for_many_on_one_stream(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut line = Following::open(&fixture.address(Role::Playserver, 0)?).await?;
        let mut heard = Vec::new();
        for player in ["ann", "ben", "cat"] {
            does(&mut line, follow(player), &mut heard).await?;
        }
        fixture.player("ann", 1500.0)?.queues("duel").await?;
        fixture.player("ben", 1505.0)?.queues("duel").await?;
        let mut told = Vec::new();
        for player in ["ann", "ben"] {
            let before = heard.iter().find(|update| is_of(update, player) && update.state() == TicketState::Assigned);
            told.push(match before.cloned() {
                Some(update) => update,
                None => hears_of(&mut line, &mut heard, |update| {
                    is_of(update, player) && update.state() == TicketState::Assigned
                }).await?,
            });
        }
        let matched = told[0].r#match.clone().context("match")?;
        assert_eq!(told[1].r#match.as_ref().map(|other| &other.id), Some(&matched.id));

        for player in ["ann", "ben"] {
            does(&mut line, acknowledge(&matched.id, player), &mut heard).await?;
        }
        let foreign = asks(&mut line, acknowledge(&matched.id, "cat"), &mut heard).await?;
        assert!(matches!(&foreign, Said::Failure(failure) if Code::from(failure.code) == Code::NotFound), "{foreign:?}");

        does(&mut line, end(&matched.id), &mut heard).await?;
        if !heard.iter().any(|update| is_of(update, "ann") && update.change() == Change::Ended) {
            hears_of(&mut line, &mut heard, |update| is_of(update, "ann") && update.change() == Change::Ended).await?;
        }
        Ok(())
    }

    async fn whoever_is_unfollowed_is_heard_of_no_more(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut line = Following::open(&fixture.address(Role::Playserver, 0)?).await?;
        let mut heard = Vec::new();
        for player in ["ann", "ben"] {
            does(&mut line, follow(player), &mut heard).await?;
        }
        does(&mut line, unfollow("ann"), &mut heard).await?;
        fixture.player("ann", 1500.0)?.queues("duel").await?;
        fixture.player("ben", 90_000.0)?.queues("duel").await?;
        // Changes are told in order: what ann did would have come first.
        let told = hears_of(&mut line, &mut heard, |update| is_of(update, "ben")).await?;
        assert_eq!(told.change(), Change::Queued);
        assert!(!heard.iter().any(|update| is_of(update, "ann")), "{heard:?}");
        Ok(())
    }

    async fn an_unfollow_right_behind_its_follow_ends_it(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut line = Following::open(&fixture.address(Role::Playserver, 0)?).await?;
        let mut heard = Vec::new();
        for player in 0..50 {
            // Neither waits for the other's answer.
            line.says(follow(&name(player)))?;
            line.says(unfollow(&name(player)))?;
        }
        let mut unanswered = 100;
        while unanswered > 0 {
            let response = line.hears().await?.context("the stream ended")?;
            unanswered -= usize::from(response.call > 0);
        }
        does(&mut line, follow("ben"), &mut heard).await?;
        for player in 0..50 {
            far_apart(&fixture, player)?.queues("duel").await?;
        }
        fixture.player("ben", 90_000.0)?.queues("duel").await?;
        // Changes are told in order: those of the others would have come first.
        hears_of(&mut line, &mut heard, |update| is_of(update, "ben") && !update.snapshot).await?;
        let others: Vec<&Update> = heard.iter().filter(|update| !update.ticket_id.is_empty() && !is_of(update, "ben")).collect();
        assert!(others.is_empty(), "{others:?}");
        Ok(())
    }

    async fn whoever_is_followed_again_is_told_of_his_present_state_again(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        // Nothing changes while she waits, so that only a snapshot can be told.
        let mut ann = fixture.player("ann", 1500.0)?.enqueues("duel").await?;
        ann.cancels().await?;
        let mut line = Following::open(&fixture.address(Role::Playserver, 0)?).await?;
        for _ in 0..2 {
            let mut heard = Vec::new();
            does(&mut line, follow("ann"), &mut heard).await?;
            let is_present_state = |update: &Update| is_of(update, "ann") && update.snapshot;
            if !heard.iter().any(is_present_state) {
                hears_of(&mut line, &mut heard, is_present_state).await?;
            }
            does(&mut line, unfollow("ann"), &mut heard).await?;
        }
        Ok(())
    }

    async fn closing_the_request_side_ends_the_stream_of_updates(on: On) -> Result<()> {
        let fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut line = Following::open(&fixture.address(Role::Playserver, 0)?).await?;
        does(&mut line, follow("ann"), &mut Vec::new()).await?;
        line.closes().await?;
        Ok(())
    }

    async fn a_leaving_playserver_ends_a_realm_servers_stream_with_unavailable(on: On) -> Result<()> {
        let mut fixture = Fixture::open(on, Counts::ONE_EACH).await?;
        let mut line = Following::open(&fixture.address(Role::Playserver, 0)?).await?;
        does(&mut line, follow("ann"), &mut Vec::new()).await?;
        fixture.system.take(Role::Playserver, 0)?.stop().await?;
        loop {
            match line.hears().await {
                Ok(Some(_)) => {}
                Ok(None) => bail!("the stream ended without a status"),
                Err(status) => {
                    assert_eq!(status.code(), Code::Unavailable, "{status}");
                    return Ok(());
                }
            }
        }
    }
}
