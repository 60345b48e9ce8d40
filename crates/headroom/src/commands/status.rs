//! `headroom status`

use std::time::Duration;

use serde_json::{Value, json};

use crate::args::StatusArgs;
use crate::background;
use crate::client::{self, Probe};
use crate::failure::Failure;
use crate::output;

/// Lists the servers that run in the background, and the one that clients are sent to. Fails when there
/// is none.
pub(crate) fn run(args: &StatusArgs) -> Result<(), Failure> {
    let servers = background::all()?;
    let mut running: Vec<Running> = Vec::new();
    for (background, headroom) in &servers {
        let (url, pid) = (background.url.clone(), Some(background.pid));
        running.push(Running { url, pid, uptime: headroom.uptime, in_background: true });
    }
    let url = client::server_url();
    if let Probe::Headroom(headroom) = client::probe(&url)
        && servers.iter().all(|(known, _)| headroom.pid != Some(u64::from(known.pid)))
    {
        let pid = headroom.pid.and_then(|pid| u32::try_from(pid).ok());
        let url = url.clone();
        running.push(Running { url, pid, uptime: headroom.uptime, in_background: false });
    }
    if args.json {
        let servers: Vec<Value> = running.iter().map(Running::to_json).collect();
        output::print(&format!("{:#}\n", json!({ "servers": servers })))?;
    }
    if running.is_empty() {
        return Err(Failure::new(format!("no server runs: none in the background, none at {url}")));
    }
    if args.json {
        return Ok(());
    }
    output::print(&running.iter().map(Running::to_text).collect::<String>())
}

/// A server that runs.
struct Running {
    url: String,
    pid: Option<u32>,
    uptime: Option<Duration>,
    /// Whether `headroom serve -d` has started it.
    in_background: bool,
}

impl Running {
    fn to_text(&self) -> String {
        let pid = self.pid.map_or_else(String::new, |pid| format!(", process {pid}"));
        let uptime = self.uptime.map_or_else(String::new, |uptime| {
            let uptime = Duration::from_secs(uptime.as_secs());
            format!(", for {}", humantime::format_duration(uptime))
        });
        let remark = match self.in_background {
            true => "",
            false => "  not started with headroom serve -d\n",
        };
        format!("{} runs{pid}{uptime}\n{remark}", self.url)
    }

    fn to_json(&self) -> Value {
        json!({
            "url": self.url, "pid": self.pid, "in_background": self.in_background,
            "uptime_seconds": self.uptime.map(|uptime| uptime.as_secs()),
        })
    }
}
