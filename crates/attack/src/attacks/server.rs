//! A server of `headroom` that is attacked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::Broken;
use crate::ground::{Ground, kill};

/// How long a response may take. Only a server that hangs takes as long.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server, which is killed when it is dropped.
pub(super) struct Server {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Server {
    /// Starts `headroom serve` on a free port of loopback.
    ///
    /// # Errors
    /// If it doesn't say where it listens.
    pub(super) fn start(ground: &Ground, args: &[&str]) -> Result<Self, Broken> {
        let serve = ["serve", "--port", "0", "--store", "memory"];
        Self::start_program(ground, "headroom", &[&serve, args].concat())
    }

    /// Starts a program that says where it listens, in a folder of its own.
    ///
    /// # Errors
    /// If it doesn't.
    pub(super) fn start_program(
        ground: &Ground,
        name: &str,
        args: &[&str],
    ) -> Result<Self, Broken> {
        let home = ground.folder();
        let mut program = ground.program(name, &home, &home);
        program.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = program.spawn().map_err(|error| Broken(error.to_string()))?;
        let mut line = String::new();
        let stdout = child.stdout.take().map(BufReader::new);
        // Without a line there is no address either.
        let _ = stdout.map(|mut stdout| stdout.read_line(&mut line));
        let address = line.split_once("://").and_then(|(_, rest)| rest.trim().split('/').next());
        match address.and_then(|address| address.parse().ok()) {
            Some(address) => Ok(Self { child, address }),
            None => {
                kill(&mut child);
                Err(Broken(format!("{name} said {line:?}")))
            }
        }
    }

    /// The id of the process.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends these bytes and closes the connection for writing. A server needn't respond to half a request, so there
    /// is nothing to wait for.
    pub(super) fn send_and_close(&self, request: &[u8]) {
        self.exchange(request, true);
    }

    /// The start of the response to a whole request that asks to close the connection; empty if there is none.
    pub(super) fn send(&self, request: &[u8]) -> Vec<u8> {
        self.exchange(request, false)
    }

    fn exchange(&self, request: &[u8], closes: bool) -> Vec<u8> {
        let mut response = Vec::new();
        if let Ok(mut stream) = TcpStream::connect(self.address) {
            // A server may refuse to read to the end, and needn't respond.
            let _ = stream.set_read_timeout(Some(PATIENCE));
            let _ = stream.set_write_timeout(Some(PATIENCE));
            let _ = stream.write_all(request);
            if closes {
                let _ = stream.shutdown(std::net::Shutdown::Write);
            }
            let _ = stream.take(1 << 20).read_to_end(&mut response);
        }
        response
    }

    /// Checks that the server serves others.
    ///
    /// # Errors
    /// If it has ended, or doesn't respond.
    pub(super) fn check(&mut self) -> Result<(), Broken> {
        if let Ok(Some(status)) = self.child.try_wait() {
            return Err(Broken(format!("the server ended: {status}")));
        }
        let request =
            format!("GET /livez HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address);
        let response = self.send(request.as_bytes());
        match response.starts_with(b"HTTP/1.1 200") {
            true => Ok(()),
            false => Err(Broken(format!("/livez: {:?}", String::from_utf8_lossy(&response)))),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        kill(&mut self.child);
    }
}
