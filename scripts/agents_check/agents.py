"""The agents: where they come from, and how each is started, told of a provider, and kept to itself.

Each runs with a home, a key and settings made up for the run. Names of models are those that agents
know; nobody but the scripted provider hears of them.
"""

import base64
import datetime
import json
from dataclasses import dataclass, field, replace
from pathlib import Path

from provider import ACCOUNT

KEY = "sk-made-up-for-this-test"


@dataclass
class Agent:
    """A way of running an agent."""

    name: str
    # What `headroom wrap` calls it; None where it can't wrap it.
    wrap: str | None
    command: str
    arguments: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    # Variables that hold the base URL, with what comes behind the origin.
    base_urls: dict[str, str] = field(default_factory=dict)
    # Config files by their place in the home; $origin stands for the provider.
    files: dict[str, str] = field(default_factory=dict)
    # The option by which `headroom serve` is told of its provider.
    target: str = "--openai-api-url"
    # What its provider's address has behind the origin there.
    target_path: str = "/v1"
    uses_websocket: bool = False
    # The number of a request in whose response the provider drops the connection.
    cut_at: int | None = None
    # Whether the model calls tools; else it answers at once.
    has_tools: bool = True
    # The kind of thinking that it asks for.
    thinking: str | None = None
    # What `headroom hooks` calls it, if its hooks may replace results, and the folder that has to be there.
    hooks: tuple[str, str] | None = None
    # The folder of the transcripts that its hooks are told of.
    transcripts: str | None = None
    # What `headroom mcp` calls it, if it runs MCP servers, and the arguments by which it may use their tools.
    mcp: tuple[str, list[str]] | None = None
    # Whether there is a plugin for it.
    plugin: bool = False

    def settings(self, origin):
        """The variables for a provider at `origin`."""
        urls = {name: origin + path for name, path in self.base_urls.items()}
        return {**self.environment, **urls}

    def write_files(self, home, origin):
        for place, text in self.files.items():
            file = Path(home) / place
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text.replace("$origin", origin))


ALLOWED = "Bash Read Grep"


def claude(name, model, thinking, allowed=ALLOWED, **environment):
    return Agent(
        name=name,
        thinking=thinking,
        wrap="claude",
        command="claude",
        arguments=["--print", "$prompt", "--model", model, "--allowedTools", allowed],
        environment={
            "ANTHROPIC_API_KEY": KEY,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            "DISABLE_ERROR_REPORTING": "1",
            "DISABLE_TELEMETRY": "1",
            **environment,
        },
        base_urls={"ANTHROPIC_BASE_URL": ""},
        target="--anthropic-api-url",
        target_path="",
        hooks=("claude", ".claude"),
        transcripts=".claude/projects",
        mcp=("claude", ["mcp__headroom"]),
        plugin=True,
    )


# Settings of Codex for both of its ways to a provider.
CODEX = """
check_for_update_on_startup = false
[analytics]
enabled = false
"""
CODEX_BUILT_IN = 'openai_base_url = "$origin/v1"\n' + CODEX
CODEX_OWN_PROVIDER = (
    'model_provider = "scripted"\n'
    + CODEX
    + """
[model_providers.scripted]
name = "Scripted"
base_url = "$origin/v1"
env_key = "CODEX_API_KEY"
wire_api = "responses"
supports_websockets = false
"""
)


def codex(name, config, uses_websocket):
    return Agent(
        name=name,
        wrap="codex",
        command="codex",
        arguments=[
            "exec",
            "--skip-git-repo-check",
            "--dangerously-bypass-approvals-and-sandbox",
            "$prompt",
        ],
        environment={"CODEX_API_KEY": KEY, "OPENAI_API_KEY": KEY},
        files={".codex/config.toml": config},
        mcp=("codex", []),
        uses_websocket=uses_websocket,
    )


OPENCODE = {
    "$schema": "https://opencode.ai/config.json",
    "autoupdate": False,
    "share": "disabled",
    "permission": {"*": "allow"},
    "provider": {
        "anthropic": {"options": {"baseURL": "$origin/v1", "apiKey": KEY}},
    },
}
QWEN = {"general": {"disableAutoUpdate": True}, "privacy": {"usageStatisticsEnabled": False}, "telemetry": {"enabled": False}}
GEMINI = {
    "general": {"disableAutoUpdate": True, "enableAutoUpdate": False},
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
    "security": {"auth": {"selectedType": "gemini-api-key"}},
}
PI = {
    "providers": {
        "scripted": {
            "baseUrl": "$origin/v1",
            "api": "openai-completions",
            "apiKey": KEY,
            "models": [{"id": "scripted-1", "contextWindow": 200_000, "maxTokens": 8_000}],
        }
    }
}
CLINE = {
    "version": 1,
    "lastUsedProvider": "openai-compatible",
    "providers": {
        "openai-compatible": {
            "settings": {
                "provider": "openai-compatible",
                "apiKey": KEY,
                "model": "gpt-5",
                "baseUrl": "$origin/v1",
            },
            "updatedAt": "2026-01-01T00:00:00.000Z",
            "tokenSource": "manual",
        }
    },
}

CODEX_CHATGPT = (
    'openai_base_url = "$origin/chatgpt/codex"\nchatgpt_base_url = "$origin/backend-api/"\n'
    + CODEX
    # The scripted provider reads no zstd.
    + "[features]\nenable_request_compression = false\n"
)


