//! `headroom stop`

use crate::args::StopArgs;
use crate::background;
use crate::client::{self, Probe};
use crate::failure::Failure;
use crate::output;

/// Stops a server that was started in the background; no other.
pub(crate) fn run(args: &StopArgs) -> Result<(), Failure> {
    let port = args.port;
    let Some(background) = background::at(port)? else {
        let other = match client::probe(&format!("http://127.0.0.1:{port}")) {
            Probe::Headroom(headroom) => headroom.pid.map_or_else(String::new, |pid| {
                format!(".\nThe one that answers there was started otherwise (process {pid})")
            }),
            Probe::Another | Probe::Nobody => String::new(),
        };
        return Err(Failure::new(format!(
            "no server on port {port} was started with headroom serve -d{other}"
        )));
    };
    background::stop(&background)?;
    output::print(&format!("The server at {} has stopped\n", background.url))
}
