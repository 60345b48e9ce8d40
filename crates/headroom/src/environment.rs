//! The environment variables that are read, by name. All of them are optional.

/// The address to listen on.
pub(crate) const HOST: &str = "HEADROOM_HOST";
/// The port to listen on.
pub(crate) const PORT: &str = "HEADROOM_PORT";
/// The token: which the server requires from other machines, and clients send.
pub(crate) const API_KEY: &str = "HEADROOM_API_KEY";
/// The URL of the server, for its clients.
pub(crate) const BASE_URL: &str = "HEADROOM_BASE_URL";
/// The URL of the server, for the MCP server; overrides `HEADROOM_BASE_URL`.
pub(crate) const PROXY_URL: &str = "HEADROOM_PROXY_URL";
/// The folder of all that Headroom stores; by default `~/.headroom`.
pub(crate) const WORKSPACE_DIR: &str = "HEADROOM_WORKSPACE_DIR";
/// The folder of the user's own settings; by default the same.
pub(crate) const CONFIG_DIR: &str = "HEADROOM_CONFIG_DIR";
/// How long originals are kept, in seconds.
pub(crate) const TTL: &str = "HEADROOM_CCR_TTL_SECONDS";
/// The maximum size of all originals together.
pub(crate) const STORE_MAX: &str = "HEADROOM_STORE_MAX";
/// Anthropic's base URL, in place of its own.
pub(crate) const ANTHROPIC_URL: &str = "ANTHROPIC_TARGET_API_URL";
/// OpenAI's base URL, in place of its own.
pub(crate) const OPENAI_URL: &str = "OPENAI_TARGET_API_URL";
/// Gemini's base URL, in place of its own.
pub(crate) const GEMINI_URL: &str = "GEMINI_TARGET_API_URL";
/// Whether nothing may be left out.
pub(crate) const LOSSLESS: &str = "HEADROOM_LOSSLESS";
/// The tools whose results stay as they are.
pub(crate) const EXCLUDE_TOOLS: &str = "HEADROOM_EXCLUDE_TOOLS";
/// The commands whose output stays as it is.
pub(crate) const EXCLUDE_COMMANDS: &str = "HEADROOM_EXCLUDE_COMMANDS";
/// The files whose content stays as it is.
pub(crate) const EXCLUDE_PATHS: &str = "HEADROOM_EXCLUDE_PATHS";
/// Where originals are stored.
pub(crate) const STORE: &str = "HEADROOM_STORE";

/// The token, if there is one.
pub(crate) fn token() -> Option<String> {
    std::env::var(API_KEY).ok().filter(|token| !token.is_empty())
}
