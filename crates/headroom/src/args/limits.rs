//! What may not be done to texts, for every command that compresses some.

use clap::Args;
use clap::builder::FalseyValueParser;
use llm_proxy::Exclude;

use crate::environment;

/// What may not be done.
#[derive(Debug, Clone, Args)]
pub(crate) struct LimitArgs {
    /// Leave nothing out: only forms that can be reversed, and references
    #[arg(long, env = environment::LOSSLESS, value_parser = FalseyValueParser::new())]
    #[arg(help_heading = "Limits")]
    pub(crate) lossless: bool,

    /// Leave the output of these commands as it is; `git diff` is also `git diff --stat`
    #[arg(long, value_name = "COMMAND,...", value_delimiter = ',', help_heading = "Limits")]
    #[arg(env = environment::EXCLUDE_COMMANDS)]
    exclude_commands: Vec<String>,

    /// Leave the content of these files as it is, by the end of their path, with * for anything
    #[arg(long, value_name = "PATH,...", value_delimiter = ',', help_heading = "Limits")]
    #[arg(env = environment::EXCLUDE_PATHS)]
    exclude_paths: Vec<String>,
}

impl LimitArgs {
    /// What stays as it is, with the results of these tools.
    pub(crate) fn exclude(&self, tools: &[String]) -> Exclude {
        // An empty variable names nothing.
        let given = |list: &[String]| -> Vec<String> {
            list.iter().map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
        };
        Exclude {
            tools: given(tools),
            commands: given(&self.exclude_commands),
            paths: given(&self.exclude_paths),
        }
    }
}
