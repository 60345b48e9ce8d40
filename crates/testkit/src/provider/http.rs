//! As much of HTTP/1.1 as a stub needs.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};

use super::{Received, Reply, Step};

/// Reads the requests of a connection.
pub(super) struct Reader<'c> {
    from: BufReader<&'c TcpStream>,
}

impl<'c> Reader<'c> {
    pub(super) fn new(connection: &'c TcpStream) -> Self {
        Reader { from: BufReader::new(connection) }
    }

    /// The next request; `None` when the client has closed.
    pub(super) fn request(&mut self) -> io::Result<Option<Received>> {
        let head = self.line()?;
        let mut words = head.split(' ');
        let (Some(method), Some(path)) = (words.next(), words.next()) else { return Ok(None) };
        let mut request = Received {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(':') else { break };
            request.headers.push((name.to_lowercase(), value.trim().to_owned()));
        }
        if request.header("transfer-encoding").is_some() {
            self.chunks(&mut request.body)?;
        } else if let Some(length) = request.header("content-length") {
            let length: usize = length.parse().map_err(io::Error::other)?;
            request.body.resize(length, 0);
            self.from.read_exact(&mut request.body)?;
        }
        Ok(Some(request))
    }

    fn chunks(&mut self, body: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let size = usize::from_str_radix(&self.line()?, 16).map_err(io::Error::other)?;
            let from = body.len();
            body.resize(from + size, 0);
            self.from.read_exact(&mut body[from..])?;
            self.line()?;
            if size == 0 {
                return Ok(());
            }
        }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.from.read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

pub(super) fn respond(mut to: &TcpStream, reply: Reply) -> io::Result<()> {
    match reply {
        Reply::Turn(_) => Err(io::Error::other("a turn is rendered before it is sent")),
        Reply::Whole { status, headers, body } => {
            let mut out = head(status, &headers);
            out.extend(format!("content-length: {}\r\n\r\n", body.len()).bytes());
            out.extend(body);
            to.write_all(&out)
        }
        Reply::Steps { headers, steps } => {
            let mut out = head(200, &headers);
            out.extend(b"transfer-encoding: chunked\r\n\r\n");
            to.write_all(&out)?;
            for step in steps {
                match step {
                    Step::Send(bytes) if bytes.is_empty() => {}
                    Step::Send(bytes) => {
                        let size = format!("{:x}\r\n", bytes.len());
                        to.write_all(&[size.as_bytes(), &bytes, b"\r\n"].concat())?;
                    }
                    // A dropped sender lets the stream go on as well.
                    Step::Wait(gate) => drop(gate.recv()),
                    Step::UntilClosed(told) => {
                        // The client has nothing more to say, so what comes is its end.
                        let _ = to.read(&mut [0]);
                        let _ = told.send(());
                    }
                    Step::Break => {
                        to.shutdown(Shutdown::Both)?;
                        return Err(io::ErrorKind::ConnectionAborted.into());
                    }
                }
            }
            to.write_all(b"0\r\n\r\n")
        }
    }
}

fn head(status: u16, headers: &[(String, String)]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Status\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.into_bytes()
}
