//! `headroom doctor`: checks the set-up, and says how to fix what is wrong.

mod route;

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use bytesize::ByteSize;
use serde_json::{Value, json};

use crate::args::DoctorArgs;
use crate::audit::report::counted;
use crate::client::{self, DEFAULT_URL, Probe};
use crate::config::Config;
use crate::environment;
use crate::failure::Failure;
use crate::output;
use crate::prices;
use crate::stats_text;
use crate::store::{self, StoreArgs};

/// The text that is stored and read back to check that the store works.
const PROBE: &str = "headroom doctor was here";

/// The number of reasons for unrecognised requests that are shown. By hand.
const MOST_SHOWN: usize = 10;

/// The result of a check.
enum Finding {
    Pass(String),
    /// It works, but the user should know something.
    Note(String),
    /// It doesn't work.
    Fail(String),
}

/// Runs all checks; fails if something doesn't work.
pub(crate) fn run(args: &DoctorArgs) -> Result<(), Failure> {
    let url = client::server_url();
    let mut findings = vec![program()];
    findings.extend(namesakes());
    findings.extend(settings());
    findings.extend(kept(&args.store));
    findings.extend(server(&url));
    findings.extend(route::agents(&url));
    if args.network {
        findings.extend(route::providers(&url));
    }
    output::print(&match args.json {
        true => to_json(&findings),
        false => findings.iter().map(Finding::line).collect(),
    })?;
    if findings.iter().any(|finding| matches!(finding, Finding::Fail(_))) {
        return Err(Failure::silent());
    }
    Ok(())
}

fn to_json(findings: &[Finding]) -> String {
    let finding = |finding: &Finding| {
        let (result, text) = finding.parts();
        json!({ "result": result, "text": text })
    };
    let ok = !findings.iter().any(|finding| matches!(finding, Finding::Fail(_)));
    let checks: Vec<Value> = findings.iter().map(finding).collect();
    format!("{:#}\n", json!({ "ok": ok, "checks": checks }))
}

impl Finding {
    /// Its name in JSON, and its text.
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Pass(text) => ("ok", text),
            Self::Note(text) => ("note", text),
            Self::Fail(text) => ("fail", text),
        }
    }

    fn line(&self) -> String {
        let (mark, text) = match self {
            Self::Pass(text) => ("ok  ", text),
            Self::Note(text) => ("note", text),
            Self::Fail(text) => ("FAIL", text),
        };
        format!("{mark}  {}\n", text.replace('\n', "\n      "))
    }
}

fn program() -> Finding {
    let version = env!("CARGO_PKG_VERSION");
    match std::env::current_exe() {
        Ok(path) => Finding::Pass(format!("headroom {version} at {}", path.display())),
        Err(_) => Finding::Pass(format!("headroom {version}")),
    }
}

/// Other programs named `headroom` in `PATH`.
fn namesakes() -> Vec<Finding> {
    let own = std::env::current_exe().and_then(fs::canonicalize).ok();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let name = format!("headroom{}", std::env::consts::EXE_SUFFIX);
    let mut seen = Vec::new();
    std::env::split_paths(&path)
        .map(|folder| folder.join(&name))
        .filter(|path| path.is_file())
        .filter(|path| {
            let real = fs::canonicalize(path).ok();
            let is_new = real != own && !seen.contains(&real);
            seen.push(real);
            is_new
        })
        .map(|path| namesake(&path))
        .collect()
}

fn namesake(path: &Path) -> Finding {
    let path_shown = path.display();
    if is_python_script(path) {
        Finding::Note(format!(
            "{path_shown} is another program: the Python package headroom-ai, which has no `serve`.\n\
             Uninstall it (pip uninstall headroom-ai), or put this program's folder before it in PATH."
        ))
    } else {
        Finding::Note(format!("there is another headroom at {path_shown}"))
    }
}

fn is_python_script(path: &Path) -> bool {
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(4096).read_to_end(&mut head));
    let first = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let first = String::from_utf8_lossy(first);
    read.is_ok() && first.starts_with("#!") && first.contains("python")
}

/// What is wrong with the user's own files, without which commands fail or leave nothing out.
fn settings() -> Vec<Finding> {
    let faults = [Config::read().err(), prices::read().err()];
    faults.into_iter().flatten().map(|failure| Finding::Fail(failure.message())).collect()
}

