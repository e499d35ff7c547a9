//! Lets messages that come in the same moment go in one write.

use futures::{Stream, StreamExt};
use std::pin::Pin;
use std::task::{Context, Poll};

/// The messages of a stream, unchanged. The first after a pause is held back until whatever else was ready to run has run: a write to a
/// socket costs as much as many messages do, and those who answer a burst are done within one moment.
pub struct Gather<S: Stream> {
    stream: S,
    held: Option<S::Item>,
    is_paused: bool,
}

impl<S: Stream> Gather<S> {
    pub fn of(stream: S) -> Self {
        Self { stream, held: None, is_paused: true }
    }
}

/// What is held is moved out again, and never pinned.
impl<S: Stream + Unpin> Unpin for Gather<S> {}

impl<S: Stream + Unpin> Stream for Gather<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<S::Item>> {
        let this = self.get_mut();
        if let Some(held) = this.held.take() {
            this.is_paused = false;
            return Poll::Ready(Some(held));
        }
        match this.stream.poll_next_unpin(context) {
            Poll::Ready(Some(first)) if this.is_paused => {
                this.held = Some(first);
                // A task that wakes itself comes behind all others.
                context.waker().wake_by_ref();
                Poll::Pending
            }
            polled => {
                this.is_paused = polled.is_pending();
                polled
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use tokio::sync::mpsc;
    use tokio_stream::wrappers::ReceiverStream;

    #[tokio::test]
    async fn what_others_send_in_the_same_moment_goes_with_the_first() {
        let (sender, receiver) = mpsc::channel(4);
        let mut gathered = Gather::of(ReceiverStream::new(receiver));
        assert_eq!(gathered.next().now_or_never(), None);
        let other = sender.clone();
        sender.try_send(1).unwrap();
        // Ready to run before whoever reads is woken again.
        tokio::spawn(async move { other.send(2).await });
        assert_eq!(gathered.next().await, Some(1));
        assert_eq!(gathered.next().now_or_never(), Some(Some(2)));
        assert_eq!(gathered.next().now_or_never(), None);
    }

    #[tokio::test]
    async fn nothing_is_lost_at_the_end() {
        let gathered = Gather::of(futures::stream::iter([1, 2, 3]));
        assert_eq!(gathered.collect::<Vec<_>>().await, [1, 2, 3]);
    }
}
