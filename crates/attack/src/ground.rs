//! The folder in which attacks happen, and how programs are run in it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use tempfile::TempDir;

use crate::Broken;

/// What stands in the file that no program may read.
pub const WITNESS: &str = "outside-the-ground-4711";
/// The exit codes that the programs document; the last two are a shell's for a command that can't be run, or isn't there.
const DOCUMENTED: [i32; 6] = [0, 1, 2, 3, 126, 127];
/// What stands in the message about arguments that a program doesn't have.
const OF_USAGE_ERRORS: &str = "For more information, try '--help'";
/// The most bytes of a program's output that are kept.
const MOST_OUTPUT: u64 = 64 << 20;
/// The most bytes of messages for people.
const MOST_MESSAGES: usize = 64 << 10;
/// How often it is checked whether a program has ended.
const INTERVAL: Duration = Duration::from_millis(2);
/// The time after which a program counts as hanging, however little it has computed. On a busy machine a program waits
/// for its turn, so this is many times what it may compute.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// A temporary folder, with one beside it that has to stay as it is.
#[derive(Debug)]
pub struct Ground {
    root: TempDir,
    programs: PathBuf,
    /// The processor time that a command may take.
    patience: Duration,
    slowest: Cell<Slowest>,
    folders: Cell<usize>,
}

/// The most that a command has taken so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Slowest {
    /// The processor time of one command with its children; zero where the system doesn't say.
    pub computed: Duration,
    /// The time from the start of one command to its end.
    pub waited: Duration,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error, with replacement characters.
    pub stderr: String,
}

impl Slowest {
    /// The larger of both, each for itself.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { computed: self.computed.max(other.computed), waited: self.waited.max(other.waited) }
    }
}

impl Ground {
    /// A ground for the programs in a folder, which have as much processor time for each command.
    ///
    /// # Panics
    /// If it can't be made, or the programs aren't there.
    pub fn new(programs: &Path, patience: Duration) -> Self {
        let root =
            tempfile::Builder::new().prefix("attack-").tempdir().expect("a temporary folder");
        for name in ["contextos", "headroom"] {
            assert!(programs.join(name).is_file(), "no {name} in {}", programs.display());
        }
        let (slowest, folders) = (Cell::default(), Cell::new(0));
        let ground = Self { root, programs: programs.to_owned(), patience, slowest, folders };
        fs::create_dir(ground.outside()).expect("a folder outside");
        fs::write(ground.outside().join("secret.txt"), WITNESS).expect("a file outside");
        ground
    }

    /// The most that a command has taken so far.
    pub fn slowest(&self) -> Slowest {
        self.slowest.get()
    }

    /// The folder that no program may read or change.
    pub fn outside(&self) -> PathBuf {
        self.root.path().join("outside")
    }

    /// A new empty folder.
    ///
    /// # Panics
    /// If it can't be made.
    pub fn folder(&self) -> PathBuf {
        self.folders.set(self.folders.get() + 1);
        let folder = self.root.path().join(format!("inside/{}", self.folders.get()));
        fs::create_dir_all(&folder).expect("a folder");
        folder
    }

    /// A program with a home and no other environment, in the folder `at`.
    pub fn program(&self, name: &str, home: &Path, at: &Path) -> Command {
        let mut command = Command::new(self.programs.join(name));
        command.env_clear().env("HOME", home).env("PATH", "/usr/bin:/bin").env("NO_COLOR", "1");
        command.current_dir(at);
        command
    }

    /// The path of a program.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// Runs a command with `input`, and checks how it ended.
    ///
    /// # Errors
    /// If it hung, crashed, or ended otherwise than is documented.
    pub fn run(&self, command: &mut Command, input: &[u8]) -> Result<Ended, Broken> {
        let shown = format!("{command:?}");
        let ended =
            self.end(command, input).map_err(|broken| Broken(format!("{shown}: {broken}")))?;
        check(&ended).map_err(|broken| Broken(format!("{shown}: {broken}")))?;
        Ok(ended)
    }

