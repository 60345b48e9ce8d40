//! Decides which files are selected from, first by their paths and then by their bytes. The same rules
//! apply to a checkout on disk and to a tree in git.

use select::SourceFile;
use syntax::Language;

use crate::credential_paths::Judged;
use crate::globs::Globs;
use crate::kind::kind_of;
use crate::paths::{self, VendorFolders};
use crate::read::{FileFinding, ReadOptions};
use crate::walk::{Listed, Listing};
use crate::{CheckoutError, SkipReason, decode, notebook};
use select::FileKind;

/// Bytes: shorter files never count as minified. By hand.
const MINIFIED_FROM: usize = 4 * 1024;
/// Bytes: code with a longer average line counts as minified. (For prose, in which a paragraph may be one
/// line, ten times as much.) By hand.
const MINIFIED_LINE: usize = 400;
/// The first bytes of a file, in which generators leave their notice. By hand.
const HEADER: usize = 2 * 1024;
/// The first lines of a file, likewise.
const HEADER_LINES: usize = 30;

/// Removes from `listing` the files that are excluded by their path alone, and those beyond the limits.
pub(crate) fn by_path(listing: &mut Listing, options: &ReadOptions) -> Result<(), CheckoutError> {
    by_path_judged(listing, options, &mut Judged::default())
}

/// As [`by_path`], where it is `judged` already which paths contain a credential; if those are others, it is updated.
pub(crate) fn by_path_judged(
    listing: &mut Listing,
    options: &ReadOptions,
    judged: &mut Judged,
) -> Result<(), CheckoutError> {
    let globs = Globs::new(&options.include, &options.exclude)?;
    let paths = listing.files.iter().map(|file| file.path.as_str());
    listing.idle_globs = globs.idle((&options.include, &options.exclude), paths);
    let vendor = VendorFolders::among(listing.files.iter().map(|file| file.path.as_str()));
    if !options.allow_sensitive {
        let paths = listing.files.iter().map(|file| file.path.as_str());
        *judged = std::mem::take(judged).renewed(paths);
    }
    let mut named_after_credential = judged.found.iter().map(|&at| at as usize).peekable();
    let (mut files, mut bytes) = (0_usize, 0_u64);
    let mut kept = Vec::with_capacity(listing.files.len());
    for (at, file) in listing.files.drain(..).enumerate() {
        let beyond =
            files >= options.max_files || bytes + file.state.size > options.max_total_bytes;
        let is_named_after_credential = named_after_credential.next_if_eq(&at).is_some();
        let reason = refused_by_path(&file, &globs, &vendor, options)
            .or_else(|| is_named_after_credential.then_some(SkipReason::Credentials))
            .or_else(|| beyond.then_some(SkipReason::Limit));
        if let Some(reason) = reason {
            listing.skipped.push((reason, file.path));
        } else {
            files += 1;
            bytes += file.state.size;
            kept.push(file);
        }
    }
    listing.files = kept;
    Ok(())
}

fn refused_by_path(
    file: &Listed,
    globs: &Globs,
    vendor: &VendorFolders,
    options: &ReadOptions,
) -> Option<SkipReason> {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    if !globs.wants(&file.path) {
        Some(SkipReason::Excluded)
    } else if vendor.hold(&file.path) {
        Some(SkipReason::Vendored)
    } else if !options.allow_sensitive && secrets::is_credential_file(&file.path) {
        Some(SkipReason::Credentials)
    } else if paths::is_binary_name(name) {
        Some(SkipReason::Binary)
    } else if paths::is_built_name(name) {
        Some(SkipReason::Minified)
    } else if file.state.size > largest(&file.path, options) {
        Some(SkipReason::TooLarge)
    } else {
        None
    }
}

/// The maximum size of the file at `path`, in bytes.
pub(crate) fn largest(path: &str, options: &ReadOptions) -> u64 {
    let factor = if notebook::is_notebook(path) { notebook::SIZE_FACTOR } else { 1 };
    options.max_file_bytes.saturating_mul(factor)
}

/// A file that may be selected from, and the credentials that were redacted in it.
#[derive(Debug)]
pub(crate) struct Admitted {
    pub(crate) file: SourceFile,
    pub(crate) findings: Vec<FileFinding>,
    /// Whether its encoding could not be determined.
    pub(crate) unknown_encoding: bool,
}

