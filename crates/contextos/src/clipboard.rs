//! Copies a pack to the clipboard, for `--copy`: by the library on macOS and Windows; elsewhere by the desktop's own
//! program, because a clipboard there lasts only as long as the program that filled it; and over SSH, or without a
//! desktop, by the terminal (OSC 52).

use std::io::{self, IsTerminal as _, Write as _};

#[cfg(not(any(target_os = "macos", windows)))]
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::environment;
use crate::failure::Failure;

/// The longest text that is sent through a terminal, in bytes of base64. Terminals drop longer ones: xterm's limit is
/// lowest of those that have one.
const LONGEST_IN_TERMINAL: usize = 100_000;

/// Copies `text`; how, for people.
///
/// # Errors
/// When there is neither a clipboard nor a terminal, or the text is too long for the terminal.
pub(crate) fn copy(text: &str) -> Result<&'static str, Failure> {
    if !environment::is_over_ssh()
        && let Some(how) = on_desktop(text)
    {
        return Ok(how);
    }
    let encoded = STANDARD.encode(text);
    if !io::stderr().is_terminal() {
        return Err(Failure::new(
            "--copy: no clipboard was found (wl-copy, xclip or xsel), and standard error is no terminal",
        ));
    }
    if encoded.len() > LONGEST_IN_TERMINAL {
        return Err(Failure::new(format_args!(
            "--copy: the pack is too long to be copied through a terminal ({} bytes); use a smaller --budget, \
             or --out",
            text.len()
        )));
    }
    // `c` is the clipboard, and BEL ends the sequence in every terminal:
    // https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
    let mut terminal = io::stderr().lock();
    let sent = write!(terminal, "\x1b]52;c;{encoded}\x07").and_then(|()| terminal.flush());
    sent.map_err(|error| Failure::new(format_args!("--copy: {error}")))?;
    Ok("through the terminal")
}

/// By the desktop's clipboard; `None` if there is none.
#[cfg(any(target_os = "macos", windows))]
fn on_desktop(text: &str) -> Option<&'static str> {
    let mut clipboard = arboard::Clipboard::new().ok()?;
    clipboard.set_text(text).ok()?;
    Some("to the clipboard")
}

/// By the first program that is there and succeeds; `None` if there is none.
#[cfg(not(any(target_os = "macos", windows)))]
fn on_desktop(text: &str) -> Option<&'static str> {
    let programs: [(bool, &'static str, &[&str]); 3] = [
        (environment::has_wayland(), "wl-copy", &[]),
        (environment::has_x11(), "xclip", &["-selection", "clipboard"]),
        (environment::has_x11(), "xsel", &["--clipboard", "--input"]),
    ];
    let usable = programs.into_iter().filter(|(is_usable, ..)| *is_usable);
    let mut found = usable.filter(|(_, program, arguments)| {
        let child = Command::new(program)
            .args(*arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut child) = child else { return false };
        let written =
            child.stdin.take().is_some_and(|mut input| input.write_all(text.as_bytes()).is_ok());
        child.wait().is_ok_and(|status| status.success()) && written
    });
    found.next().map(|(_, program, _)| program)
}