def chatgpt_login():
    """The file of a login with a ChatGPT account, which nobody signed."""

    def part(value):
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    account = {
        "chatgpt_plan_type": "plus",
        "chatgpt_user_id": "user-made-up",
        "user_id": "user-made-up",
        "chatgpt_account_id": ACCOUNT,
    }
    claims = {"email": "a@example.com", "exp": 4_000_000_000, "https://api.openai.com/auth": account}
    token = ".".join([part({"alg": "none", "typ": "JWT"}), part(claims), "made-up"])
    tokens = {"id_token": token, "access_token": token, "refresh_token": "r", "account_id": ACCOUNT}
    last = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    login = {"auth_mode": "chatgpt", "OPENAI_API_KEY": None, "tokens": tokens, "last_refresh": last}
    return json.dumps(login)


# What the gate runs.
GATE = [
    claude("claude, adaptive thinking", "claude-opus-4-6", "adaptive"),
    claude("claude, thinking budget", "claude-haiku-4-5", "enabled", MAX_THINKING_TOKENS="31999"),
    codex("codex, WebSocket", CODEX_BUILT_IN, uses_websocket=True),
    replace(codex("codex, WebSocket that breaks", CODEX_BUILT_IN, uses_websocket=True), cut_at=5),
    codex("codex, HTTP", CODEX_OWN_PROVIDER, uses_websocket=False),
    replace(
        codex("codex, ChatGPT login", CODEX_CHATGPT, uses_websocket=True),
        wrap=None,
        environment={},
        files={".codex/config.toml": CODEX_CHATGPT, ".codex/auth.json": chatgpt_login()},
        target_path="",
    ),
]

# What is run besides with --all.
OTHERS = [
    # What isn't allowed is refused, with hooks as without.
    replace(
        claude("claude, few permissions", "claude-opus-4-6", "adaptive", allowed="Bash(ls:*) Bash(cat:*) Read Grep"),
        mcp=None,
    ),
    Agent(
        name="opencode",
        wrap="opencode",
        command="opencode",
        arguments=["run", "--model", "anthropic/claude-sonnet-4-5", "$prompt"],
        environment={"OPENCODE_DISABLE_AUTOUPDATE": "1", "OPENCODE_DISABLE_MODELS_FETCH": "1"},
        files={".config/opencode/opencode.json": json.dumps(OPENCODE)},
        hooks=("opencode", ".config/opencode"),
        mcp=("opencode", []),
        target="--anthropic-api-url",
        target_path="",
    ),
    Agent(
        name="qwen",
        wrap="qwen",
        command="qwen",
        arguments=["--yolo", "--auth-type", "openai", "--prompt", "$prompt"],
        environment={"OPENAI_API_KEY": KEY, "OPENAI_MODEL": "qwen3-coder-plus"},
        base_urls={"OPENAI_BASE_URL": "/v1"},
        files={".qwen/settings.json": json.dumps(QWEN)},
        mcp=("qwen", []),
    ),
    Agent(
        name="gemini",
        wrap="gemini",
        command="gemini",
        arguments=["--yolo", "--skip-trust", "--model", "gemini-2.5-pro", "--prompt", "$prompt"],
        environment={"GEMINI_API_KEY": KEY},
        base_urls={"GOOGLE_GEMINI_BASE_URL": ""},
        files={".gemini/settings.json": json.dumps(GEMINI)},
        mcp=("gemini", []),
        target="--gemini-api-url",
        target_path="",
    ),
    Agent(
        name="qwen, Gemini",
        wrap="qwen",
        command="qwen",
        arguments=["--yolo", "--auth-type", "gemini", "--model", "gemini-2.5-pro", "--prompt", "$prompt"],
        environment={"GEMINI_API_KEY": KEY},
        base_urls={"GOOGLE_GEMINI_BASE_URL": ""},
        files={".qwen/settings.json": json.dumps(QWEN)},
        target="--gemini-api-url",
        target_path="",
    ),
    Agent(
        name="copilot",
        wrap="copilot",
        command="copilot",
        arguments=["--allow-all-tools", "--prompt", "$prompt"],
        environment={
            "COPILOT_PROVIDER_API_KEY": KEY,
            "COPILOT_MODEL": "gpt-5",
            "COPILOT_AUTO_UPDATE": "false",
        },
        base_urls={"COPILOT_PROVIDER_BASE_URL": "/v1"},
        hooks=("copilot", ".copilot"),
    ),
    Agent(
        name="cline",
        wrap=None,
        command="cline",
        arguments=["--auto-approve", "true", "$prompt"],
        # Without a hub in the background, which would outlive the run.
        environment={"CLINE_NO_AUTO_UPDATE": "1", "CLINE_SESSION_BACKEND_MODE": "local"},
        files={".cline/data/settings/providers.json": json.dumps(CLINE)},
    ),
    Agent(
        name="aider",
        wrap="aider",
        command="aider",
        arguments=["--model", "openai/gpt-4o", "--no-check-update", "--analytics-disable", "--no-show-model-warnings"]
        + ["--yes-always", "--no-auto-commits", "--message", "$prompt"],
        environment={"OPENAI_API_KEY": KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True"},
        base_urls={"OPENAI_API_BASE": "/v1"},
        has_tools=False,
    ),
    Agent(
        name="pi",
        wrap=None,
        command="pi",
        arguments=["--print", "--provider", "scripted", "--model", "scripted-1", "$prompt"],
        environment={"PI_OFFLINE": "1", "PI_SKIP_VERSION_CHECK": "1"},
        files={".pi/agent/models.json": json.dumps(PI)},
        hooks=("pi", ".pi/agent"),
    ),
]
