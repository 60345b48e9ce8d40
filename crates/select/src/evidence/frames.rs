//! Frames of stack traces: the files and functions of this checkout that they mean.
//!
//! A trace comes from another machine and perhaps another version. Its paths are matched by their longest common tail,
//! unless they lie in another package that was installed there (`packages.rs`), and a function is looked for by its name before its line. The frames nearest to the failure count most, and a
//! frame that repeats counts once.

use std::cell::LazyCell;

use rustc_hash::{FxHashMap, FxHashSet};
use syntax::{Definition, DefinitionKind, LineRange, Outline};

use super::packages::{Installed, Packages};
use crate::corpus::{Corpus, FileKind};
use crate::trace::Frame;

/// The weight of a frame by its depth among those of this checkout, where the one that failed has 1. By hand.
const BY_DEPTH: [f64; 4] = [1.0, 0.7, 0.5, 0.3];
/// The weight of deeper ones. By hand.
const DEEPER: f64 = 0.1;
/// The factor for frames in tests: they call what fails. By hand.
const IN_TEST: f64 = 0.5;
/// The most files that a frame may mean. By hand.
const AMBIGUOUS: usize = 4;
/// The most definitions that a frame without a file may mean. By hand.
const AMBIGUOUS_NAMES: usize = 2;
/// The fewest characters of a function's name that is looked for without a file. By hand: shorter ones are
/// everywhere.
const DISTINCTIVE: usize = 4;

/// The files that a frame may mean.
#[derive(Debug, Clone, Default)]
pub(crate) struct Placed {
    /// Indices in the corpus.
    pub(crate) files: Vec<usize>,
    /// Whether more than the file's name is the same, so that the line is to be trusted.
    pub(crate) certain: bool,
    /// Whether it lies in another package, so that a function of the same name isn't meant.
    pub(crate) foreign: bool,
}

/// By frame, the files that it means.
pub(crate) fn place(corpus: &Corpus, frames: &[Frame]) -> Vec<Placed> {
    if frames.is_empty() {
        return Vec::new();
    }
    let mut by_name: FxHashMap<String, Vec<usize>> = FxHashMap::default();
    for (at, file) in corpus.files.iter().enumerate() {
        by_name.entry(name_of(&file.path)).or_default().push(at);
    }
    let packages = LazyCell::new(|| Packages::of(corpus));
    let place = |frame: &Frame| match &frame.file {
        Some(path) => files_of(corpus, &by_name, &packages, path),
        None => file_of_module(corpus, &packages, frame),
    };
    frames.iter().map(place).collect()
}

/// The name of a file without regard to case: some file systems have none.
fn name_of(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_lowercase()
}

fn files_of(
    corpus: &Corpus,
    by_name: &FxHashMap<String, Vec<usize>>,
    packages: &LazyCell<Packages, impl FnOnce() -> Packages>,
    path: &str,
) -> Placed {
    let installed = Installed::of(path);
    let here = installed.as_ref().and_then(|installed| packages.path_here(installed));
    let path = here.as_deref().unwrap_or(path);
    let Some(same) = by_name.get(&name_of(path)) else { return Placed::default() };
    let mut same = same.clone();
    if let Some(installed) = installed.filter(|_| here.is_none()) {
        same.retain(|&at| installed.is_in(corpus, &corpus.files[at].path));
    }
    let tails: Vec<usize> =
        same.iter().map(|&at| common_tail(path, &corpus.files[at].path)).collect();
    let longest = tails.iter().copied().max().unwrap_or(0);
    let best = same.iter().zip(&tails).filter(|(_, tail)| **tail == longest);
    let mut files: Vec<usize> = best.map(|(at, _)| *at).collect();
    // A generated copy of a file is not where it is changed.
    let is_generated = |at: &usize| corpus.files[*at].kind == FileKind::Generated;
    if !files.iter().all(is_generated) {
        files.retain(|at| !is_generated(at));
    }
    let whole = files.iter().any(|&at| corpus.files[at].path.split('/').count() == longest);
    let certain = longest >= 2 || whole || !path.contains('/');
    match files.len() {
        0..=AMBIGUOUS => Placed { files, certain, foreign: false },
        _ => Placed::default(),
    }
}

