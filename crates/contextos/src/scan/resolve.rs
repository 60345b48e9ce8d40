//! Which file of the checkout an import means, by the rules of its language: a file per family.
//!
//! Only paths and a few manifests are looked at, never a build: what a build would add (aliases,
//! generated code) counts as a package.

mod c;
mod go;
mod java;
mod javascript;
mod python;
mod rust;

use std::collections::HashMap;

use select::SourceFile;
use syntax::{Import, Language};

/// What an import means.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// Files of the checkout, by index.
    Local(Vec<usize>),
    /// A package from elsewhere, by its name.
    Package(String),
    /// It is written as a path into the checkout, and nothing is there.
    Missing,
}

/// The files of a checkout, ready to be looked up.
pub(super) struct Resolver<'a> {
    files: &'a [SourceFile],
    by_path: HashMap<&'a str, usize>,
    by_name: HashMap<&'a str, Vec<usize>>,
    go: go::Modules<'a>,
    javascript: javascript::Packages,
    rust: rust::Crates<'a>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(files: &'a [SourceFile]) -> Self {
        let by_path = files.iter().enumerate().map(|(at, file)| (file.path.as_str(), at)).collect();
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, file) in files.iter().enumerate() {
            by_name.entry(split(&file.path).1).or_default().push(at);
        }
        Self {
            files,
            by_path,
            by_name,
            go: go::Modules::new(files),
            javascript: javascript::Packages::new(files),
            rust: rust::Crates::new(files),
        }
    }

    /// What an import in the file at `from` means.
    pub(super) fn resolve(&self, from: usize, import: &Import) -> Target {
        let file = &self.files[from];
        match file.language {
            Language::Python => python::resolve(self, &file.path, import),
            Language::JavaScript | Language::TypeScript | Language::Tsx => {
                javascript::resolve(self, &file.path, import)
            }
            Language::Rust => rust::resolve(self, &file.path, import),
            Language::Go => go::resolve(self, import),
            Language::Java | Language::Kotlin | Language::Scala => java::resolve(self, import),
            Language::C | Language::Cpp => c::resolve(self, &file.path, import),
            _ => self.relative_or_package(&file.path, import),
        }
    }

    /// For languages without rules of their own: a path, if it is one, else a package.
    fn relative_or_package(&self, from: &str, import: &Import) -> Target {
        let module = import.module.trim_matches(['"', '\'', '<', '>']);
        let (folder, name) = split(from);
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let candidates = [join(folder, module), Some(module.to_owned())];
        for path in candidates.into_iter().flatten() {
            if let Some(at) = self.first(&[path.clone(), format!("{path}.{ending}")]) {
                return Target::Local(vec![at]);
            }
        }
        if module.starts_with('.') { Target::Missing } else { Target::Package(module.to_owned()) }
    }

    /// The first of these paths that is a file.
    fn first(&self, paths: &[String]) -> Option<usize> {
        paths.iter().find_map(|path| self.by_path.get(path.as_str()).copied())
    }

    /// The only file whose path is `suffix` or ends in `/suffix`.
    fn only_with_suffix(&self, suffix: &str) -> Option<usize> {
        let mut found = None;
        for &at in self.by_name.get(split(suffix).1)? {
            let path = &self.files[at].path;
            let matches = path
                .strip_suffix(suffix)
                .is_some_and(|before| before.is_empty() || before.ends_with('/'));
            if matches && found.replace(at).is_some() {
                return None;
            }
        }
        found
    }
}

/// A path's folder (empty at the root) and name.
fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

