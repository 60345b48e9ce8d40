//! `/livez`, `/readyz` and `/health`: alive, ready, and how it is set up.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::SERVICE;
use crate::app::App;
use crate::response::{ApiError, json_response};
use llm_proxy::COMPRESSION_VERSION;

/// `GET /livez`: the process is alive.
pub(crate) async fn livez(State(app): State<Arc<App>>) -> Response {
    json_response(StatusCode::OK, &alive(&app))
}

/// `GET /readyz`: the server can do its work. A store that can't be used is reported, but the server is
/// ready without it: it then compresses losslessly.
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    Ok(json_response(StatusCode::OK, &ready(&app).await?))
}

/// `GET /health`: the same with the configuration.
pub(crate) async fn health(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let mut health = ready(&app).await?;
    let targets = app.llm.targets();
    health["config"] = json!({
        "optimize": app.config.optimize,
        "cache": false,
        "rate_limit": false,
        "max_body": app.config.max_body,
        "store": app.originals.describe(),
        "store_max_bytes": app.originals.bounds().bytes,
        "anthropic_api_url": targets.anthropic.to_string(),
        "openai_api_url": targets.openai.to_string(),
        "gemini_api_url": targets.gemini.to_string(),
        "ttl_seconds": app.originals.bounds().age.as_secs(),
    });
    Ok(json_response(StatusCode::OK, &health))
}

fn alive(app: &App) -> Value {
    json!({
        "status": "healthy",
        "service": SERVICE,
        "alive": true,
        "version": app.config.version,
        "pid": std::process::id(),
        "timestamp": humantime::format_rfc3339_millis(SystemTime::now()).to_string(),
        "uptime_seconds": app.started.elapsed().as_secs_f64(),
    })
}

async fn ready(app: &Arc<App>) -> Result<Value, ApiError> {
    let worker = Arc::clone(app);
    let usage = app.limits.read(move || worker.originals.usage()).await?;
    let error =
        usage.err().map(|error| format!("{error}; nothing is omitted until it can be used"));
    let mut ready = alive(app);
    ready["ready"] = true.into();
    // Replicas that serve one conversation run the same version of the compressor.
    ready["compression_version"] = COMPRESSION_VERSION.into();
    ready["checks"] = json!({
        "store": {
            "ready": error.is_none(),
            "status": if error.is_none() { "healthy" } else { "degraded" },
            "error": error,
        },
    });
    Ok(ready)
}
