//! The body of an answer that lasts no longer than the token it was asked with.

use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::{Sleep, sleep};
use tonic::Status;

pin_project_lite::pin_project! {
    pub(crate) struct UntilExpiry<B> {
        #[pin]
        body: Option<B>,
        expires: Pin<Box<Sleep>>,
    }
}

impl<B> UntilExpiry<B> {
    pub(crate) fn new(body: B, remaining: Duration) -> Self {
        Self { body: Some(body), expires: Box::pin(sleep(remaining)) }
    }
}

impl<B: Body> Body for UntilExpiry<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(body) = this.body.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        if this.expires.as_mut().poll(cx).is_pending() {
            return Poll::Ready(ready!(body.poll_frame(cx)));
        }
        // What lies behind it ends with it: nobody is told anything more.
        this.body.set(None);
        let status = Status::unauthenticated("the token has expired: come again with a new one");
        let mut trailers = http::HeaderMap::new();
        // A text that is plain ASCII always fits into a header.
        let _ = status.add_header(&mut trailers);
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
