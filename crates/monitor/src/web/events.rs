use crate::config::KEEP_ALIVE;
use crate::feed::Message;
use crate::watch::Monitor;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use futures::stream::{iter, unfold};
use std::convert::Infallible;
use tokio::sync::OwnedSemaphorePermit;

/// The browser's own header of the last event that it saw.
const LAST_EVENT_ID: &str = "last-event-id";

/// The picture of the system as it changes, to the end of the process or until the page reads too slowly. Then the browser comes again by
/// itself, and names the last event that it saw.
pub async fn events(State(monitor): State<Monitor>, headers: HeaderMap) -> Response {
    let after = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok());
    let Some((reader, snapshot)) = monitor.feed.open(after, &monitor.about(), monitor.clock.now_ms()) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many pages are open").into_response();
    };
    let changes = unfold(reader, |mut reader| async move {
        let told = reader.next().await.ok()?;
        Some((Message::clone(&told), reader))
    });
    let events = iter(snapshot).chain(changes).take_until(monitor.shutdown.clone().cancelled_owned());
    let events = events.map(|message| Ok::<_, Infallible>(event(message)));
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

fn event(message: Message) -> Event {
    Event::default().event(message.kind).id(message.id).data(message.data)
}

/// The body, which keeps `permit` until it is over.
pub fn held(body: Body, permit: OwnedSemaphorePermit) -> Body {
    let frames = body.into_data_stream().map(move |frame| {
        let _held = &permit;
        frame
    });
    Body::from_stream(frames)
}
