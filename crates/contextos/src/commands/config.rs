//! `contextos config show`: every setting, its value, and where that comes from.

use crate::args::{ConfigArgs, ConfigCommand, Global};
use crate::failure::Failure;
use crate::place::Place;
use crate::settings::Settings;
use crate::terminal::Terminal;

pub(super) fn run(global: &Global, args: &ConfigArgs, terminal: &Terminal) -> Result<(), Failure> {
    let ConfigCommand::Show = args.command;
    let settings =
        Settings::load(&Place::of(&global.repository(None))?.root, global.config.as_deref())?;
    let shown = settings.show();
    let widest = shown.iter().map(|shown| shown.key.len() + shown.value.len()).max().unwrap_or(0);
    let mut out = String::new();
    for setting in shown {
        let line = format!("{} = {}", setting.key, setting.value);
        out.push_str(&format!("{line:width$}  # {}\n", setting.origin, width = widest + 3));
    }
    terminal.print(&out)
}