/// Admits or rejects the file at `path` with the content `bytes`: decodes, redacts and classifies it.
pub(crate) fn by_content(
    path: String,
    bytes: Vec<u8>,
    options: &ReadOptions,
) -> Result<Admitted, SkipReason> {
    by_hashed_content(path, bytes, None, options)
}

/// As [`by_content`], where the hash of the content may be known, which is that of most texts.
pub(crate) fn by_hashed_content(
    path: String,
    bytes: Vec<u8>,
    content: Option<[u8; 32]>,
    options: &ReadOptions,
) -> Result<Admitted, SkipReason> {
    let decoded = decode::decode(bytes).ok_or(SkipReason::Binary)?;
    if is_lfs_pointer(&decoded.text) {
        return Err(SkipReason::LfsPointer);
    }
    let notebook = if notebook::is_notebook(&path) { notebook::cells(&decoded.text) } else { None };
    let (text, whole, language) = match notebook {
        Some(cells) if cells.text.len() as u64 > options.max_file_bytes => {
            return Err(SkipReason::TooLarge);
        }
        Some(cells) => (cells.text, Some(decoded.text), Some(cells.language)),
        None if decoded.text.len() as u64 > largest_text(&path, options) => {
            return Err(SkipReason::TooLarge);
        }
        None => (decoded.text, None, None),
    };
    let kind = kind_of(&path);
    if is_minified(&text, kind) {
        return Err(SkipReason::Minified);
    }
    if says_generated(&text) || pack_format::is_pack(&text) {
        return Err(SkipReason::Generated);
    }
    let (text, findings) = if options.allow_sensitive { (text, Vec::new()) } else { redact(text) };
    let is_verbatim = decoded.is_verbatim && whole.is_none() && findings.is_empty();
    let findings = match whole {
        // Outputs of a notebook aren't shown, but credentials in them are reported.
        Some(whole) if !options.allow_sensitive => most(findings, secrets::redact(&whole).findings),
        _ => findings,
    };
    let findings =
        findings.into_iter().map(|finding| FileFinding { path: path.clone(), finding }).collect();
    let language =
        language.unwrap_or_else(|| Language::of(&path, text.lines().next().unwrap_or_default()));
    let hash = content
        .filter(|_| is_verbatim)
        .unwrap_or_else(|| *blake3::hash(text.as_bytes()).as_bytes());
    let file = SourceFile { path, text: text.into(), hash, language, kind };
    Ok(Admitted { file, findings, unknown_encoding: decoded.unknown })
}

/// The text of a file that was admitted with this content; `None` if it isn't one.
pub(crate) fn text(
    path: &str,
    bytes: Vec<u8>,
    is_redacted: bool,
    options: &ReadOptions,
) -> Option<String> {
    let decoded = decode::decode(bytes)?.text;
    let cells = if notebook::is_notebook(path) { notebook::cells(&decoded) } else { None };
    let text = cells.map_or(decoded, |cells| cells.text);
    Some(if is_redacted && !options.allow_sensitive { redact(text).0 } else { text })
}

/// The maximum size of the decoded text, in bytes: a file may grow when it is converted to UTF-8.
fn largest_text(path: &str, options: &ReadOptions) -> u64 {
    if notebook::is_notebook(path) { options.max_file_bytes } else { u64::MAX }
}

/// The longer list. A credential may be found in the cells but not in the JSON around them, where quotes
/// are escaped.
fn most(cells: Vec<secrets::Finding>, whole: Vec<secrets::Finding>) -> Vec<secrets::Finding> {
    if whole.len() >= cells.len() { whole } else { cells }
}

/// Whether a file is a Git LFS pointer in place of its content. By the specification of the format, that has
/// this first line and less than 1,024 bytes.
fn is_lfs_pointer(text: &str) -> bool {
    text.len() < 1024
        && text.starts_with("version https://git-lfs.github.com/spec/v1\n")
        && text.contains("\noid sha256:")
}

fn redact(text: String) -> (String, Vec<secrets::Finding>) {
    let redacted = secrets::redact(&text);
    if redacted.findings.is_empty() {
        return (text, Vec::new());
    }
    (redacted.text.into_owned(), redacted.findings)
}

fn is_minified(text: &str, kind: FileKind) -> bool {
    let limit = if kind == FileKind::Docs { MINIFIED_LINE * 10 } else { MINIFIED_LINE };
    if text.len() < MINIFIED_FROM {
        return false;
    }
    let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1;
    text.len() / lines > limit
}