/// The file that the modules in a function's name say, for a frame without a file.
fn file_of_module(
    corpus: &Corpus,
    packages: &LazyCell<Packages, impl FnOnce() -> Packages>,
    frame: &Frame,
) -> Placed {
    if frame.names.len() < 2 {
        return Placed::default();
    }
    let Some(paths) = packages.modules(&frame.names) else { return Placed::default() };
    let file = |path: &String| corpus.files.binary_search_by(|file| file.path.cmp(path)).ok();
    let files: Vec<usize> = paths.iter().find_map(file).into_iter().collect();
    Placed { files, certain: true, foreign: paths.is_empty() }
}

/// How many of the last parts of two paths are the same, without regard to case.
fn common_tail(a: &str, b: &str) -> usize {
    a.rsplit('/').zip(b.rsplit('/')).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
}

/// The weight of a frame at a depth of the task's traces.
fn weight(depth: usize, trace: usize) -> f64 {
    BY_DEPTH.get(depth + trace / 2).copied().unwrap_or(DEEPER)
}

/// By file: how strongly the traces point at it, from 0 to 1.
pub(crate) fn files(corpus: &Corpus, frames: &[Frame], placed: &[Placed]) -> FxHashMap<usize, f64> {
    let mut out: FxHashMap<usize, f64> = FxHashMap::default();
    let mut depths = Depths::default();
    for (frame, placed) in frames.iter().zip(placed) {
        if placed.files.is_empty() || !placed.certain && frame.names.is_empty() {
            continue;
        }
        let is_test = placed.files.iter().all(|&at| corpus.files[at].kind == FileKind::Test);
        let Some(weight) = depths.next(frame.trace, (placed.files[0], 0), is_test) else {
            continue;
        };
        let share =
            weight / (placed.files.len() as f64).sqrt() * if placed.certain { 1.0 } else { 0.5 };
        for &file in &placed.files {
            let value = out.entry(file).or_default();
            *value = f64::max(*value, share);
        }
    }
    out
}

/// Counts the frames of each trace that lie in this checkout.
#[derive(Default)]
struct Depths {
    seen: FxHashSet<(usize, u32)>,
    depths: FxHashMap<usize, usize>,
}

impl Depths {
    /// The weight of the next frame of a trace; `None` if its place was seen before.
    fn next(&mut self, trace: usize, place: (usize, u32), is_test: bool) -> Option<f64> {
        if !self.seen.insert(place) {
            return None;
        }
        let depth = self.depths.entry(trace).or_default();
        let weight = weight(*depth, trace);
        if is_test {
            return Some(weight * IN_TEST);
        }
        *depth += 1;
        Some(weight)
    }
}

/// A function that a frame means.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hit {
    /// Its file's place among the candidates.
    pub(crate) place: usize,
    /// The lines of the function, or the line alone where there is none.
    pub(crate) lines: LineRange,
    /// The frame's line in it, or its first.
    pub(crate) line: u32,
    /// From 0 to 1: how near to the failure it is.
    pub(crate) weight: f64,
}

