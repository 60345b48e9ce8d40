//! `headroom dashboard`

use crate::args::DashboardArgs;
use crate::client::{self, Probe};
use crate::failure::Failure;
use crate::output;

/// Prints the dashboard's URL, and opens it in a browser if there is a screen.
pub(crate) fn run(args: &DashboardArgs) -> Result<(), Failure> {
    let server = client::server_url();
    match client::probe(&server) {
        Probe::Headroom(_) => {}
        Probe::Another => {
            return Err(Failure::new(format!("another program is running at {server}")));
        }
        Probe::Nobody => {
            return Err(Failure::new(format!(
                "no server is running at {server}.\n\
                 Start one (headroom serve), or set HEADROOM_BASE_URL to the URL of one."
            )));
        }
    }
    let page = format!("{server}/dashboard");
    output::print(&format!("{page}\n"))?;
    if !args.no_open
        && has_screen()
        && let Err(error) = open::that_detached(&page)
    {
        output::note(format!("note: no browser could be opened: {error}"));
    }
    Ok(())
}

/// Whether there is a screen to open a page on.
fn has_screen() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    cfg!(any(windows, target_os = "macos"))
        || ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"].into_iter().any(is_set)
}