    fn end(&self, command: &mut Command, input: &[u8]) -> Result<Ended, Broken> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| Broken(error.to_string()))?;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        thread::scope(|scope| {
            // A program that doesn't read its input closes it.
            scope.spawn(|| stdin.map(|mut stdin| stdin.write_all(input)));
            let read = |pipe: Option<Box<dyn std::io::Read + Send>>| {
                let mut bytes = Vec::new();
                // What can't be read is as good as not written.
                let _ = pipe.map(|pipe| pipe.take(MOST_OUTPUT).read_to_end(&mut bytes));
                bytes
            };
            let stdout = scope.spawn(move || read(stdout.map(|pipe| Box::new(pipe) as _)));
            let stderr = scope.spawn(move || read(stderr.map(|pipe| Box::new(pipe) as _)));
            let status = self.wait(&mut child)?;
            let output =
                |thread: thread::ScopedJoinHandle<'_, Vec<u8>>| thread.join().unwrap_or_default();
            let stderr = String::from_utf8_lossy(&output(stderr)).into_owned();
            Ok(Ended { status, stdout: output(stdout), stderr })
        })
    }

    /// Waits for a child.
    ///
    /// # Errors
    /// If it doesn't end in time; it has been killed then.
    pub fn wait(&self, child: &mut Child) -> Result<ExitStatus, Broken> {
        let begun = Instant::now();
        let mut computed = Duration::ZERO;
        let is_over = loop {
            let has_ended = has_ended(child).map_err(|error| Broken(error.to_string()))?;
            computed = processor_time(child).unwrap_or(computed);
            if computed > self.patience || begun.elapsed() > LONGEST_WAIT {
                break true;
            }
            if has_ended {
                break false;
            }
            thread::sleep(INTERVAL);
        };
        let waited = begun.elapsed();
        self.slowest.set(self.slowest.get().or(Slowest { computed, waited }));
        if is_over {
            kill(child);
            return Err(Broken(format!(
                "didn't end within {waited:?}, {computed:?} of it computing"
            )));
        }
        child.wait().map_err(|error| Broken(error.to_string()))
    }

    /// Checks that nothing outside was changed or added, and that none of it is in `shown`.
    ///
    /// # Errors
    /// If it is otherwise.
    pub fn check_outside(&self, shown: &[u8]) -> Result<(), Broken> {
        let files = files(&self.outside());
        let expected = BTreeMap::from([(PathBuf::from("secret.txt"), WITNESS.as_bytes().to_vec())]);
        if files != expected {
            return Err(Broken(format!("outside is now {:?}", files.keys())));
        }
        let is_there = shown.windows(WITNESS.len()).any(|window| window == WITNESS.as_bytes());
        if is_there { Err(Broken("a file outside was read".to_owned())) } else { Ok(()) }
    }
}

/// The regular files below a folder, with their contents. Links aren't followed.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() => {
                    let name = path.strip_prefix(folder).unwrap_or(&path).to_owned();
                    all.insert(name, fs::read(&path).unwrap_or_default());
                }
                _ => {}
            }
        }
    }
    all
}

/// Whether a child has ended. It is left for somebody to wait for, so that what it has taken can still be read.
fn has_ended(child: &Child) -> std::io::Result<bool> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(waitid(WaitId::Pid(Pid::from_child(child)), options)?.is_some())
}

/// The processor time that a child has taken, with its children that have ended; `None` where the system doesn't say.
fn processor_time(child: &Child) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id())).ok()?;
    // Behind the program's name, which is in parentheses and may have any characters: the state is the third field,
    // the four times are the 14th to the 17th (proc_pid_stat(5)).
    let fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let ticks: u64 = fields.skip(11).take(4).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Some(Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second()))
}

/// The memory of a process that is resident, in bytes; `None` where the system doesn't say.
pub fn resident_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

/// Kills a child at once and waits for it.
pub fn kill(child: &mut Child) {
    // It may have ended by itself just now.
    let _ = kill_process(Pid::from_child(child), Signal::KILL);
    let _ = child.wait();
}

/// A name of bytes.
pub fn name(bytes: &[u8]) -> &OsStr {
    std::os::unix::ffi::OsStrExt::from_bytes(bytes)
}

fn check(ended: &Ended) -> Result<(), Broken> {
    if let Some(signal) = ended.status.signal() {
        return Err(Broken(format!("was ended by signal {signal}: {}", ended.stderr)));
    }
    let code = ended.status.code().unwrap_or_default();
    if !DOCUMENTED.contains(&code) {
        return Err(Broken(format!("ended with {code}: {}", ended.stderr)));
    }
    // An attack whose command the program doesn't have would test nothing.
    if ended.stderr.contains(OF_USAGE_ERRORS) {
        return Err(Broken(format!("isn't a command of the program: {}", ended.stderr)));
    }
    if ended.stderr.contains("panicked at") {
        return Err(Broken(format!("panicked: {}", ended.stderr)));
    }
    let is_control = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if ended.stderr.contains(is_control) {
        return Err(Broken(format!("control characters in messages: {:?}", ended.stderr)));
    }
    if ended.stderr.len() > MOST_MESSAGES {
        return Err(Broken(format!("{} bytes of messages", ended.stderr.len())));
    }
    if code != 0 && ended.stderr.trim().is_empty() && ended.stdout.is_empty() {
        return Err(Broken(format!("ended with {code} and without a message")));
    }
    Ok(())
}