/// The functions that the frames mean among the candidates (`files` and `outlines`, in one order), the nearest to a
/// failure first.
pub(crate) fn hits(
    corpus: &Corpus,
    frames: &[Frame],
    placed: &[Placed],
    candidates: &[(usize, &Outline)],
) -> Vec<Hit> {
    let places: FxHashMap<usize, usize> =
        candidates.iter().enumerate().map(|(place, (file, _))| (*file, place)).collect();
    let known: FxHashSet<usize> = frames
        .iter()
        .zip(placed)
        .filter(|(_, placed)| !placed.files.is_empty())
        .map(|(frame, _)| frame.trace)
        .collect();
    let mut depths = Depths::default();
    let mut out: Vec<(usize, usize, Hit)> = Vec::new();
    for (order, (frame, placed)) in frames.iter().zip(placed).enumerate() {
        let found = if placed.files.is_empty() {
            // Where others have files, a frame without one is mostly of a library.
            let is_ours = !placed.foreign && !known.contains(&frame.trace);
            by_name_alone(frame, candidates).filter(|_| is_ours)
        } else {
            let in_file = |file: &usize| {
                let place = *places.get(file)?;
                let (lines, line, named) = function(candidates[place].1, frame, placed.certain)?;
                Some((place, lines, line, named))
            };
            let all: Vec<_> = placed.files.iter().filter_map(in_file).collect();
            let named = all.iter().find(|found| found.3).or(all.first());
            named.map(|&(place, lines, line, _)| (place, lines, line))
        };
        let Some((place, lines, line)) = found else { continue };
        let is_test = corpus.files[candidates[place].0].kind == FileKind::Test;
        if let Some(weight) = depths.next(frame.trace, (place, lines.start), is_test) {
            out.push((frame.trace, order, Hit { place, lines, line, weight }));
        }
    }
    out.sort_by(|a, b| b.2.weight.total_cmp(&a.2.weight).then((a.0, a.1).cmp(&(b.0, b.1))));
    out.into_iter().map(|(_, _, hit)| hit).collect()
}

/// The only definitions of a function's name, for a frame that names no file of this checkout.
fn by_name_alone(
    frame: &Frame,
    candidates: &[(usize, &Outline)],
) -> Option<(usize, LineRange, u32)> {
    if frame.file.is_some() {
        return None;
    }
    let name = frame.names.first().filter(|name| name.len() >= DISTINCTIVE)?;
    let mut found = Vec::new();
    for (place, (_, outline)) in candidates.iter().enumerate() {
        let same = outline.definitions.iter().filter(|d| is_function(d) && own_name(d) == name);
        found.extend(same.map(|definition| (place, outline, definition)));
    }
    let owner = frame.names.get(1);
    if let Some(owner) = owner {
        let owned: Vec<_> =
            found.iter().copied().filter(|(_, outline, d)| belongs_to(d, outline, owner)).collect();
        if owned.is_empty() {
            return None;
        }
        found = owned;
    }
    let (place, _, definition) = *found.first().filter(|_| found.len() <= AMBIGUOUS_NAMES)?;
    Some((place, definition.lines, definition.signature.start))
}

fn is_function(definition: &Definition) -> bool {
    matches!(definition.kind, DefinitionKind::Function | DefinitionKind::Method)
}

/// A definition's name without what qualifies it.
fn own_name(definition: &Definition) -> &str {
    definition.name.rsplit([':', '.']).next().unwrap_or(&definition.name)
}

/// Whether a definition is a member of a type of this name.
fn belongs_to(definition: &Definition, outline: &Outline, owner: &str) -> bool {
    let parent = definition.parent.and_then(|parent| outline.definitions.get(parent));
    definition.receiver.as_deref() == Some(owner)
        || parent.is_some_and(|parent| own_name(parent) == owner)
}

