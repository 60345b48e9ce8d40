//! Tables of folders that aren't walked and of files that aren't read, by path alone.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Folders with the state of a tool, never with a project's own text. They aren't counted as skipped.
#[rustfmt::skip]
const TOOL_STATE: &[&str] = &[
    ".git", ".hg", ".svn", ".jj", ".bzr", ".pijul", ".sl", "CVS", "_darcs", // version control
    ".contextos", ".headroom", // this project
    ".venv", ".tox", ".nox", ".eggs", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis",
    ".ipynb_checkpoints", ".pytype", ".pyre", "__pycache__", // Python
    ".next", ".nuxt", ".svelte-kit", ".angular", ".turbo", ".nx", ".parcel-cache", ".yarn",
    ".pnpm-store", ".npm", ".nyc_output", ".sass-cache", ".docusaurus", ".vercel", ".netlify",
    ".expo", ".output", // JavaScript
    ".gradle", ".idea", ".vs", ".metadata", ".settings", ".kotlin", ".bsp", ".metals", ".bloop", // JVM, IDEs
    ".bundle", ".dart_tool", ".stack-work", ".cabal-sandbox", ".elixir_ls", ".build", ".swiftpm",
    ".terraform", ".terragrunt-cache", ".serverless", ".aws-sam", ".vagrant", ".direnv", ".devenv",
    ".cache", ".ccache", ".clangd", ".ccls-cache", ".history", ".local", ".Trash", ".ssh",
    ".gnupg", ".aws", ".kube", ".docker", // caches, and what may hold keys
];

/// Folders of third-party code, at any depth.
#[rustfmt::skip]
const VENDORED: &[&str] = &[
    "node_modules", "bower_components", "jspm_packages", "third_party", "third-party",
    "thirdparty", "3rdparty", "3rd_party", "vendored", "_vendor", "site-packages", "dist-packages",
    "Pods", "Carthage", "venv", "virtualenv", ".cargo-vendor",
];

/// `vendor` is also a word of some domains: it is third-party code only at the root or beside one of these
/// files.
#[rustfmt::skip]
const MANIFESTS: &[&str] = &[
    "go.mod", "composer.json", "Gemfile", "Cargo.toml", "package.json", "Package.swift",
    "WORKSPACE", "mix.exs", "rebar.config", "Makefile", "CMakeLists.txt", "dub.json",
];

/// Endings of files that are not text.
#[rustfmt::skip]
const BINARY: &[&str] = &[
    // pictures, sound, film
    "png", "jpg", "jpeg", "gif", "bmp", "ico", "icns", "webp", "avif", "tif", "tiff", "psd", "xcf",
    "heic", "jxl", "mp3", "mp4", "m4a", "m4v", "mov", "avi", "mkv", "webm", "ogg", "oga", "ogv",
    "wav", "flac", "aac", "fig", "sketch",
    // fonts
    "ttf", "otf", "woff", "woff2", "eot", "ttc",
    // documents
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "epub",
    // archives and packages
    "zip", "gz", "tgz", "bz2", "xz", "zst", "7z", "rar", "tar", "lz4", "br", "jar", "war", "ear",
    "aar", "apk", "ipa", "whl", "egg", "gem", "nupkg", "deb", "rpm", "dmg", "iso", "crate", "cab",
    "msi",
    // objects and executables
    "o", "obj", "a", "so", "dylib", "dll", "lib", "exe", "class", "pyc", "pyo", "pyd", "wasm",
    "node", "rlib", "rmeta", "pdb", "ilk", "elc", "beam", "bc",
    // data
    "db", "sqlite", "sqlite3", "mdb", "npy", "npz", "parquet", "avro", "arrow", "feather", "h5",
    "hdf5", "onnx", "pt", "pth", "ckpt", "safetensors", "gguf", "tflite", "pkl", "pickle",
    "joblib", "rdb", "mo", "snappy", "pcap", "pcapng", "glb", "blend", "fbx", "stl", "keystore",
    "jks", "der",
];

/// Endings of files that a build made from others.
const BUILT: &[&str] = &[".min.js", ".min.css", ".min.mjs", ".js.map", ".css.map", ".bundle.js"];

/// Whether a folder of this name contains the state of a tool.
pub(crate) fn is_tool_state(folder: &str) -> bool {
    TOOL_STATE.contains(&folder)
}

/// Whether a folder of this name contains third-party code, at any depth.
pub(crate) fn is_vendored_folder(folder: &str) -> bool {
    VENDORED.contains(&folder)
}

/// Whether a file of this name is binary, by its ending.
pub(crate) fn is_binary_name(name: &str) -> bool {
    static ENDINGS: LazyLock<HashSet<&str>> = LazyLock::new(|| BINARY.iter().copied().collect());
    name.rsplit_once('.').is_some_and(|(stem, ending)| {
        // The longest of them has eleven characters.
        let is_short = !stem.is_empty() && ending.len() <= 11;
        is_short
            && match ending.bytes().any(|byte| byte.is_ascii_uppercase()) {
                true => ENDINGS.contains(&*ending.to_ascii_lowercase()),
                false => ENDINGS.contains(ending),
            }
    })
}

