//! Paths of installed packages in traces: of this checkout's own packages (`site-packages/requests/models.py` in Requests),
//! which mean its files, and of others, which mean none, though a file here may have the same name.

use serde_json::Value;

use crate::corpus::{Corpus, SourceFile};

/// The most manifests that are read. By hand: it bounds the work in a repository of many packages.
const MANIFESTS: usize = 400;

/// How packages of a place are named in the paths below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layout {
    /// By the package that is imported, which is a folder here as well.
    Imported,
    /// By their name, which a manifest says; the rest is a path in them.
    Named,
    /// By nothing: the libraries of a language.
    Library,
    /// By nothing either: what a system installs, programs among it.
    System,
}

/// A path in an installed package.
#[derive(Debug, Clone)]
pub(super) struct Installed<'p> {
    layout: Layout,
    /// The folder that packages are installed into.
    root: &'p str,
    /// The rest of the path, without versions.
    parts: Vec<String>,
}

impl<'p> Installed<'p> {
    /// `None` for a path that lies in no such place.
    pub(super) fn of(path: &'p str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').collect();
        // Packages have packages of their own below them.
        let (layout, at) =
            (0..parts.len()).rev().find_map(|at| Some((layout_at(&parts, at)?, at)))?;
        let (layout, skipped) = layout;
        let rest = parts.get(at + 1 + skipped..)?;
        let parts: Vec<String> = rest.iter().enumerate().map(unversioned).collect();
        (!parts.is_empty()).then(|| Self {
            layout,
            root: path.split('/').nth(at).unwrap_or(""),
            parts,
        })
    }

    /// Whether a file of this checkout, which has no such package of its own, is the same nevertheless: a copy that was
    /// checked in, or the package itself where no manifest says its name.
    pub(super) fn is_in(&self, corpus: &Corpus, path: &str) -> bool {
        let here: Vec<&str> = path.split('/').collect();
        let pairs = here.iter().rev().zip(self.parts.iter().rev());
        let same = pairs.take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count();
        let outside = &here[..here.len() - same];
        let is_deep = same > 1;
        match self.layout {
            Layout::System => is_deep,
            // All of a longer path is the same: a checkout that was installed under another name.
            _ if outside.is_empty() && same > 2 => true,
            _ if same < self.parts.len() => false,
            Layout::Imported if is_deep => !is_package(corpus, &outside.join("/")),
            Layout::Imported => matches!(outside, [] | ["src" | "lib" | "python"]),
            Layout::Named => outside.last() == Some(&self.root),
            Layout::Library => is_deep && outside.len() < 2,
        }
    }
}

/// The layout of the packages below the folder at `at`, and how many folders stand between it and them.
fn layout_at(parts: &[&str], at: usize) -> Option<(Layout, usize)> {
    let before = |distance: usize| at.checked_sub(distance).map_or("", |at| parts[at]);
    let next = parts.get(at + 1).copied().unwrap_or("");
    let is_go = |part: &str| {
        let version = part.strip_prefix("go").or_else(|| part.strip_prefix("Go"));
        version.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '1', '2']))
    };
    Some(match parts[at] {
        "site-packages" | "dist-packages" => (Layout::Imported, 0),
        "node_modules" | "bower_components" | "vendor" | "Pods" | "gems" => (Layout::Named, 0),
        "mod" if before(1) == "pkg" => (Layout::Named, 0),
        "src" if before(1) == "registry" => (Layout::Named, 1),
        "hosted" if before(1).contains("pub") => (Layout::Named, 1),
        "deno.land" | "esm.sh" | "jsr.io" | "unpkg.com" if at == 0 => {
            (Layout::Named, usize::from(next == "x"))
        }
        "rustc" if at == 0 => (Layout::Library, 1),
        "rust" if before(1) == "src" && before(2) == "rustlib" => (Layout::Library, 0),
        "ruby" if before(1) == "lib" => (Layout::Library, 1),
        python if python.starts_with("python") && before(1).starts_with("lib") => {
            (Layout::Library, 0)
        }
        "Lib" if before(1).starts_with("Python") => (Layout::Library, 0),
        "src" if before(1) == "libexec" || before(1).starts_with("toolchain@") => {
            (Layout::Library, 0)
        }
        "src"
            if is_go(before(1))
                && matches!(
                    before(2),
                    "local" | "lib" | "lib64" | "sdk" | "opt" | "Program Files"
                )
                || before(1) == "x64" && parts[..at].iter().any(|part| is_go(part)) =>
        {
            (Layout::Library, 0)
        }
        "include" | "lib" | "lib64"
            if at > 0 && parts[0] == "usr" && (at == 1 || at == 2 && parts[1] == "local") =>
        {
            (Layout::System, 0)
        }
        _ => return None,
    })
}

