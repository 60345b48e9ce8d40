//! What may not be done to texts, for every command that compresses some.

use clap::Args;
use clap::builder::FalseyValueParser;
use llm_proxy::{CallPatterns, Limits};

use crate::config::{Calls, Config};
use crate::environment;
use crate::failure::Failure;

/// What may not be done, by flags and variables.
#[derive(Debug, Clone, Args)]
pub(crate) struct LimitArgs {
    /// Leave nothing out: only forms that can be reversed, and references
    #[arg(long, env = environment::LOSSLESS, value_parser = FalseyValueParser::new())]
    #[arg(help_heading = "Limits")]
    lossless: bool,

    /// Leave the output of these commands as it is; `git diff` is also `git diff --stat`
    #[arg(long, value_name = "COMMAND,...", value_delimiter = ',', help_heading = "Limits")]
    #[arg(env = environment::EXCLUDE_COMMANDS)]
    exclude_commands: Vec<String>,

    /// Leave the content of these files as it is, by the end of their path, with * for anything
    #[arg(long, value_name = "PATH,...", value_delimiter = ',', help_heading = "Limits")]
    #[arg(env = environment::EXCLUDE_PATHS)]
    exclude_paths: Vec<String>,
}

/// What may not be done, by flags, variables and the user's settings.
#[derive(Debug, Clone)]
pub(crate) struct SetLimits {
    /// Whether nothing may be left out.
    pub(crate) is_lossless: bool,
    /// What else may not be done.
    pub(crate) limits: Limits,
}

impl LimitArgs {
    /// What may not be done. What is given here counts before `config`. `tools`: those whose results stay
    /// as they are.
    pub(crate) fn with(&self, tools: &[String], config: &Config) -> SetLimits {
        let Calls { tools: of_tools, commands, paths } = &config.exclude;
        SetLimits {
            is_lossless: self.lossless || config.lossless == Some(true),
            limits: Limits {
                exclude: CallPatterns {
                    tools: first_given(tools, of_tools.as_ref()),
                    commands: first_given(&self.exclude_commands, commands.as_ref()),
                    paths: first_given(&self.exclude_paths, paths.as_ref()),
                },
                lossless: config.lossless_calls(),
                texts: config.text_limits(),
            },
        }
    }

    /// The same with the user's settings.
    ///
    /// # Errors
    /// If these can't be read.
    pub(crate) fn resolve(&self, tools: &[String]) -> Result<SetLimits, Failure> {
        Ok(self.with(tools, &Config::read()?))
    }
}

/// The list of a flag or variable if it names something, else that of the settings.
fn first_given(list: &[String], set: Option<&Vec<String>>) -> Vec<String> {
    // An empty variable names nothing.
    let given: Vec<String> =
        list.iter().map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect();
    match set {
        Some(set) if given.is_empty() => set.clone(),
        _ => given,
    }
}
