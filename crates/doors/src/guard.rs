//! Stands in front of all services of a server, and keeps the table of [`crate::access`].

use crate::access::{Access, LASTING, access};
use crate::expiry::UntilExpiry;
use crate::principal::Realm;
use crate::tokens::LEEWAY_S;
use crate::{Claims, Doors, Locked, Member, Peer, Principal};
use http::header::AUTHORIZATION;
use http::{HeaderMap, Request, Response};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};

/// Puts a guard before a server's services.
#[derive(Clone)]
pub struct Guard(pub Doors);

#[derive(Clone)]
pub struct Guarded<S> {
    doors: Doors,
    inner: S,
}

impl<S> Layer<S> for Guard {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { doors: self.0.clone(), inner }
    }
}

impl<S> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let peer = request.extensions().get().copied().unwrap_or_default();
        let admitted = match self.doors.admit(request.uri().path(), request.headers(), peer) {
            Ok(admitted) => admitted,
            Err(status) => return Box::pin(async move { Ok(turned_away(request.uri().path(), &status)) }),
        };
        // Nothing behind this point can tell it to anyone.
        request.headers_mut().remove(AUTHORIZATION);
        if matches!(admitted.principal, Principal::Player(_)) {
            // A player does not say which traces are kept.
            request.headers_mut().remove("traceparent");
            request.headers_mut().remove("tracestate");
        }
        let lasts = admitted.expires.filter(|_| LASTING.contains(&request.uri().path()));
        request.extensions_mut().insert(admitted.principal);
        let answering = self.inner.call(request);
        Box::pin(async move {
            let answer = answering.await?;
            Ok(match lasts {
                Some(lasts) => answer.map(|body| Body::new(UntilExpiry::new(body, lasts))),
                None => answer,
            })
        })
    }
}

/// Counted, for a wrong key or issuer turns away everybody; told at length to whoever looks for it. The text holds nothing secret.
fn turned_away(path: &str, status: &Status) -> Response<Body> {
    telemetry::metrics().turned_away(code_name(status.code()));
    tracing::debug!(path, code = %status.code(), reason = status.message(), "a call was turned away");
    status.clone().into_http()
}

/// Of those that a guard answers.
fn code_name(code: Code) -> &'static str {
    match code {
        Code::Unauthenticated => "unauthenticated",
        Code::PermissionDenied => "permission_denied",
        Code::ResourceExhausted => "resource_exhausted",
        Code::Unimplemented => "unimplemented",
        _ => "unknown",
    }
}

struct Admitted {
    principal: Principal,
    /// How long his token is still good; none: he has none.
    expires: Option<Duration>,
}

impl Admitted {
    fn of(principal: Principal) -> Self {
        Self { principal, expires: None }
    }
}

impl Doors {
    fn admit(&self, path: &str, headers: &HeaderMap, peer: Peer) -> Result<Admitted, Status> {
        let Some(locked) = self.lock() else { return Ok(Admitted::of(Principal::Anyone)) };
        let access = access(path).ok_or_else(|| Status::unimplemented("no such method"))?;
        match access {
            Access::Anyone => Ok(Admitted::of(Principal::Nobody)),
            Access::Members(members) => member(members, peer).map(Admitted::of),
            Access::Known if peer.is_member() => Ok(Admitted::of(Principal::Nobody)),
            // Also where the monitor's clients come with a token, whatever has become of it.
            Access::ClientsAndMonitor if peer.0 == Some(Member::Monitor) => {
                Ok(Admitted::of(Principal::Member(Member::Monitor)))
            }
            Access::RealmServers => match locked.client(headers)? {
                admitted if matches!(admitted.principal, Principal::RealmServer(_)) => Ok(admitted),
                _ => {
                    Err(Status::permission_denied("this is for realm servers: the token lacks the scope muster:realm"))
                }
            },
            Access::Known | Access::Clients | Access::ClientsAndMonitor => locked.client(headers),
        }
    }
}

fn member(members: &[Member], peer: Peer) -> Result<Principal, Status> {
    let names = members.iter().map(|member| member.as_str()).collect::<Vec<_>>().join(" or ");
    match peer.0 {
        Some(member) if members.contains(&member) => Ok(Principal::Member(member)),
        Some(member) => {
            Err(Status::permission_denied(format!("this is for {names}: the certificate is of {}", member.as_str())))
        }
        None => Err(Status::unauthenticated(format!("this is for {names}, by certificate: none was shown"))),
    }
}

impl Locked {
    /// Who shows a token; each call is one of his.
    fn client(&self, headers: &HeaderMap) -> Result<Admitted, Status> {
        let claims = self.claims(headers)?;
        let expires = Some(remaining(claims.exp));
        let principal = if claims.is_realm_server() {
            let limit = self.rates.of_realm_servers();
            limit.take(&claims.sub)?;
            Principal::RealmServer(Arc::new(Realm { name: claims.sub, limit }))
        } else {
            self.rates.of_players().take(&claims.sub)?;
            Principal::Player(Arc::new(claims))
        };
        Ok(Admitted { principal, expires })
    }

    fn claims(&self, headers: &HeaderMap) -> Result<Claims, Status> {
        let tokens = self.tokens.as_ref().ok_or_else(|| Status::unauthenticated("no clients are served here"))?;
        let mut shown = headers.get_all(AUTHORIZATION).iter();
        let (Some(shown), None) = (shown.next(), shown.next()) else {
            return Err(Status::unauthenticated("authorization: must be there once, as Bearer and a token"));
        };
        let token = shown.to_str().ok().and_then(bearer);
        let token = token.ok_or_else(|| Status::unauthenticated("authorization: must be Bearer and a token"))?;
        tokens.check(token).map_err(|error| Status::unauthenticated(format!("the token is not taken: {error}")))
    }
}

/// Until then, in s since the Unix epoch, and as long as the check forgives clocks that differ.
#[allow(clippy::disallowed_methods, reason = "a token ends by the world's time, and no simulation has doors")]
fn remaining(exp: u64) -> Duration {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_secs(exp.saturating_add(LEEWAY_S)).saturating_sub(since_epoch)
}

/// The scheme's name is case-insensitive: <https://www.rfc-editor.org/rfc/rfc9110#section-11.1>.
fn bearer(shown: &str) -> Option<&str> {
    let (scheme, token) = shown.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim_start_matches(' '))
}
