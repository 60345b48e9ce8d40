//! `headroom dashboard`

use crate::args::DashboardArgs;
use crate::client::{self, Probe};
use crate::failure::Failure;
use crate::output;

/// Says where the page is, and opens it where there is something to open it in.
pub(crate) fn run(args: &DashboardArgs) -> Result<(), Failure> {
    let server = client::server_url();
    match client::probe(&server) {
        Probe::Headroom(_) => {}
        Probe::Another => {
            return Err(Failure::new(format!("{server} is answered by another program")));
        }
        Probe::Nobody => {
            return Err(Failure::new(format!(
                "no server answers at {server}.\n\
                 Start one (headroom serve), or name it with HEADROOM_BASE_URL=URL."
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