/// Whether a file of this name is minified or a source map.
pub(crate) fn is_built_name(name: &str) -> bool {
    BUILT.iter().any(|ending| name.ends_with(ending))
}

/// Whether a path can be printed anywhere unchanged: it has no control characters, no characters that change
/// the direction of text, no line separators, and none that aren't seen.
pub(crate) fn is_printable(path: &str) -> bool {
    let mut before = None;
    path.chars().all(|c| {
        let is_shown = !c.is_control()
            && match c {
                '\u{2028}' | '\u{2029}' => false,
                '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => {
                    before.is_some_and(changes_its_look)
                }
                c => !is_invisible(c),
            };
        before = Some(c);
        is_shown
    })
}

/// A path that isn't printable, with escapes for what can't be printed.
pub(crate) fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        match is_invisible(c) {
            true => out.extend(c.escape_unicode()),
            false => out.extend(c.escape_debug()),
        }
    }
    out
}

/// Whether joiners and variation selectors after this character are part of how words and emoji are written: there,
/// names of files have them honestly.
fn changes_its_look(before: char) -> bool {
    !before.is_ascii() && !is_invisible(before)
}

/// Whether a character leaves no trace where it is printed, or reorders others: Unicode's `Default_Ignorable_Code_Point`,
/// the marks that it has for annotations, and the direction of text.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// The `vendor` folders of a checkout that contain third-party code.
#[derive(Debug)]
pub(crate) struct VendorFolders(HashSet<String>);

impl VendorFolders {
    /// Finds them among all paths of the checkout.
    pub(crate) fn among<'p>(paths: impl Iterator<Item = &'p str>) -> Self {
        let beside = paths.filter_map(|path| {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            MANIFESTS.contains(&name).then(|| format!("{folder}/vendor"))
        });
        let mut folders: HashSet<String> = beside.collect();
        folders.insert("/vendor".to_owned());
        Self(folders)
    }

    /// Whether `path` is in one of them, or in another folder of third-party code.
    pub(crate) fn hold(&self, path: &str) -> bool {
        let mut rest = path;
        let mut end = 0;
        while let Some(length) = rest.find('/') {
            let folder = &rest[..length];
            end += length;
            if is_vendored_folder(folder) || (folder == "vendor" && self.is_known(&path[..end])) {
                return true;
            }
            end += 1;
            rest = &path[end..];
        }
        false
    }

    fn is_known(&self, folder: &str) -> bool {
        if folder == "vendor" { self.0.contains("/vendor") } else { self.0.contains(folder) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendor_is_others_code_at_the_root_or_beside_a_manifest() {
        let paths = ["api/go.mod", "api/main.go", "shop/models/vendor/price.rb"];
        let folders = VendorFolders::among(paths.into_iter());
        for vendored in [
            "vendor/x/y.go",
            "api/vendor/x/y.go",
            "web/node_modules/left-pad/index.js",
            "third_party/zlib/inflate.c",
            "lib/pip/_vendor/rich/text.py",
        ] {
            assert!(folders.hold(vendored), "{vendored}");
        }
        for own in ["shop/models/vendor/price.rb", "src/vendor.rs", "vendor", "api/vendors/list.go"]
        {
            assert!(!folders.hold(own), "{own}");
        }
    }

    #[test]
    fn binary_endings_are_endings() {
        for binary in ["logo.PNG", "a.tar.gz", "lib.so", "x.woff2"] {
            assert!(is_binary_name(binary), "{binary}");
        }
        for text in ["png", ".png", "png.rs", "notes.txt", "Makefile", "a.sol"] {
            assert!(!is_binary_name(text), "{text}");
        }
    }

    #[test]
    fn names_that_cannot_be_shown_are_told() {
        for honest in [
            "src/größe and space/π.rs",
            "❤\u{fe0f}.md",
            "👩\u{200d}💻.md",
            "می\u{200c}خواهم.md",
            "क्\u{200d}ष.md",
        ] {
            assert!(is_printable(honest), "{honest:?}");
        }
        for hostile in [
            "a\nb",
            "a\tb",
            "a\x1b[31mb",
            "a\u{202e}gnp.rs",
            "a\u{2028}b",
            "a\u{85}b",
            "a\u{e0041}b",
            "\u{e0001}a",
            "a\u{e007f}",
            "a\u{e0100}",
            "a\u{200b}b",
            "a\u{200d}b",
            "a\u{fe0f}.rs",
            "a\u{ad}b",
            "a\u{2060}b",
            "a\u{3164}b",
            "a\u{34f}b",
            "❤\u{200d}\u{200d}b",
        ] {
            assert!(!is_printable(hostile), "{hostile:?}");
        }
    }
}