/// A part of a path without a version: `clap-4.5.1`, `v2@v2.7.6`, `!burnt!sushi`.
fn unversioned((at, part): (usize, &&str)) -> String {
    let name = match part.char_indices().skip(1).find(|(_, c)| *c == '@') {
        Some((version, _)) => &part[..version],
        None => part,
    };
    let is_number = |after: &str| after.starts_with(|c: char| c.is_ascii_digit());
    let version = name.match_indices('-').find(|(dash, _)| is_number(&name[dash + 1..]));
    let name = version.filter(|_| at == 0).map_or(name, |(version, _)| &name[..version]);
    name.replace('!', "")
}

fn is_package(corpus: &Corpus, folder: &str) -> bool {
    let marker =
        if folder.is_empty() { "__init__.py".to_owned() } else { format!("{folder}/__init__.py") };
    corpus.files.binary_search_by(|file| file.path.as_str().cmp(&marker)).is_ok()
}

/// The packages that a checkout's manifests declare.
#[derive(Debug, Default)]
pub(super) struct Packages(Vec<Package>);

#[derive(Debug)]
struct Package {
    /// The parts of its name: `github.com`, `acme`, `shop`.
    name: Vec<String>,
    /// Its folder, with a slash at its end if it isn't the root.
    folder: String,
    is_crate: bool,
}

impl Packages {
    pub(super) fn of(corpus: &Corpus) -> Self {
        let manifests = corpus.files.iter().filter_map(|file| {
            let (folder, name) = match file.path.rsplit_once('/') {
                Some((folder, name)) => (format!("{folder}/"), name),
                None => (String::new(), file.path.as_str()),
            };
            is_manifest(name).then_some((file, folder, name))
        });
        let package = |(file, folder, manifest): (&SourceFile, String, &str)| {
            let name = declared(manifest, &file.text)?;
            let mut name: Vec<String> = name.split('/').map(str::to_owned).collect();
            // The next major version of a Go module has another name.
            name.pop_if(|last| name_is_version(last));
            Some(Package { name, folder, is_crate: manifest == "Cargo.toml" })
        };
        Self(manifests.take(MANIFESTS).filter_map(package).collect())
    }

    /// The path in this checkout of what was installed from it.
    pub(super) fn path_here(&self, installed: &Installed<'_>) -> Option<String> {
        if installed.layout != Layout::Named {
            return None;
        }
        let parts = &installed.parts;
        let is = |package: &&Package| {
            parts.len() > package.name.len()
                && parts.iter().zip(&package.name).all(|(part, name)| same_name(part, name))
        };
        let own = self.0.iter().filter(is).max_by_key(|package| package.name.len())?;
        let inside = &parts[own.name.len()..];
        let versioned = inside.len() > 1 && name_is_version(&inside[0]);
        Some(format!("{}{}", own.folder, inside[usize::from(versioned)..].join("/")))
    }

    /// The paths that may have a function of this qualified name (the last part first) by the modules that it is in;
    /// `None` if no crates are declared, so that these names say nothing of paths.
    pub(super) fn modules(&self, names: &[String]) -> Option<Vec<String>> {
        if !self.0.iter().any(|package| package.is_crate) {
            return None;
        }
        let (crate_name, within) = names.split_last().filter(|(_, within)| !within.is_empty())?;
        let is = |package: &&Package| {
            package.is_crate && matches!(&package.name[..], [name] if same_name(name, crate_name))
        };
        let mut paths = Vec::new();
        for package in self.0.iter().filter(is) {
            for inner in 1..=within.len() {
                let modules: Vec<&str> = within[inner..].iter().rev().map(String::as_str).collect();
                let module = modules.join("/");
                let folder = format!("{}src/", package.folder);
                let ends: [String; 2] = match module.as_str() {
                    "" => ["lib.rs".to_owned(), "main.rs".to_owned()],
                    module => [format!("{module}.rs"), format!("{module}/mod.rs")],
                };
                paths.extend(ends.map(|end| format!("{folder}{end}")));
            }
        }
        Some(paths)
    }
}

/// Whether two names mean the same package: registries and imports have other dashes.
fn same_name(a: &str, b: &str) -> bool {
    let letters = |name: &str| name.replace(['-', '.'], "_").to_ascii_lowercase();
    letters(a) == letters(b)
}

/// `v2`, at the end of a Go module's name.
fn name_is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_manifest(name: &str) -> bool {
    matches!(name, "package.json" | "composer.json" | "Cargo.toml" | "go.mod" | "pubspec.yaml")
        || name.ends_with(".gemspec")
}

/// The name of the package that a manifest declares.
fn declared(manifest: &str, text: &str) -> Option<String> {
    let after = |key: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(key))?;
        Some(value.trim().trim_matches(['"', '\'']).to_owned()).filter(|value| !value.is_empty())
    };
    match manifest {
        "package.json" | "composer.json" => {
            let manifest: Value = serde_json::from_str(text).ok()?;
            Some(manifest.get("name")?.as_str()?.to_owned())
        }
        "Cargo.toml" => {
            let manifest: toml::Table = toml::from_str(text).ok()?;
            Some(manifest.get("package")?.get("name")?.as_str()?.to_owned())
        }
        "go.mod" => after("module "),
        "pubspec.yaml" => after("name:"),
        _ => manifest.strip_suffix(".gemspec").map(str::to_owned),
    }
}
