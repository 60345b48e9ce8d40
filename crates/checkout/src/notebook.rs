//! Converts Jupyter notebooks to the text of their cells, in the percent format of editors and Jupytext:
//! `# %%` before each cell of code, Markdown as comments below `# %% [markdown]`.
//!
//! Outputs (pictures, tables, logs) are omitted: they are most of a notebook's bytes, and no source.

use serde::Deserialize;
use serde::de::IgnoredAny;
use syntax::Language;

/// The factor by which a notebook may be larger than another file, because most of it is outputs. By hand.
pub(crate) const SIZE_FACTOR: u64 = 16;

/// Whether the file at `path` is a notebook by its name.
pub(crate) fn is_notebook(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, ending)| ending.eq_ignore_ascii_case("ipynb"))
}

/// The cells of a notebook.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cells {
    /// The text of all cells.
    pub(crate) text: String,
    /// The language of the code.
    pub(crate) language: Language,
}

#[derive(Deserialize)]
struct Notebook {
    /// Absent before version 4 of the format.
    cells: Option<Vec<Cell>>,
    /// Before version 4.
    worksheets: Option<Vec<Worksheet>>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Worksheet {
    cells: Vec<Cell>,
}

#[derive(Deserialize)]
struct Cell {
    cell_type: String,
    /// What version 3 calls `input` in cells of code.
    #[serde(alias = "input")]
    source: Option<Source>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Whole(String),
    Lines(Vec<String>),
    Other(IgnoredAny),
}

#[derive(Default, Deserialize)]
struct Metadata {
    language_info: Option<LanguageInfo>,
    kernelspec: Option<Kernel>,
}

#[derive(Deserialize)]
struct LanguageInfo {
    name: Option<String>,
}

#[derive(Deserialize)]
struct Kernel {
    language: Option<String>,
}

/// The cells of the notebook `json`; `None` if it isn't a notebook.
pub(crate) fn cells(json: &str) -> Option<Cells> {
    let notebook: Notebook = serde_json::from_str(json).ok()?;
    let language = notebook.metadata.language();
    let sheets = notebook.worksheets.into_iter().flatten().flat_map(|sheet| sheet.cells);
    if notebook.cells.is_none() && !json.contains("\"worksheets\"") {
        return None;
    }
    let mark = language.comment_prefix().unwrap_or("#");
    let mut text = String::new();
    for cell in notebook.cells.into_iter().flatten().chain(sheets) {
        cell.write(mark, &mut text);
    }
    Some(Cells { text, language })
}

impl Metadata {
    /// The declared language. The default is Python, for which notebooks were made first.
    fn language(&self) -> Language {
        let info = self.language_info.as_ref().and_then(|info| info.name.as_deref());
        let kernel = self.kernelspec.as_ref().and_then(|kernel| kernel.language.as_deref());
        match info.or(kernel) {
            None => Language::Python,
            Some(name) => Language::from_name(name).unwrap_or(Language::Text),
        }
    }
}

impl Cell {
    fn write(self, mark: &str, out: &mut String) {
        let source = match self.source {
            Some(Source::Whole(text)) => text,
            Some(Source::Lines(lines)) => lines.concat(),
            Some(Source::Other(_)) | None => return,
        };
        let source = source.trim_end();
        if source.is_empty() {
            return;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        let is_code = self.cell_type == "code";
        let head = if is_code { String::new() } else { format!(" [{}]", self.cell_type) };
        out.push_str(&format!("{mark} %%{head}\n"));
        for line in source.split('\n') {
            let line = line.trim_end_matches('\r');
            if !is_code {
                out.push_str(if line.is_empty() { mark } else { "" });
                out.push_str(&if line.is_empty() { String::new() } else { format!("{mark} ") });
            }
            out.push_str(line);
            out.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_become_percent_cells_without_outputs() {
        let json = r##"{"nbformat": 4, "metadata": {"kernelspec": {"language": "python"}}, "cells": [
            {"cell_type": "markdown", "source": ["# Title\n", "\n", "words"]},
            {"cell_type": "code", "source": "a = 1\r\nb = 2", "outputs": [{"data": {"image/png": "iVBOR"}}]},
            {"cell_type": "code", "source": []},
            {"cell_type": "code", "source": ["c = 3\n"], "outputs": []}]}"##;
        let cells = cells(json).unwrap();
        assert_eq!(cells.language, Language::Python);
        assert_eq!(
            cells.text,
            "# %% [markdown]\n# # Title\n#\n# words\n\n# %%\na = 1\nb = 2\n\n# %%\nc = 3\n"
        );
    }

    #[test]
    fn other_languages_and_older_formats_are_read() {
        let json = r#"{"metadata": {"language_info": {"name": "javascript"}},
            "cells": [{"cell_type": "code", "source": "let a = 1"}]}"#;
        let cells_of = cells(json).unwrap();
        assert_eq!(
            (cells_of.language, cells_of.text.as_str()),
            (Language::JavaScript, "// %%\nlet a = 1\n")
        );
        let json = r#"{"nbformat": 3, "worksheets": [{"cells": [
            {"cell_type": "code", "input": ["x = 1\n", "y = 2"], "outputs": []}]}]}"#;
        assert_eq!(cells(json).unwrap().text, "# %%\nx = 1\ny = 2\n");
    }

    #[test]
    fn what_is_no_notebook_is_none() {
        for json in ["", "{", "[]", "{}", "{\"cells\": 3}", "{\"metadata\": {}}"] {
            assert_eq!(cells(json), None, "{json}");
        }
    }
}
