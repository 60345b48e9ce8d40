//! The layer that asks the access policy about every request before its route.

use std::sync::Arc;

use access::{Connection, Denied, TokenSource};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::dashboard;
use crate::response::ApiError;

/// The header of the server's token where `Authorization` is the provider's.
const TOKEN: HeaderName = HeaderName::from_static("x-headroom-proxy-token");

/// Lets a request through to its route, or denies it. The server has put the [`Connection`] into the
/// request's extensions.
pub(crate) async fn admit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let source = token_source(request.extensions().get::<MatchedPath>());
    let denied = match request.extensions().get::<Connection>() {
        Some(connection) => app.config.access.check(*connection, &request, source.clone()).err(),
        None => Some(Denied::ForeignPeer),
    };
    match denied {
        None => next.run(request).await,
        Some(denied) => refusal(denied, &source).into_response(),
    }
}

/// Where a request shows the token. `route`: that of the server's own which it matches, if any.
fn token_source(route: Option<&MatchedPath>) -> TokenSource {
    // Whether the process is alive is no secret, and whoever asks has no token at hand. Nor has a
    // browser that opens the dashboard: its page holds no data, and asks for them with the token.
    let is_public = |path: &str| matches!(path, "/livez" | "/readyz") || dashboard::is_page(path);
    match route {
        Some(route) if is_public(route.as_str()) => TokenSource::Public,
        Some(_) => TokenSource::HeaderOrBearer(TOKEN),
        None => TokenSource::Header(TOKEN),
    }
}

fn refusal(denied: Denied, source: &TokenSource) -> ApiError {
    let status = denied.status();
    let kind = match status {
        StatusCode::BAD_REQUEST => "validation_error",
        StatusCode::UNAUTHORIZED => "authentication_error",
        _ => "permission_error",
    };
    let message = match (denied, source) {
        (Denied::NoToken, TokenSource::Header(_)) => {
            "the server's token is required: x-headroom-proxy-token: TOKEN".to_owned()
        }
        (Denied::NoToken, _) => {
            "the server's token is required: Authorization: Bearer TOKEN (clients read it from \
             HEADROOM_API_KEY)"
                .to_owned()
        }
        (denied, _) => denied.to_string(),
    };
    ApiError::new(status, kind, message)
}

#[cfg(test)]
mod tests {
    use access::{AccessPolicy, RemoteAccess};
    use axum::Router;
    use axum::body::Body;
    use axum::http::Version;
    use blob_store::{Bounds, Originals, ReplayStore};
    use testkit::access::{ALLOWED_HOSTS, ATTEMPTS, Attempt, TOKEN as SECRET};
    use tower::ServiceExt as _;

    use super::*;
    use crate::app::Config;
    use crate::server::LlmRoutes;
    use crate::stack::router;
    use llm_proxy::{Settings, Targets};

    fn server() -> Router {
        let hosts = ALLOWED_HOSTS.map(str::to_owned).to_vec();
        let access = AccessPolicy::new(hosts, RemoteAccess::Token(SECRET.to_owned()));
        let originals = Arc::new(Originals::in_memory(Bounds::default()));
        let settings = Settings::new(Targets::new(None, None, None).unwrap());
        let llm = LlmRoutes { settings, replay_store: ReplayStore::in_memory() };
        router(Arc::new(App::new(Config { access, ..Config::default() }, originals, llm)))
    }

    fn request(attempt: &Attempt) -> Request {
        let mut request =
            Request::builder().uri(attempt.target).version(match attempt.is_http_1_0 {
                true => Version::HTTP_10,
                false => Version::HTTP_11,
            });
        for (name, value) in attempt.headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        let connection = Connection {
            peer: attempt.peer.parse().unwrap(),
            local: Some(attempt.local.parse().unwrap()),
        };
        request.extensions_mut().insert(connection);
        request
    }

    #[tokio::test]
    async fn hostile_requests_are_denied() {
        let server = server();
        for attempt in ATTEMPTS {
            let response = server.clone().oneshot(request(attempt)).await.unwrap();
            let expected = attempt.denied.unwrap_or(200);
            assert_eq!(response.status().as_u16(), expected, "{}", attempt.what);
        }
    }

    #[tokio::test]
    async fn a_providers_authorization_is_not_the_servers() {
        let server = server();
        let token = Attempt {
            what: "the token where the provider's key belongs",
            peer: "192.168.1.7:50000",
            local: "192.168.1.5:8787",
            target: "/v1/messages",
            is_http_1_0: false,
            headers: &[("host", b"headroom.lan"), ("authorization", b"Bearer s3cret")],
            denied: Some(401),
        };
        let denied = server.clone().oneshot(request(&token)).await.unwrap();
        assert_eq!(denied.status(), StatusCode::UNAUTHORIZED);
        let public = Attempt { target: "/livez", headers: &[("host", b"headroom.lan")], ..token };
        assert_eq!(server.oneshot(request(&public)).await.unwrap().status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn a_request_without_a_connection_is_denied() {
        let request = Request::builder().uri("/livez").header("host", "localhost");
        let response = server().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
    }
}
