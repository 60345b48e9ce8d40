//! The compressor as the Python module `headroom_ai._native`. What Python programs call is
//! `headroom_ai.local`, which is written in Python and documented there.

use std::path::PathBuf;

use compress::{Compressed, Options, Retrieval};
use originals::{Bounds, Error, Files, Originals};
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
    let result = python.detach(|| match store {
        Some(store) => with_originals(text, options, store),
        None => Ok(nothing_left_out(text, options)),
    });
    let result = result.map_err(|error| PyOSError::new_err(error.to_string()))?;
    Ok((result.text, result.tokens_before, result.tokens_after, result.transforms))
}

fn with_originals(text: &str, options: Options, store: PathBuf) -> Result<Compressed, Error> {
    let result = compress::compress(text, &options);
    if result.omissions.is_empty() {
        return Ok(result);
    }
    let originals = Originals::new(Files::open(store, Bounds::default())?);
    match originals.put_all(result.originals()) {
        Ok(()) => Ok(result),
        Err(Error::Credential { .. } | Error::TooLarge { .. }) => {
            Ok(nothing_left_out(text, options))
        }
        Err(error) => Err(error),
    }
}

fn nothing_left_out(text: &str, options: Options) -> Compressed {
    compress::compress(text, &Options { retrieval: Retrieval::None, ..options })
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(shorten, module)?)
}
