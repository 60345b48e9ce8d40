//! `headroom status`

use std::time::Duration;

use crate::background;
use crate::client::{self, Probe};
use crate::failure::Failure;
use crate::output;

/// Lists the servers that run in the background, and the one that clients are sent to. Fails when there
/// is none.
pub(crate) fn run() -> Result<(), Failure> {
    let servers = background::all()?;
    let mut out = String::new();
    for (background, headroom) in &servers {
        out.push_str(&line(&background.url, Some(background.pid), headroom.uptime));
    }
    let url = client::server_url();
    if let Probe::Headroom(headroom) = client::probe(&url)
        && servers.iter().all(|(known, _)| headroom.pid != Some(u64::from(known.pid)))
    {
        let pid = headroom.pid.and_then(|pid| u32::try_from(pid).ok());
        out.push_str(&line(&url, pid, headroom.uptime));
        out.push_str("  not started with headroom serve -d\n");
    }
    if out.is_empty() {
        return Err(Failure::new(format!("no server runs: none in the background, none at {url}")));
    }
    output::print(&out)
}

fn line(url: &str, pid: Option<u32>, uptime: Option<Duration>) -> String {
    let pid = pid.map_or_else(String::new, |pid| format!(", process {pid}"));
    let uptime = uptime.map_or_else(String::new, |uptime| {
        let uptime = Duration::from_secs(uptime.as_secs());
        format!(", for {}", humantime::format_duration(uptime))
    });
    format!("{url} runs{pid}{uptime}\n")
}