/// Whether originals can be stored and read back.
fn kept(store: &StoreArgs) -> Vec<Finding> {
    let (folder, originals) = match (store::folder(), store.shared()) {
        (Ok(folder), Ok(originals)) => (folder, originals),
        (Err(failure), _) | (_, Err(failure)) => return vec![Finding::Fail(failure.message())],
    };
    // The probe is no original of anyone, so it neither counts nor stays.
    let _ = originals.remove(PROBE);
    let usage = originals.usage().unwrap_or_default();
    let probe = originals.put(PROBE).and_then(|hash| originals.get(&hash.to_string()));
    let _ = originals.remove(PROBE);
    let state = match probe {
        Ok(Some(original)) if original.text == PROBE => Finding::Pass(format!(
            "store: {}: {}, {} of {}, kept for {}",
            originals.describe(),
            counted(usage.entries, "original"),
            ByteSize(usage.bytes),
            ByteSize(originals.bounds().bytes),
            output::duration(originals.bounds().age),
        )),
        Ok(_) => Finding::Fail(format!(
            "originals that are stored in {} can't be read back",
            folder.display()
        )),
        Err(error) => Finding::Fail(format!("originals can't be stored: {error}")),
    };
    let mut findings = vec![state];
    findings.extend(exposed(&folder));
    findings
}

/// Whether other users have access to the folder.
#[cfg(unix)]
fn exposed(folder: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = fs::metadata(folder).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        let folder = folder.display();
        Finding::Note(format!(
            "other users have access to {folder} (mode {mode:o}): run chmod 700 {folder}"
        ))
    })
}

#[cfg(not(unix))]
fn exposed(_: &Path) -> Option<Finding> {
    None
}

/// Whether a server runs where clients expect it.
fn server(url: &str) -> Vec<Finding> {
    let is_named = url != DEFAULT_URL;
    let headroom = match client::probe(url) {
        Probe::Headroom(headroom) => headroom,
        Probe::Nobody if is_named => {
            return vec![Finding::Fail(format!(
                "no server is running at {url} (HEADROOM_BASE_URL): start it there, or unset the variable"
            ))];
        }
        Probe::Nobody => {
            let message =
                format!("no server is running at {url}: start it with `headroom serve &`");
            return vec![Finding::Note(message)];
        }
        Probe::Another => {
            return vec![Finding::Fail(format!(
                "another program is running at {url}: choose another port with `headroom serve \
                 --port`, and tell clients with HEADROOM_BASE_URL"
            ))];
        }
    };
    let mut findings = Vec::new();
    let token = environment::token();
    findings.push(match client::compress(url, token.as_deref(), PROBE) {
        Ok(200) => Finding::Pass(format!("Headroom {} is running at {url}", headroom.version)),
        Ok(401) => {
            Finding::Fail(format!("the server at {url} requires its token: set HEADROOM_API_KEY"))
        }
        Ok(503) => Finding::Note(format!(
            "Headroom {} at {url} doesn't compress at present: it is busy, or was started with \
             --no-optimize",
            headroom.version
        )),
        Ok(status) => {
            Finding::Fail(format!("the server at {url} responds {status} to a small text"))
        }
        Err(error) => Finding::Fail(format!("the server at {url} doesn't compress: {error}")),
    });
    findings.extend(not_understood(url, token.as_deref()));
    let own = env!("CARGO_PKG_VERSION");
    if headroom.version != own {
        findings.push(Finding::Note(format!(
            "the server has version {}, but this program has {own}: restart the server",
            headroom.version
        )));
    }
    findings
}

/// The requests to the server at `url` that it couldn't compress because it didn't recognise them.
fn not_understood(url: &str, token: Option<&str>) -> Option<Finding> {
    let stats = client::get_json(url, token, "/stats").ok()?;
    let counts = stats_text::not_understood(&stats);
    if counts.is_empty() {
        return None;
    }
    let lines: String =
        counts.iter().take(MOST_SHOWN).map(|(n, why)| format!("\n{n} × {why}")).collect();
    Some(Finding::Note(format!(
        "the server didn't recognise some requests, and forwarded them uncompressed:{lines}"
    )))
}