/// What generators that give no warning write into the first comment of a file, in lower case.
/// By hand.
const GENERATORS: &[&str] = &[
    "a bison parser, made by gnu bison",
    "a lexical scanner generated by flex",
    "code produced by gperf version",
    "generated by re2c",
    "generated by cython",
    "generated by peg.js",
    "parser generated by jison",
    "generated automatically by nearley",
    "generated automatically by aclocal",
    "generated by gnu autoconf",
    "generated by automake",
    "generated by the protocol buffer compiler",
    "generated by javacc",
    "generated by:javacc",
    "meta object code from reading c++ file",
    "generated from reading ui file",
];

/// Whether one of the first comments says that a program generated the file. Such a notice in a string or
/// in code (the template of a generator) doesn't count.
fn says_generated(text: &str) -> bool {
    let header = &text[..text.floor_char_boundary(HEADER)];
    header.lines().take(HEADER_LINES).filter_map(comment).any(|comment| {
        let words = comment.to_ascii_lowercase();
        let marked = words.strip_prefix("@generated").is_some_and(|rest| !rest.starts_with('/'));
        let made = ["code generated ", "generated by ", "automatically generated", "autogenerated"]
            .iter()
            .chain(&["auto-generated", "auto generated", "generated file", "generated code"])
            .any(|mark| words.contains(mark));
        let warned =
            ["do not edit", "don't edit", "do not modify", "do not change", "not be edited"]
                .iter()
                .any(|mark| words.contains(mark));
        let tool = GENERATORS.iter().any(|tool| words.contains(tool));
        marked || tool || (made && (warned || words.starts_with("<auto-generated")))
    })
}

/// The text of a comment line, without the comment marker; `None` for other lines.
fn comment(line: &str) -> Option<&str> {
    const MARKS: &[&str] =
        &["///", "//", "#", "/**", "/*", "*", "--", "<!--", ";;", ";", "%", "(*", "\"\"\"", "'"];
    let line = line.trim_start();
    let said = MARKS.iter().find_map(|mark| line.strip_prefix(mark))?;
    Some(said.trim_start_matches(['*', '-', '#', '!', '/', ' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(path: &str, text: &str) -> Result<Admitted, SkipReason> {
        by_content(path.to_owned(), text.as_bytes().to_vec(), &ReadOptions::default())
    }

    #[test]
    fn generated_files_say_so_in_a_comment() {
        for header in [
            "// Code generated by protoc-gen-go. DO NOT EDIT.\npackage x\n",
            "# @generated by bindgen\nx = 1\n",
            "/*\n * Copyright\n *\n * @generated SignedSource<<abc>>\n */\n",
            "<!-- This file is automatically generated; do not edit -->\n",
            "// <auto-generated>\n//     This code was generated by a tool. Do not edit.\n",
            "-- Autogenerated, do not modify\n",
            "%% DO NOT EDIT: automatically generated\n",
            "/* A Bison parser, made by GNU Bison 3.8.2.  */\n\n/* Bison implementation */\n",
            "#line 1 \"src/lexer.c\"\n\n#line 3 \"src/lexer.c\"\n\n/* A lexical scanner generated by flex */\n",
            "/* ANSI-C code produced by gperf version 3.1 */\n",
            "#! /bin/sh\n# Guess values for system-dependent variables.\n# Generated by GNU Autoconf 2.71.\n",
            "/* Generated By:JavaCC: Do not edit this line. Parser.java */\n",
            "/* Generated by Cython 3.0.8 */\n",
        ] {
            assert_eq!(admit("a.x", header).unwrap_err(), SkipReason::Generated, "{header}");
        }
        for own in [
            "const HEADER: &str = \"// Code generated by us. DO NOT EDIT.\";\n",
            "// Skips what is marked with @generated.\n",
            "# Do not edit the section below by hand.\n",
            "// Tokens are generated by the lexer.\n",
            "fn main() {}\n",
        ] {
            assert!(admit("a.x", own).is_ok(), "{own}");
        }
    }

    #[test]
    fn minified_code_is_told_by_its_lines() {
        let long = format!("{}\n", "a=1;".repeat(500));
        assert_eq!(admit("a.js", &long.repeat(4)).unwrap_err(), SkipReason::Minified);
        assert!(admit("a.md", &long.repeat(4)).is_ok(), "prose has long lines");
        assert!(admit("a.js", &long).is_ok(), "short files are looked at anyway");
        assert!(admit("a.js", &"let a = 1;\n".repeat(4000)).is_ok());
    }
}
