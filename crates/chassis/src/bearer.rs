//! The token under which a client's calls are made.

use doors::{FileError, Live};
use http::header::{AUTHORIZATION, HeaderValue};
use std::path::PathBuf;
use std::task::{Context, Poll};
use tonic::body::Body;
use tower::Service;

/// A token in a file, which is read again as it changes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bearer(Live<HeaderValue>);

impl Bearer {
    pub fn open(file: PathBuf) -> Result<Self, FileError> {
        Live::open(vec![file], |read| header(&read[0]).ok_or_else(|| (0, "holds no token".to_owned()))).map(Self)
    }

    /// Reads it again as it changes, for as long as it is polled. All clones see it.
    pub async fn follow(self) {
        self.0.follow().await;
    }
}

fn header(token: &[u8]) -> Option<HeaderValue> {
    let token = std::str::from_utf8(token).ok()?.trim();
    let plain = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).ok().filter(|_| plain)?;
    value.set_sensitive(true);
    Some(value)
}

/// A channel whose calls bear a token, if there is one.
#[derive(Debug, Clone)]
pub struct Bearing<S> {
    pub(crate) inner: S,
    pub(crate) bearer: Option<Bearer>,
}

impl<S: Service<http::Request<Body>>> Service<http::Request<Body>> for Bearing<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> S::Future {
        if let Some(bearer) = &self.bearer {
            request.headers_mut().insert(AUTHORIZATION, HeaderValue::clone(&bearer.0.current()));
        }
        self.inner.call(request)
    }
}
