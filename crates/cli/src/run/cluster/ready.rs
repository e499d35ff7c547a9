use super::seat::Seat;
use anyhow::{Result, bail};
use domain::{InstanceId, Role};
use std::time::Duration;
use store::{Store, StoreError};
use tokio::time::{Instant, sleep};

/// How long the whole may take until it works.
const START_WAIT_MAX: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Waits until every member is registered and a mover leads: which one.
pub async fn ready(seats: &[Seat], store: &dyn Store) -> Result<Option<String>> {
    let deadline = Instant::now() + START_WAIT_MAX;
    loop {
        let lacking = match look(seats, store).await {
            Ok(Look::Up(leader)) => return Ok(leader),
            Ok(Look::Lacking(what)) => what,
            Err(error) => error.to_string(),
        };
        if Instant::now() >= deadline {
            bail!("not up after {} s: {lacking}", START_WAIT_MAX.as_secs());
        }
        sleep(LOOK_EVERY).await;
    }
}

enum Look {
    /// With the name of the mover that leads.
    Up(Option<String>),
    Lacking(String),
}

async fn look(seats: &[Seat], store: &dyn Store) -> Result<Look, StoreError> {
    for role in Role::ALL {
        let alive = store.instances(role).await?;
        let mut of_role = seats.iter().filter(|seat| seat.role == role);
        if let Some(missing) = of_role.find(|seat| alive.iter().all(|peer| peer.id != seat.instance)) {
            return Ok(Look::Lacking(format!("{} is not registered", missing.name)));
        }
    }
    if seats.iter().all(|seat| seat.role != Role::Mover) {
        return Ok(Look::Up(None));
    }
    let Some(leader) = store.leader().await? else { return Ok(Look::Lacking("no mover leads".to_owned())) };
    Ok(Look::Up(Some(name_of(seats, &leader))))
}

/// On a Redis that others use too, it may be one of theirs.
pub fn name_of(seats: &[Seat], leader: &InstanceId) -> String {
    let own = seats.iter().find(|seat| seat.instance == *leader).map(|seat| seat.name.clone());
    own.unwrap_or_else(|| leader.to_string())
}
