//! The compressor as the Python module `headroom_ai._native`. What Python programs call is
//! `headroom_ai.local`, which is written in Python and documented there.

use std::path::PathBuf;
use std::sync::Arc;

use blob_store::{Bounds, Compressor, Error, Files, Namespace, Originals};
use compress::{Compressed, Options};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;

/// The shorter text, its tokens before and after, and what was done.
type Answer = (String, usize, usize, Vec<String>);

/// `text` made shorter, while other Python threads run. What is left out of it goes into the store of
/// originals in the folder `store`; without one, or where it may not be stored, nothing is left out.
#[pyfunction]
#[pyo3(name = "compress", signature = (text, *, task, kind, budget, store))]
fn shorten(
    python: Python<'_>,
    text: &str,
    task: String,
    kind: Option<String>,
    budget: Option<usize>,
    store: Option<PathBuf>,
) -> PyResult<Answer> {
    let options = Options { task, kind, budget, ..Options::default() };
    let result = python.detach(|| shorten_and_keep(text, &options, store));
    let result = result.map_err(|error| PyOSError::new_err(error.to_string()))?;
    Ok((result.text, result.tokens_before, result.tokens_after, result.transforms))
}

/// Opens the store only if something was elided.
fn shorten_and_keep(
    text: &str,
    options: &Options,
    store: Option<PathBuf>,
) -> Result<Compressed, Error> {
    let lossless = Compressor::lossless();
    let Some(store) = store else { return Ok(lossless.compress(text, options).compressed) };
    let result = lossless.simulate(text, options);
    if result.compressed.omissions.is_empty() {
        return Ok(result.compressed);
    }
    let files = Files::open(store, Namespace::originals(Bounds::default()))?;
    let compressor = Compressor::new(Arc::new(Originals::new(Arc::new(files))));
    let result = compressor.keep_or_redo(result, text, options);
    match result.not_kept {
        None | Some(Error::Credential { .. } | Error::TooLarge { .. }) => Ok(result.compressed),
        Some(error) => Err(error),
    }
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(shorten, module)?)
}
