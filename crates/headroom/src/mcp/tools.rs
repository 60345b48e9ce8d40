//! The three tools as a model sees them, with the schemas of their parameters and results.

use std::sync::Arc;

use mcp_server::Named;
use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::wrapper::{Json, Parameters};
use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};
use rmcp::schemars::{self, JsonSchema};
use rmcp::{ServerHandler, tool, tool_handler, tool_router};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::service::{Refusal, Service};

const INSTRUCTIONS: &str = "Headroom shortens long texts without losing what they say. \
    Where text was left out there is a marker `[… left out. Retrieve more: hash=…]`; give that hash \
    to headroom_retrieve to read it, with a query if a part will do.";

/// The tool that retrieves originals.
const RETRIEVE: &str = "headroom_retrieve";

/// The parameters of `headroom_compress`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct CompressRequest {
    // The text to compress: output of a command, JSON, a log, search results, code.
    pub(super) content: String,
    /// What it is read for
    pub(super) task: Option<String>,
    /// The command or file it comes from
    pub(super) kind: Option<String>,
    /// The most tokens
    pub(super) budget: Option<usize>,
}

/// The result of `headroom_compress`.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Compressed {
    /// The compressed text; the text itself if nothing could be saved.
    pub(super) compressed: String,
    /// The hash of the original for `headroom_retrieve`; null if the original isn't stored.
    pub(super) hash: Option<String>,
    /// Why the original isn't stored, and so nothing was omitted: it contains a credential, or the store
    /// can't be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) not_kept: Option<String>,
    /// Tokens of the original.
    pub(super) original_tokens: usize,
    /// Tokens of the compressed text.
    pub(super) compressed_tokens: usize,
    /// The difference of the two.
    pub(super) tokens_saved: usize,
    /// The difference in percent of the original, with one decimal.
    pub(super) savings_percent: f64,
    /// The steps of the compression, in order.
    pub(super) transforms: Vec<String>,
}

/// The parameters of `headroom_retrieve`.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct RetrieveRequest {
    // The hash in the marker, or its first 12 digits or more.
    pub(super) hash: String,
    /// Words to look for
    pub(super) query: Option<String>,
    /// As in 10-40
    pub(super) lines: Option<String>,
    /// JSON pointer
    pub(super) pointer: Option<String>,
}

/// The result of `headroom_retrieve`.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Retrieved {
    /// The whole hash.
    pub(super) hash: String,
    /// Where the original was found.
    pub(super) source: Source,
    /// The original, byte for byte, if no part of it was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) original_content: Option<String>,
    /// The requested parts of the original.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) results: Option<Vec<Found>>,
    /// The number of parts that were found, which may be more than are returned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) count: Option<usize>,
    /// The number of lines of the whole original, if a part of it was requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) original_lines: Option<usize>,
}

/// A part of an original.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Found {
    /// Its first and last line, from 1, or the index of an item in a JSON array, from 0; absent for the
    /// value at a pointer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) place: Option<Place>,
    /// The part, as it is in the original.
    pub(super) text: String,
}

/// Where a part of an original is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Place {
    /// The first and the last line, from 1.
    Lines([usize; 2]),
    /// The index of an item of a JSON array, from 0.
    Item(usize),
}

/// Where an original was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Source {
    /// In the store of this machine.
    Local,
    /// At the Headroom server.
    Proxy,
}

/// The result of `headroom_stats`.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Stats {
    /// The number of texts that were compressed in this session.
    pub(super) compressions: u64,
    /// Their tokens before compression.
    pub(super) original_tokens: u64,
    /// Their tokens after compression.
    pub(super) compressed_tokens: u64,
    /// The difference of the two.
    pub(super) tokens_saved: u64,
    /// The difference in percent of the originals, with one decimal.
    pub(super) savings_percent: f64,
    /// The number of originals that were retrieved in this session.
    pub(super) retrievals: u64,
    /// The store of this machine.
    pub(super) store: StoreStats,
    /// The Headroom server.
    pub(super) proxy: ProxyStats,
}

