//! Every environment variable that the program reads.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// The URL of the Headroom server, if it isn't the default.
const HEADROOM_BASE_URL: &str = "HEADROOM_BASE_URL";
/// The token that the server requires.
const HEADROOM_API_KEY: &str = "HEADROOM_API_KEY";
/// The time limit of a request to the server, in seconds.
const HEADROOM_TIMEOUT: &str = "HEADROOM_TIMEOUT";

/// The trimmed value of a variable; `None` if it is unset or blank.
fn text(name: &str) -> Option<String> {
    env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// The value of a variable that is an absolute path.
fn folder(name: &str) -> Option<PathBuf> {
    env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// `HEADROOM_BASE_URL`.
pub(crate) fn headroom_base_url() -> Option<String> {
    text(HEADROOM_BASE_URL)
}

/// `HEADROOM_API_KEY`.
pub(crate) fn headroom_api_key() -> Option<String> {
    text(HEADROOM_API_KEY)
}

/// `HEADROOM_TIMEOUT`, in seconds.
///
/// # Errors
/// With a message, when it is set and isn't a positive number.
pub(crate) fn headroom_timeout() -> Result<Option<Duration>, String> {
    let Some(value) = text(HEADROOM_TIMEOUT) else { return Ok(None) };
    value
        .parse()
        .ok()
        .filter(|seconds: &f64| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .map(Some)
        .ok_or_else(|| format!("{HEADROOM_TIMEOUT}: `{value}` is not a number of seconds"))
}

/// The user's cache folder for this program: in `XDG_CACHE_HOME`, or in `.cache` in the home folder.
pub(crate) fn cache_folder() -> Option<PathBuf> {
    let base = folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")));
    base.map(|base| base.join("contextos"))
}

/// Whether the session is a remote one, whose clipboard is on another machine.
pub(crate) fn is_over_ssh() -> bool {
    ["SSH_CONNECTION", "SSH_TTY"].iter().any(|name| text(name).is_some())
}

/// Whether there is a Wayland desktop.
#[cfg(not(any(target_os = "macos", windows)))]
pub(crate) fn has_wayland() -> bool {
    text("WAYLAND_DISPLAY").is_some()
}

/// Whether there is an X11 desktop.
#[cfg(not(any(target_os = "macos", windows)))]
pub(crate) fn has_x11() -> bool {
    text("DISPLAY").is_some()
}

/// The folders of `PATH`.
pub(crate) fn search_path() -> Vec<PathBuf> {
    env::var_os("PATH").map(|path| env::split_paths(&path).collect()).unwrap_or_default()
}

/// The extensions of executable files: those of `PATHEXT` on Windows, none elsewhere.
pub(crate) fn executable_endings() -> Vec<OsString> {
    if !cfg!(windows) {
        return vec![OsString::new()];
    }
    let listed = text("PATHEXT").unwrap_or_else(|| ".EXE;.CMD;.BAT;.COM".into());
    listed.split(';').map(OsString::from).collect()
}

/// The active Python environment.
pub(crate) fn virtual_env() -> Option<PathBuf> {
    folder("VIRTUAL_ENV")
}

/// The user's home folder.
pub(crate) fn home() -> Option<PathBuf> {
    env::home_dir().filter(|path| path.is_absolute())
}

/// The folder in which users keep the configuration of their programs.
pub(crate) fn config_home() -> Option<PathBuf> {
    if cfg!(windows) {
        return folder("APPDATA");
    }
    folder("XDG_CONFIG_HOME").or_else(|| Some(home()?.join(".config")))
}
