//! The providers that requests are forwarded to, and the companies that run them.

/// A provider, as far as it has an address of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Anthropic.
    Anthropic,
    /// OpenAI.
    OpenAi,
    /// OpenAI, as ChatGPT's own programs reach it.
    ChatGpt,
    /// Google.
    Gemini,
}

impl Provider {
    /// The name in metrics and logs.
    pub fn name(self) -> &'static str {
        match self.company() {
            Company::Anthropic => "anthropic",
            Company::OpenAi => "openai",
            Company::Google => "gemini",
        }
    }

    /// Who runs it.
    pub fn company(self) -> Company {
        match self {
            Provider::Anthropic => Company::Anthropic,
            Provider::OpenAi | Provider::ChatGpt => Company::OpenAi,
            Provider::Gemini => Company::Google,
        }
    }
}

/// Who issues credentials, and may be sent them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Company {
    /// Anthropic.
    Anthropic,
    /// OpenAI.
    OpenAi,
    /// Google.
    Google,
}