/// The store of this machine.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StoreStats {
    /// The kind and the location of the store.
    pub(super) place: String,
    /// The number of originals in it.
    pub(super) entries: u64,
    /// Their size in bytes.
    pub(super) bytes: u64,
    /// The maximum size in bytes.
    pub(super) max_bytes: u64,
    /// How long an original is kept, in seconds.
    pub(super) max_age_seconds: u64,
}

/// The Headroom server.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ProxyStats {
    /// Its URL.
    pub(super) url: String,
    /// Whether it responds. The tools work without it.
    pub(super) answers: bool,
}

/// The MCP server of one client.
#[derive(Clone)]
pub(super) struct Tools {
    service: Arc<Service>,
    tool_router: ToolRouter<Self>,
}

/// The definition of the tool that retrieves originals, as JSON.
pub(crate) fn retrieve_definition(service: &Arc<Service>) -> String {
    let tools = Tools::at(Arc::clone(service));
    let tool = tools.tool_router.get(RETRIEVE);
    serde_json::to_string(&tool).unwrap_or_default()
}

/// The result of the tool that retrieves originals, as JSON, for `arguments`, a JSON value.
pub(super) fn retrieve(service: &Service, arguments: &str) -> String {
    let request = serde_json::from_str::<Named<RetrieveRequest>>(arguments);
    let retrieved = request
        .map_err(|error| format!("wrong arguments: {error}"))
        .and_then(|request| service.retrieve(&request.0).map_err(|refusal| refusal.to_string()))
        .and_then(|retrieved| serde_json::to_value(retrieved).map_err(|error| error.to_string()));
    let (text, is_error) = match &retrieved {
        Ok(retrieved) => (retrieved.to_string(), false),
        Err(why) => (why.clone(), true),
    };
    let mut result = json!({"content": [{"type": "text", "text": text}], "isError": is_error});
    if let Ok(retrieved) = retrieved {
        result["structuredContent"] = retrieved;
    }
    result.to_string()
}

#[tool_router]
impl Tools {
    pub(super) fn at(service: Arc<Service>) -> Self {
        let mut tool_router = Self::tool_router();
        mcp_server::plain(&mut tool_router);
        Self { service, tool_router }
    }

    #[tool(
        name = "headroom_compress",
        description = "Shorten a long text without losing what it says; returns it with the hash \
            of the original",
        annotations(
            title = "Compress a text",
            read_only_hint = false,
            destructive_hint = false,
            idempotent_hint = true,
            open_world_hint = false
        )
    )]
    async fn compress(
        &self,
        Parameters(Named(request)): Parameters<Named<CompressRequest>>,
    ) -> Result<Json<Compressed>, String> {
        self.with_service(move |service| service.compress(&request)).await
    }

    #[tool(
        name = "headroom_retrieve",
        description = "Give back what was left out of a text, by the hash in its marker: all of it \
            or a part",
        annotations(
            title = "Retrieve an original",
            read_only_hint = true,
            idempotent_hint = true,
            open_world_hint = false
        )
    )]
    async fn retrieve(
        &self,
        Parameters(Named(request)): Parameters<Named<RetrieveRequest>>,
    ) -> Result<Json<Retrieved>, String> {
        self.with_service(move |service| service.retrieve(&request)).await
    }

    #[tool(
        name = "headroom_stats",
        description = "What was saved in this session",
        annotations(
            title = "Headroom's statistics",
            read_only_hint = true,
            idempotent_hint = true,
            open_world_hint = false
        )
    )]
    async fn stats(&self) -> Result<Json<Stats>, String> {
        self.with_service(Service::stats).await
    }

    /// Runs `work` on a thread for blocking work, so that calls run in parallel. An error becomes the text
    /// of a tool error.
    async fn with_service<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Service) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<Json<T>, String> {
        let service = Arc::clone(&self.service);
        match tokio::task::spawn_blocking(move || work(&service)).await {
            Ok(Ok(result)) => Ok(Json(result)),
            Ok(Err(refusal)) => Err(refusal.to_string()),
            Err(_) => Err("this call failed because of an error in Headroom".to_owned()),
        }
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        let mut info = ServerConfig::new(ServerCapabilities::builder().enable_tools().build());
        info.server_info = Implementation::new("headroom", env!("CARGO_PKG_VERSION"));
        info.instructions = Some(INSTRUCTIONS.to_owned());
        info
    }
}
