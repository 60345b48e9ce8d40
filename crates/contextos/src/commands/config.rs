//! `contextos config show`: every setting, its value, and where that comes from.

use serde_json::{Value, json};

use crate::args::{ConfigArgs, ConfigCommand, Global};
use crate::explanation;
use crate::failure::Failure;
use crate::place::Place;
use crate::settings::Settings;
use crate::terminal::Terminal;

pub(super) fn run(global: &Global, args: &ConfigArgs, terminal: &Terminal) -> Result<(), Failure> {
    let ConfigCommand::Show { json } = args.command;
    let settings =
        Settings::load(&Place::of(&global.repository(None))?.root, global.config.as_deref())?;
    let shown = settings.show();
    if json {
        let settings = shown.iter().map(|setting| {
            json!({ "key": setting.key, "value": setting.value, "origin": setting.origin })
        });
        let settings: Vec<Value> = settings.collect();
        return terminal.print(&explanation::json(&json!({ "settings": settings })));
    }
    let widest = shown.iter().map(|shown| shown.key.len() + shown.value.len()).max().unwrap_or(0);
    let mut out = String::new();
    for setting in shown {
        let line = format!("{} = {}", setting.key, setting.value);
        out.push_str(&format!("{line:width$}  # {}\n", setting.origin, width = widest + 3));
    }
    terminal.print(&out)
}