/// The function of a file that a frame means: its lines, the frame's line in it, and whether it has the name that the
/// frame gives.
fn function(outline: &Outline, frame: &Frame, certain: bool) -> Option<(LineRange, u32, bool)> {
    let definitions = &outline.definitions;
    let contains = |d: &&Definition, line: u32| d.lines.start <= line && line <= d.lines.end;
    let in_it = |d: &Definition| match frame.line {
        Some(line) if contains(&d, line) => line,
        _ => d.signature.start,
    };
    let is_named = |d: &&Definition| frame.names.iter().take(3).any(|name| own_name(d) == name);
    if let Some(line) = frame.line {
        // The innermost comes last.
        let around = definitions.iter().rev().filter(|d| is_function(d) && contains(d, line));
        if let Some(named) = around.clone().find(is_named) {
            return Some((named.lines, line, true));
        }
    }
    let owner = frame.names.get(1);
    for name in frame.names.iter().take(2) {
        let same = definitions.iter().filter(|d| is_function(d) && own_name(d) == name);
        let distance = |d: &&Definition| {
            let owned = owner.is_some_and(|owner| belongs_to(d, outline, owner));
            (!owned, frame.line.map_or(0, |line| d.signature.start.abs_diff(line)))
        };
        if let Some(nearest) = same.min_by_key(distance) {
            return Some((nearest.lines, in_it(nearest), true));
        }
    }
    let line = frame.line.filter(|_| certain)?;
    let around = definitions.iter().rev().find(|d| is_function(d) && contains(d, line));
    let lines = around.map_or(LineRange { start: line, end: line }, |d| d.lines);
    Some((lines, line, false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::SourceFile;
    use crate::history::History;
    use crate::trace::traces;
    use syntax::Language;

    fn corpus(files: &[(&str, &str)]) -> Corpus {
        let file = |(path, text): &(&str, &str)| SourceFile {
            path: (*path).to_owned(),
            text: (*text).into(),
            hash: [0; 32],
            language: Language::of(path, text),
            kind: if path.contains("test") { FileKind::Test } else { FileKind::Source },
        };
        Corpus { files: files.iter().map(file).collect(), history: History::default() }
    }

    /// The path, first line and weight of each hit.
    fn found(files: &[(&str, &str)], task: &str) -> Vec<(String, u32, f64)> {
        let corpus = corpus(files);
        let frames = traces(task).frames;
        let placed = place(&corpus, &frames);
        let outlines: Vec<Outline> =
            corpus.files.iter().map(|file| syntax::outline(file.language, &file.text)).collect();
        let candidates: Vec<(usize, &Outline)> = outlines.iter().enumerate().collect();
        let hits = hits(&corpus, &frames, &placed, &candidates);
        let hit = |hit: Hit| (corpus.files[hit.place].path.clone(), hit.lines.start, hit.weight);
        hits.into_iter().map(hit).collect()
    }

    const CART: &str = "class Cart:\n    def total(self):\n        return 1 / 0\n\n    def add(self):\n        self.total()\n";

    #[test]
    fn a_path_of_another_machine_is_found_by_its_tail() {
        let files = [
            ("src/shop/cart.py", CART),
            ("src/other/cart.py", CART),
            ("src/main.py", "def run():\n    pass\n"),
        ];
        let task = "  File \"/usr/lib/site-packages/shop/cart.py\", line 6, in add\n    self.total()\n  File \
                    \"/usr/lib/site-packages/shop/cart.py\", line 3, in total\n    x";
        assert_eq!(
            found(&files, task),
            [("src/shop/cart.py".into(), 2, 1.0), ("src/shop/cart.py".into(), 5, 0.7)]
        );
    }

    #[test]
    fn a_function_that_moved_is_found_by_its_name() {
        let task = "  File \"/app/shop/cart.py\", line 90, in add\n  File \"/app/shop/cart.py\", line 70, in total";
        let lines: Vec<u32> =
            found(&[("shop/cart.py", CART)], task).iter().map(|hit| hit.1).collect();
        assert_eq!(lines, [2, 5]);
    }

    #[test]
    fn frames_of_libraries_tests_and_repeats_count_nothing_or_less() {
        let task = "  File \"/app/tests/test_cart.py\", line 2, in test_total\n  File \"/app/shop/cart.py\", line 6, in add\n  \
                    File \"/app/shop/cart.py\", line 6, in add\n  File \"/app/shop/cart.py\", line 3, in total\n  File \
                    \"/usr/lib/python3/decimal.py\", line 3, in total";
        let files = [
            ("shop/cart.py", CART),
            ("tests/test_cart.py", "def test_total():\n    Cart().add()\n"),
        ];
        assert_eq!(
            found(&files, task),
            [
                ("shop/cart.py".into(), 2, 1.0),
                ("shop/cart.py".into(), 5, 0.7),
                ("tests/test_cart.py".into(), 1, 0.25)
            ]
        );
    }

    #[test]
    fn a_symbol_without_a_file_is_found_by_its_name() {
        let files = [("src/sds.c", "int a;\nvoid sdsfree(char *s) {\n    free(s);\n}\n")];
        assert_eq!(found(&files, "server(sdsfree+0x2b1)[0x55]"), [("src/sds.c".into(), 2, 1.0)]);
        assert_eq!(found(&files, "server(free+0x2b1)[0x55]"), []);
    }

    #[test]
    fn frames_without_files_do_not_come_before_those_with_files() {
        let files = [(
            "src/cart.c",
            "int raise(int s) {\n    return s;\n}\nint total(int x) {\n    raise(x);\n}\n",
        )];
        let gdb = "#0  0x7f in raise () from /lib/libc.so.6\n#1  0x55 in total (x=1,\n    y=2)\n    at /src/cart.c:5";
        assert_eq!(found(&files, gdb), [("src/cart.c".into(), 4, 1.0)]);
    }

    const STOCK: &str = "impl Stock {\n    pub fn reserve(&self) {\n    }\n}\npub fn run() {\n}\n";

    #[test]
    fn a_crate_says_the_file_of_a_function_without_one() {
        let files = [
            ("Cargo.toml", "[package]\nname = \"acme-shop\"\n"),
            ("src/other.rs", STOCK),
            ("src/stock.rs", STOCK),
            ("util/Cargo.toml", "[package]\nname = \"util\"\n"),
            ("util/src/lib.rs", "pub fn go() {}\n"),
            ("util/src/list/mod.rs", STOCK),
        ];
        let trace = "   0: core::option::unwrap_failed\n   1: acme_shop::stock::Stock::reserve\n   2: \
                     <acme_shop::other::Stock as acme_shop::Reserve>::reserve\n   3: util::list::run::{{closure}}\n   4: \
                     redis::stock::Stock::reserve\n   5: util::go::h0123456789abcdef";
        assert_eq!(
            found(&files, trace),
            [
                ("src/stock.rs".into(), 2, 1.0),
                ("src/other.rs".into(), 2, 0.7),
                ("util/src/list/mod.rs".into(), 5, 0.5),
                ("util/src/lib.rs".into(), 1, 0.3)
            ]
        );
    }

    /// The file that a path in a trace means.
    fn placed(files: &[(&str, &str)], path: &str) -> Option<String> {
        let corpus = corpus(files);
        let frames = traces(&format!("#0 0x1 in total (x=1) at {path}:2")).frames;
        assert_eq!(frames.len(), 1, "{path}");
        let placed = place(&corpus, &frames);
        placed[0].files.first().map(|&at| corpus.files[at].path.clone())
    }

    #[test]
    fn files_of_other_packages_are_not_ours_though_they_have_the_same_name() {
        let files = [
            ("client.py", ""),
            ("composer.json", "{\"name\": \"acme/shop\"}"),
            ("go.mod", "module github.com/acme/shop/v2\n"),
            ("lib/index.js", ""),
            ("lib/server.rb", ""),
            ("package.json", "{\"name\": \"@acme/shop\"}"),
            ("server.go", ""),
            ("shop.gemspec", ""),
            ("src/Client.php", ""),
            ("src/arg.rs", ""),
            ("src/shop/backends/__init__.py", ""),
            ("src/shop/backends/redis/client.py", ""),
            ("stdio.h", ""),
        ];
        for path in [
            "/usr/local/go/src/net/http/server.go",
            "/opt/hostedtoolcache/go/1.22.1/x64/src/net/http/server.go",
            "/root/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.22.0.linux-amd64/src/net/http/server.go",
            "/root/go/pkg/mod/github.com/other/shop@v1.0.0/server.go",
            "/app/vendor/github.com/other/shop/server.go",
            "/app/venv/lib/python3.11/site-packages/redis/client.py",
            "/usr/lib/python3.11/http/client.py",
            "C:/Python311/Lib/http/client.py",
            "/app/node_modules/other/lib/index.js",
            "/app/node_modules/.pnpm/other@1.0.0/node_modules/@acme/other/lib/index.js",
            "/app/vendor/guzzlehttp/guzzle/src/Client.php",
            "/usr/local/bundle/gems/puma-6.0.0/lib/server.rb",
            "/usr/lib/ruby/3.0.0/webrick/server.rb",
            "/root/.cargo/registry/src/github.com-1ecc6299db9ec823/clap-4.5.1/src/arg.rs",
            "/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/core/src/arg.rs",
            "/usr/include/stdio.h",
        ] {
            assert_eq!(placed(&files, path), None, "{path}");
        }
    }

    #[test]
    fn installed_copies_and_paths_of_containers_and_windows_are_ours() {
        let files = [
            ("composer.json", "{\"name\": \"acme/shop\"}"),
            ("go.mod", "module github.com/Acme/shop/v2\n"),
            ("lib/core/index.js", ""),
            ("lib/shop/server.rb", ""),
            ("package.json", "{\"version\": \"1.0\", \"name\": \"shop\"}"),
            ("packages/ui/lib/panel.js", ""),
            ("packages/ui/package.json", "{\"name\": \"@acme/ui\"}"),
            ("pkg/server.go", ""),
            ("shop.gemspec", ""),
            ("shop_builder/Cargo.toml", "[package]\nname = \"shop_builder\"\n"),
            ("shop_builder/src/arg.rs", ""),
            ("single.py", ""),
            ("src/Client.php", ""),
            ("src/arg.rs", ""),
            ("src/shop/__init__.py", ""),
            ("src/shop/client.py", ""),
            ("vendor/github.com/other/lib/vendored.go", ""),
        ];
        for (path, ours) in [
            ("/usr/lib/python3/dist-packages/shop/client.py", "src/shop/client.py"),
            ("/app/.venv/lib/python3.11/site-packages/shop/client.py", "src/shop/client.py"),
            (r"C:\Users\me\venv\Lib\site-packages\shop\client.py", "src/shop/client.py"),
            ("/app/lib/python3.11/site-packages/single.py", "single.py"),
            ("/app/src/shop/client.py", "src/shop/client.py"),
            ("/usr/src/app/lib/core/index.js", "lib/core/index.js"),
            (r"D:\a\shop\shop\lib\core\index.js", "lib/core/index.js"),
            ("/app/node_modules/shop/lib/core/index.js", "lib/core/index.js"),
            (
                "/app/node_modules/.pnpm/shop@1.0.0/node_modules/shop/lib/core/index.js",
                "lib/core/index.js",
            ),
            ("/app/node_modules/@acme/ui/lib/panel.js", "packages/ui/lib/panel.js"),
            ("/app/vendor/acme/shop/src/Client.php", "src/Client.php"),
            ("/usr/local/bundle/gems/shop-6.0.0/lib/shop/server.rb", "lib/shop/server.rb"),
            ("/root/go/pkg/mod/github.com/!acme/shop/v2@v2.7.6/pkg/server.go", "pkg/server.go"),
            ("/app/vendor/github.com/Acme/shop/v2/pkg/server.go", "pkg/server.go"),
            (
                "/app/vendor/github.com/other/lib/vendored.go",
                "vendor/github.com/other/lib/vendored.go",
            ),
            (
                "/root/.cargo/registry/src/github.com-1ecc6299db9ec823/shop_builder-4.5.1/src/arg.rs",
                "shop_builder/src/arg.rs",
            ),
            ("/go/src/example.com/shop/pkg/server.go", "pkg/server.go"),
            ("/usr/lib/acme/releases/1/pkg/server.go", "pkg/server.go"),
            ("/usr/share/nginx/html/src/Client.php", "src/Client.php"),
        ] {
            assert_eq!(placed(&files, path).as_deref(), Some(ours), "{path}");
        }
    }

    #[test]
    fn the_root_cause_comes_before_what_wrapped_it() {
        let files = [
            ("src/acme/Shop.java", "class Shop {\n  void run() {\n    cart.total();\n  }\n}\n"),
            ("src/acme/Cart.java", "class Cart {\n  int total() {\n    return 1;\n  }\n}\n"),
        ];
        let task = "x.E: no\n\tat acme.Shop.run(Shop.java:3)\nCaused by: y.E\n\tat acme.Cart.total(Cart.java:3)\n\t... 1 more";
        let paths: Vec<String> = found(&files, task).into_iter().map(|hit| hit.0).collect();
        assert_eq!(paths, ["src/acme/Cart.java", "src/acme/Shop.java"]);
    }
}