/// `relative` as seen from `folder`; `None` if it leads out of the checkout.
fn join(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// `folder` and every folder around it, innermost first, the root (empty) last.
fn upwards(folder: &str) -> impl Iterator<Item = &str> {
    let mut next = Some(folder);
    std::iter::from_fn(move || {
        let now = next?;
        next = if now.is_empty() { None } else { Some(split(now).0) };
        Some(now)
    })
}

/// `name` in `folder`, where the root is empty.
fn in_folder(folder: &str, name: &str) -> String {
    match (folder.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (false, true) => folder.to_owned(),
        (false, false) => format!("{folder}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `module` (with `names`) in `from` means, in a checkout of these files.
    fn resolve(files: &[(&str, &str)], from: &str, module: &str, names: &[&str]) -> String {
        let mut files: Vec<SourceFile> = files
            .iter()
            .map(|&(path, text)| SourceFile {
                path: path.to_owned(),
                text: text.to_owned(),
                hash: [0; 32],
                language: Language::of(path, ""),
                kind: select::FileKind::Source,
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let at = files.iter().position(|file| file.path == from).unwrap();
        let import = Import {
            line: 1,
            raw: String::new(),
            module: module.to_owned(),
            names: names.iter().map(|&name| name.to_owned()).collect(),
        };
        match Resolver::new(&files).resolve(at, &import) {
            Target::Local(found) => {
                found.iter().map(|&at| files[at].path.as_str()).collect::<Vec<_>>().join(" ")
            }
            Target::Package(name) => format!("package {name}"),
            Target::Missing => "missing".into(),
        }
    }

    #[test]
    fn python() {
        let files = [
            ("src/flask/__init__.py", ""),
            ("src/flask/app.py", ""),
            ("src/flask/sessions.py", ""),
            ("src/flask/json/__init__.py", ""),
            ("tests/test_app.py", ""),
        ];
        let from = |from, module, names: &[&str]| resolve(&files, from, module, names);
        let (test, app) = ("tests/test_app.py", "src/flask/app.py");
        assert_eq!(from(test, "flask.sessions", &["Session"]), "src/flask/sessions.py");
        assert_eq!(from(test, "flask", &["Flask"]), "src/flask/__init__.py");
        assert_eq!(from(test, "flask", &["sessions"]), "src/flask/sessions.py");
        assert_eq!(from(app, ".sessions", &["Session"]), "src/flask/sessions.py");
        assert_eq!(from(app, ".", &["json"]), "src/flask/json/__init__.py");
        assert_eq!(from("src/flask/json/__init__.py", "..app", &[]), "src/flask/app.py");
        assert_eq!(from(app, ".gone", &[]), "missing");
        assert_eq!(from(app, "os.path", &[]), "package os");
    }

    #[test]
    fn javascript() {
        let files = [
            ("packages/math/package.json", "{\"name\": \"@x/math\"}"),
            ("packages/math/src/index.ts", ""),
            ("packages/math/src/point.ts", ""),
            ("app/src/main.tsx", ""),
            ("app/src/util.ts", ""),
            ("app/src/ui/index.tsx", ""),
        ];
        let from = |module| resolve(&files, "app/src/main.tsx", module, &[]);
        assert_eq!(from("./util.js"), "app/src/util.ts");
        assert_eq!(from("./util"), "app/src/util.ts");
        assert_eq!(from("./ui"), "app/src/ui/index.tsx");
        assert_eq!(from("@/util"), "app/src/util.ts");
        assert_eq!(from("@x/math"), "packages/math/src/index.ts");
        assert_eq!(from("@x/math/point"), "packages/math/src/point.ts");
        assert_eq!(from("@y/other/deep"), "package @y/other");
        assert_eq!(from("react/jsx-runtime"), "package react");
        assert_eq!(from("./gone"), "missing");
        assert_eq!(from("../../../out"), "missing");
    }

    #[test]
    fn rust() {
        let files = [
            ("Cargo.toml", "[workspace]"),
            ("crates/a/Cargo.toml", "[package]\nname = \"my-a\"\n"),
            ("crates/a/src/lib.rs", ""),
            ("crates/a/src/net.rs", ""),
            ("crates/a/src/net/http.rs", ""),
            ("crates/b/Cargo.toml", "[package]\nname = \"b\"\n"),
            ("crates/b/src/main.rs", ""),
        ];
        let net = "crates/a/src/net.rs";
        let from = |from, module| resolve(&files, from, module, &[]);
        assert_eq!(from(net, "crate::net::http"), "crates/a/src/net/http.rs");
        assert_eq!(from(net, "crate::net::http::get"), "crates/a/src/net/http.rs");
        assert_eq!(from(net, "self::http"), "crates/a/src/net/http.rs");
        assert_eq!(from("crates/a/src/net/http.rs", "super::Connection"), "crates/a/src/net.rs");
        assert_eq!(from("crates/b/src/main.rs", "my_a::net::Host"), "crates/a/src/net.rs");
        assert_eq!(from("crates/b/src/main.rs", "my_a"), "crates/a/src/lib.rs");
        assert_eq!(from("crates/b/src/main.rs", "std::io"), "package std");
    }

    #[test]
    fn go() {
        let files = [
            ("go.mod", "module example.com/app // here\n\ngo 1.22\n"),
            ("main.go", ""),
            ("auth/token.go", ""),
            ("auth/token_test.go", ""),
            ("auth/user.go", ""),
        ];
        let from = |module| resolve(&files, "main.go", module, &[]);
        assert_eq!(from("example.com/app/auth"), "auth/token.go auth/user.go");
        assert_eq!(from("example.com/app/gone"), "missing");
        assert_eq!(from("net/http"), "package net/http");
    }

    #[test]
    fn java() {
        let files = [
            ("core/src/main/java/com/acme/Token.java", ""),
            ("app/src/main/java/com/acme/app/Main.java", ""),
        ];
        let from =
            |module| resolve(&files, "app/src/main/java/com/acme/app/Main.java", module, &[]);
        assert_eq!(from("com.acme.Token"), "core/src/main/java/com/acme/Token.java");
        assert_eq!(from("com.acme.Token.Kind"), "core/src/main/java/com/acme/Token.java");
        assert_eq!(from("java.util.List"), "package java.util");
    }

    #[test]
    fn c() {
        let files =
            [("src/main.c", ""), ("src/list.h", ""), ("include/acme/tree.h", ""), ("x/list.h", "")];
        let from = |module| resolve(&files, "src/main.c", module, &[]);
        assert_eq!(from("\"list.h\""), "src/list.h");
        assert_eq!(from("<acme/tree.h>"), "include/acme/tree.h");
        assert_eq!(from("\"acme/tree.h\""), "include/acme/tree.h");
        assert_eq!(from("\"gone.h\""), "missing");
        assert_eq!(from("<stdio.h>"), "package stdio.h");
    }

    #[test]
    fn others_by_path() {
        let files = [("lib/a.rb", ""), ("lib/b.rb", "")];
        assert_eq!(resolve(&files, "lib/a.rb", "./b", &[]), "lib/b.rb");
        assert_eq!(resolve(&files, "lib/a.rb", "lib/b", &[]), "lib/b.rb");
        assert_eq!(resolve(&files, "lib/a.rb", "json", &[]), "package json");
    }
}
