//! What ends a replay before its trace does.

use super::progress::say;
use crate::run::Interrupts;
use indicatif::ProgressBar;
use players::{Stage, Tally};
use std::sync::Arc;
use std::time::Duration;

/// A failover takes less; after this long without one answer nobody is there.
const SILENCE_MAX: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// The first Ctrl-C queues nobody further and cancels who waits; the second drops everything. The report comes either way.
pub async fn interrupts(stage: Arc<Stage>, bar: ProgressBar, Interrupts { finish, stop }: Interrupts) {
    let steps = [
        (
            finish,
            &stage.give_up,
            "finishing: cancelling what still waits, playing out what is matched; Ctrl-C again: stop",
        ),
        (stop, &stage.stop, "stopping"),
    ];
    for (asked, token, line) in steps {
        asked.cancelled().await;
        stage.interrupted.cancel();
        token.cancel();
        say(&bar, line);
    }
}

/// Stops the replay of a system that is gone.
pub async fn silence(stage: Arc<Stage>, bar: ProgressBar) {
    while stage.client.pulse.silent() < SILENCE_MAX {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    stage.deserted.cancel();
    stage.give_up.cancel();
    stage.stop.cancel();
    let row = Tally::read(&stage.tally.rows);
    say(&bar, &format!("nothing answered for {} s: stopped after row {row}", SILENCE_MAX.as_secs()));
}
