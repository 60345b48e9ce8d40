//! Detects whether a command waits for input: whether one of its processes is blocked reading from this
//! program's standard input, or from a terminal.

use std::io::{self, IsTerminal as _};

/// Whether a process in the tree below `pid` waits for input; `None` if the system can't tell.
pub(super) fn is_awaited(pid: u32) -> Option<bool> {
    system::is_awaited(pid)
}

/// Whether reading standard input can block: it is a terminal, a pipe or a socket, rather than a file or
/// `/dev/null`.
pub(super) fn can_come() -> bool {
    io::stdin().is_terminal() || system::is_stream()
}

#[cfg(target_os = "linux")]
mod system {
    use std::fs;
    use std::path::{Path, PathBuf};

    use rustix::fs::{FileType, fstat};

    /// The maximum number of processes that are checked, because a build can have very many. By hand.
    const MOST_PROCESSES: usize = 500;

    pub(super) fn is_stream() -> bool {
        let kind = fstat(std::io::stdin()).map(|stat| FileType::from_raw_mode(stat.st_mode));
        matches!(kind, Ok(FileType::Fifo | FileType::Socket))
    }

    pub(super) fn is_awaited(pid: u32) -> Option<bool> {
        let stdin = fs::read_link("/proc/self/fd/0").ok();
        let mut waiting = vec![pid];
        let mut seen = 0;
        let mut known = true;
        while let Some(pid) = waiting.pop() {
            seen += 1;
            if seen > MOST_PROCESSES {
                return None;
            }
            for task in entries(&PathBuf::from(format!("/proc/{pid}/task"))) {
                match fs::read_to_string(task.join("syscall")) {
                    Ok(call) if reads_from(&task, &call, stdin.as_deref()) => return Some(true),
                    Ok(_) => {}
                    // Skips processes that have just ended, and those of other users, which can't be read.
                    Err(_) => known &= !task.exists(),
                }
                let children = fs::read_to_string(task.join("children")).unwrap_or_default();
                waiting
                    .extend(children.split_whitespace().filter_map(|pid| pid.parse::<u32>().ok()));
            }
        }
        known.then_some(false)
    }

    /// Whether the thread, which is blocked in that system call, reads from a terminal or from `stdin`.
    fn reads_from(task: &Path, call: &str, stdin: Option<&Path>) -> bool {
        let mut words = call.split_whitespace();
        let number = words.next().and_then(|number| number.parse::<i64>().ok());
        let Some(first) = words.next().and_then(hex) else { return false };
        let is_source = |descriptor: u64| {
            let link = fs::read_link(task.join(format!("fd/{descriptor}"))).ok();
            link.is_some_and(|link| is_terminal(&link) || Some(link.as_path()) == stdin)
        };
        match number {
            Some(libc::SYS_read | libc::SYS_readv | libc::SYS_recvfrom | libc::SYS_recvmsg) => {
                is_source(first)
            }
            #[cfg(target_arch = "x86_64")]
            Some(libc::SYS_epoll_wait) => polled(task, first).into_iter().any(is_source),
            Some(libc::SYS_epoll_pwait | libc::SYS_epoll_pwait2) => {
                polled(task, first).into_iter().any(is_source)
            }
            _ => false,
        }
    }

    /// The descriptors on which an epoll descriptor waits for readability.
    fn polled(task: &Path, epoll: u64) -> Vec<u64> {
        let info = fs::read_to_string(task.join(format!("fdinfo/{epoll}"))).unwrap_or_default();
        let watched = info.lines().filter_map(|line| {
            let mut words = line.strip_prefix("tfd:")?.split_whitespace();
            let descriptor = words.next()?.parse().ok()?;
            let events = u64::from_str_radix(words.nth(1)?, 16).ok()?;
            (events & libc::EPOLLIN as u64 != 0).then_some(descriptor)
        });
        watched.collect()
    }

    fn is_terminal(link: &Path) -> bool {
        link == Path::new("/dev/tty") || link.starts_with("/dev/pts")
    }

    fn hex(word: &str) -> Option<u64> {
        u64::from_str_radix(word.strip_prefix("0x")?, 16).ok()
    }

    fn entries(folder: &Path) -> Vec<PathBuf> {
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    pub(super) fn is_stream() -> bool {
        true
    }

    pub(super) fn is_awaited(_pid: u32) -> Option<bool> {
        None
    }
}
