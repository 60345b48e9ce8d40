//! A real Redis server of a test's own: started on a free port, killed, started again.

use std::io::{BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a server may take to answer for the first time.
const PATIENCE: Duration = Duration::from_secs(60);

/// A `redis-server` that writes down everything before it acknowledges it. Killed when dropped.
pub struct RedisServer {
    folder: TempDir,
    port: u16,
    extra: Vec<String>,
    child: Child,
}

impl RedisServer {
    /// A server that answers. `extra` are more of its arguments.
    ///
    /// # Panics
    /// When there is no `redis-server`, or it doesn't start.
    pub fn start(extra: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let extra: Vec<String> = extra.iter().map(|&arg| arg.to_owned()).collect();
        // Between our closing the port and its opening, another may take it: then another try.
        for _ in 0..10 {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
            let port = free.expect("a free port").port();
            let mut child = spawn(&folder, port, &extra);
            if answers(&mut child, port) {
                return Self { folder, port, extra, child };
            }
        }
        panic!("redis-server doesn't start");
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Starts it again, at the same port and with what it had acknowledged.
    ///
    /// # Panics
    /// When it doesn't start.
    pub fn restart(&mut self) {
        self.child = spawn(&self.folder, self.port, &self.extra);
        assert!(answers(&mut self.child, self.port), "redis-server doesn't start again");
    }

    /// Lets it answer nothing any more, or go on.
    pub fn pause(&self, paused: bool) {
        let signal = if paused { "-STOP" } else { "-CONT" };
        let done = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(done.expect("there is kill").success());
    }

    /// What it answers to a command in its inline form: one line, or as many as an array has.
    pub fn say(&self, command: &str) -> Vec<String> {
        ask(self.port, command).expect("an answer")
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        // Only ever the process that was started here; it may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &TempDir, port: u16, extra: &[String]) -> Child {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--daemonize", "no"])
        // Every write is with the system before it is acknowledged: while Redis waits for a disk
        // (`everysec`), it may hold writes back.
        .args(["--save", "", "--appendonly", "yes", "--appendfsync", "no", "--dir"])
        .arg(folder.path())
        .args(extra)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server is installed (scripts/setup.sh does that)")
}

/// Whether it answers, before it ends or the patience does.
fn answers(child: &mut Child, port: u16) -> bool {
    let began = Instant::now();
    while began.elapsed() < PATIENCE && matches!(child.try_wait(), Ok(None)) {
        match ask(port, "PING") {
            // It answers when it has read what it had written, or that it wants a password.
            Ok(said) if said[0] == "+PONG" || said[0].starts_with("-NOAUTH") => return true,
            _ => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    false
}

fn ask(port: u16, command: &str) -> std::io::Result<Vec<String>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(stream, "{command}\r\n")?;
    let mut reader = BufReader::new(stream);
    let first = line(&mut reader)?;
    let count = first.strip_prefix('*').and_then(|count| count.parse::<usize>().ok());
    match count {
        None => Ok(vec![value(first, &mut reader)?]),
        Some(count) => {
            let mut values = Vec::new();
            for _ in 0..count {
                let first = line(&mut reader)?;
                values.push(value(first, &mut reader)?);
            }
            Ok(values)
        }
    }
}

fn line(reader: &mut impl std::io::BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

/// The text of a bulk string, or the line itself.
fn value(first: String, reader: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let Some(length) = first.strip_prefix('$').and_then(|length| length.parse::<usize>().ok())
    else {
        return Ok(first);
    };
    let mut bytes = vec![0; length + 2];
    reader.read_exact(&mut bytes)?;
    bytes.truncate(length);
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
