//! The proxy for an agent: one that is already running with the right targets, or one that is started for
//! this agent and stops with it.
//!
//! The started one stops when two conditions hold: all other ends of the pipe that is its standard input
//! are closed, and the process that started it, which has become the agent, has ended. Either alone
//! doesn't mean that the agent has ended. An agent's launcher may replace itself by the agent and close the
//! pipe (as Node's `process.execve` does), and it may end while a child that has inherited the pipe
//! continues.

use std::io::{self, BufRead as _, BufReader, PipeWriter, Read as _};
use std::process::{Command, Stdio};

use agent_config::wrap::Provider;
use llm_proxy::Targets;

use super::base_url::{Destination, without_credentials};
use crate::client::{self, KnownTargets};
use crate::environment;
use crate::failure::Failure;

/// The base URLs of the providers for this agent; `None` for their own.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Upstreams {
    anthropic: Option<String>,
    openai: Option<String>,
    gemini: Option<String>,
}

/// A proxy.
pub(crate) struct Proxy {
    /// `http://127.0.0.1:PORT`
    pub(crate) origin: String,
    /// The end of the pipe that keeps it running, if it was started here.
    pub(crate) lifeline: Option<PipeWriter>,
}

impl Upstreams {
    /// The base URLs from the environment variables for a proxy's targets.
    pub(crate) fn from_env() -> Self {
        let value = |name| std::env::var(name).ok().filter(|url| !url.trim().is_empty());
        Self {
            anthropic: value(environment::ANTHROPIC_URL),
            openai: value(environment::OPENAI_URL),
            gemini: value(environment::GEMINI_URL),
        }
    }

    /// Sets the base URL for `provider`.
    pub(crate) fn set(&mut self, provider: Provider, url: String) {
        match provider {
            Provider::Anthropic => self.anthropic = Some(url),
            Provider::OpenAi => self.openai = Some(url),
            Provider::Gemini => self.gemini = Some(url),
        }
    }

    /// The addresses to which a proxy for these forwards.
    pub(crate) fn targets(&self) -> Result<KnownTargets, Failure> {
        let targets =
            Targets::new(self.anthropic.as_deref(), self.openai.as_deref(), self.gemini.as_deref());
        let Targets { anthropic, openai, gemini, .. } = targets.map_err(Failure::usage)?;
        Ok(KnownTargets {
            anthropic: anthropic.to_string(),
            openai: openai.to_string(),
            gemini: gemini.to_string(),
        })
    }

    /// The providers with other base URLs than their own.
    pub(crate) fn described(&self) -> String {
        let urls = [&self.anthropic, &self.openai, &self.gemini].into_iter().flatten();
        let urls: Vec<String> = urls.map(|url| without_credentials(url)).collect();
        if urls.is_empty() { String::new() } else { format!(" → {}", urls.join(", ")) }
    }
}

impl Proxy {
    /// One that is already running.
    pub(crate) fn at(origin: String) -> Self {
        Self { origin, lifeline: None }
    }

    /// A proxy for `upstreams`: one of `candidates` that has these targets, otherwise a new one.
    pub(crate) fn find(upstreams: &Upstreams, candidates: &[String]) -> Result<Self, Failure> {
        match Self::fitting(upstreams, candidates)? {
            Some(proxy) => Ok(proxy),
            None => Self::start(upstreams),
        }
    }

    /// The one of `candidates` that runs and has these targets.
    pub(crate) fn running(upstreams: &Upstreams, candidates: &[String]) -> Result<Self, Failure> {
        Self::fitting(upstreams, candidates)?.ok_or_else(|| {
            Failure::new(format!(
                "no server that forwards{} answers at {}: start it first (headroom serve)",
                upstreams.described(),
                candidates.join(" or ")
            ))
        })
    }

    fn fitting(upstreams: &Upstreams, candidates: &[String]) -> Result<Option<Self>, Failure> {
        let upstreams = upstreams.targets()?;
        let fits = |origin: &&String| client::targets(origin).as_ref() == Some(&upstreams);
        let found = candidates.iter().find(fits);
        Ok(found.cloned().map(Self::at))
    }

    /// Whether it was already running.
    pub(crate) fn is_shared(&self) -> bool {
        self.lifeline.is_none()
    }

    fn start(upstreams: &Upstreams) -> Result<Self, Failure> {
        let fail = |error: io::Error| Failure::new(format!("the proxy can't be started: {error}"));
        let program = std::env::current_exe().map_err(fail)?;
        let (standard_input, lifeline) = io::pipe().map_err(fail)?;
        let mut command = Command::new(program);
        command
            .args(["serve", "--port", "0", "--until-input-ends"])
            .env_remove(environment::HOST)
            .env_remove(environment::API_KEY)
            .stdin(standard_input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, url) in [
            (environment::ANTHROPIC_URL, &upstreams.anthropic),
            (environment::OPENAI_URL, &upstreams.openai),
            (environment::GEMINI_URL, &upstreams.gemini),
        ] {
            match url {
                Some(url) => command.env(name, url),
                None => command.env_remove(name),
            };
        }
        #[cfg(unix)]
        {
            command.args(["--owner", &std::process::id().to_string()]);
            // In a process group of its own: Ctrl-C in the terminal is for the agent.
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        let mut child = command.spawn().map_err(fail)?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(fail)?;
        }
        let Some(origin) = line.strip_prefix("Headroom listens on ") else {
            let mut said = String::new();
            if let Some(mut stderr) = child.stderr.take() {
                stderr.read_to_string(&mut said).map_err(fail)?;
            }
            return Err(Failure::new(format!("the proxy didn't start: {}", said.trim())));
        };
        // The first of several addresses.
        let origin = origin.split_whitespace().next().unwrap_or_default().to_owned();
        Ok(Self { origin, lifeline: Some(lifeline) })
    }
}

/// The Headroom servers to which the agent's base URLs already point.
pub(crate) fn known(destinations: &[Destination]) -> impl Iterator<Item = String> + '_ {
    destinations.iter().filter_map(|destination| match destination {
        Destination::Headroom(origin) => Some(origin.clone()),
        _ => None,
    })
}
