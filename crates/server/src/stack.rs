//! The routes, and the layers that every request passes on its way to one: the one place where they are
//! put together, outermost last.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use metrics::Unrecognized;

use crate::admit::admit;
use crate::app::App;
use crate::compress::compress;
use crate::limits::limit_requests;
use crate::response::ApiError;
use crate::{dashboard, health, openapi, retrieve, stats};
use llm_proxy::NoRoute;

/// Every route of this server, as people write it.
pub(crate) const ROUTES: [&str; 18] = [
    "/v1/compress",
    "/v1/retrieve",
    "/v1/retrieve/{hash}",
    "/v1/retrieve/tool_call",
    "/v1/retrieve/stats",
    "/livez",
    "/readyz",
    "/health",
    "/stats",
    "/stats-history",
    "/stats/messages/{id}",
    "/metrics",
    "/",
    "/dashboard",
    "/dashboard/style.css",
    "/dashboard/page.js",
    "/dashboard/icon.svg",
    "/openapi.json",
];

/// Routes to providers, as people write them.
const FORWARDED: [&str; 3] = ["/v1/messages", "/v1/chat/completions", "/v1/responses"];

/// record → admit → route → (limit) → the handler of the route.
pub(crate) fn router(app: Arc<App>) -> Router {
    let work = Router::new()
        .route("/v1/compress", post(compress))
        .route("/v1/retrieve", post(retrieve::by_body))
        .route("/v1/retrieve/tool_call", post(retrieve::by_tool_call))
        .route("/v1/retrieve/{hash}", get(retrieve::by_path))
        .layer(from_fn_with_state(Arc::clone(&app), limit_requests));
    let status = Router::new()
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/health", get(health::health))
        .route("/stats", get(stats::stats))
        .route("/stats-history", get(stats::history))
        .route("/stats/messages/{id}", get(stats::messages))
        .merge(dashboard::routes())
        .route("/metrics", get(stats::metrics))
        .route("/v1/retrieve/stats", get(retrieve::stats))
        .route("/openapi.json", get(openapi::document));
    work.merge(status)
        .fallback(forward)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn_with_state(Arc::clone(&app), admit))
        .layer(from_fn_with_state(Arc::clone(&app), record))
        .with_state(app)
}

/// Counts and logs every response, under the pattern of its route, because a path may contain private data
/// of the client.
async fn record(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), began.elapsed());
    app.metrics.responded(&route, status);
    let not_understood = response.extensions().get::<Unrecognized>().copied();
    if let Some(what) = not_understood {
        app.metrics.not_understood(what);
    }
    let not_understood = not_understood.map(Unrecognized::name);
    let ms = took.as_secs_f64() * 1000.0;
    tracing::info!(%method, %route, status, ms, not_understood, "answered");
    response
}

/// Forwards a request to its provider; responds 404 if it has none.
async fn forward(State(app): State<Arc<App>>, request: Request) -> Response {
    let (uri, is_post) = (request.uri().clone(), request.method() == Method::POST);
    app.llm.handle(request).await.unwrap_or_else(|why| {
        let mut response = not_forwarded(why, &uri).into_response();
        // A GET to an unknown path was meant for this server or comes from a browser, not from an agent.
        if is_post || why != NoRoute::Unknown {
            response.extensions_mut().insert(Unrecognized::NoRoute);
        }
        response
    })
}

/// Why nothing was forwarded. The path isn't repeated: its query may hold a key.
fn not_forwarded(why: NoRoute, uri: &Uri) -> ApiError {
    let message = match why {
        NoRoute::Unknown => {
            let nearest = nearest(uri.path());
            format!("no such route; the most similar is {nearest} (all routes: /openapi.json)")
        }
        why => format!("the request wasn't forwarded to a provider: {why}"),
    };
    ApiError::new(StatusCode::NOT_FOUND, "not_found_error", message)
}

async fn wrong_method(method: Method) -> ApiError {
    let method = match method {
        Method::GET | Method::POST | Method::PUT | Method::DELETE | Method::PATCH => method,
        _ => Method::OPTIONS,
    };
    let message = format!("this route doesn't support {method}; see the Allow header");
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "validation_error", message)
}

/// The route that is most similar to `path`.
fn nearest(path: &str) -> &'static str {
    // Nobody writes a path this long by mistake, and comparing takes time.
    let path: String = path.chars().take(100).collect();
    let similarity = |route: &&&str| (strsim::normalized_levenshtein(&path, route) * 1e6) as u64;
    ROUTES.iter().chain(&FORWARDED).max_by_key(similarity).copied().unwrap_or("/health")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_route() {
        for (path, route) in [
            ("/compress", "/v1/compress"),
            ("/v1/compres", "/v1/compress"),
            ("/v1/retreive", "/v1/retrieve"),
            ("/healthz", "/health"),
            ("/ready", "/readyz"),
            ("/v1/message", "/v1/messages"),
            ("/chat/completions", "/v1/chat/completions"),
        ] {
            assert_eq!(nearest(path), route);
        }
        nearest(&"é".repeat(100_000));
    }
}
