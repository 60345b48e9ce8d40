//! `--compress NAME`: compresses a finished pack with a provider.
//!
//! A provider is created only if it is requested: without `--compress` nothing here runs. The compressed
//! text is checked before it is written, and every failure is an error: if compression was requested, the
//! uncompressed pack is never written instead.

mod builtin;
mod check;
mod command;
mod error;
mod executable;
mod headroom;
mod parts;

use ::compress::{Options, Provider};
use tokens::Encoding;

use crate::failure::Failure;
use crate::settings::Settings;

pub(crate) use error::CompressionError;
pub(crate) use executable::find as find_headroom;
pub(crate) use headroom::Headroom;
pub(crate) use parts::Shape;

/// The provider of that name.
///
/// # Errors
/// An unknown name is wrong usage; a setting that can't be used is a [`CompressionError`].
pub(crate) fn provider(name: &str, settings: &Settings) -> Result<Box<dyn Provider>, Failure> {
    if let Some(command) = name.strip_prefix("cmd:") {
        return Ok(Box::new(command::Command::named(command, settings)?));
    }
    match name {
        "headroom" => Ok(Box::new(Headroom::new(settings)?)),
        "builtin" => Ok(Box::new(builtin::Builtin)),
        _ => Err(Failure::usage(format_args!(
            "unknown compression provider `{name}`; the providers are headroom, builtin, and cmd:NAME \
             for a command from your own configuration"
        ))),
    }
}

/// A rendered pack, as it is passed to a provider.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rendered<'a> {
    pub(crate) text: &'a str,
    pub(crate) shape: Shape,
    /// The paths that it shows.
    pub(crate) paths: &'a [&'a str],
    pub(crate) task: &'a str,
    pub(crate) budget: usize,
    pub(crate) encoding: Encoding,
}

/// A compressed pack.
#[derive(Debug)]
pub(crate) struct Compressed {
    pub(crate) text: String,
    /// The tokens of the pack before compression.
    pub(crate) before: usize,
    /// The tokens of `text`.
    pub(crate) after: usize,
}

/// Compresses a pack with `provider`, as a whole or span by span, and checks the result.
///
/// # Errors
/// When the provider fails, or its result isn't that pack any more.
pub(crate) fn compress(
    provider: &dyn Provider,
    pack: &Rendered<'_>,
) -> Result<Compressed, CompressionError> {
    let options = Options {
        task: pack.task.to_owned(),
        budget: Some(pack.budget),
        encoding: pack.encoding,
        ..Options::default()
    };
    let send = |text: &str, options: &Options| {
        let compressed = provider.compress(text, options);
        compressed.map(|compressed| compressed.text).map_err(|error| failed(provider, error))
    };
    let text = match pack.shape {
        Shape::Markdown => send(pack.text, &options)?,
        Shape::Json | Shape::Xml => parts::replace(pack.text, pack.shape, &mut |part, source| {
            let smaller = send(part, &Options { source: Some(source), ..options.clone() })?;
            check::part(part, &smaller).map_err(|why| not_the_pack(provider, why))?;
            Ok(smaller)
        })?,
    };
    let before = tokens::count(pack.encoding, pack.text);
    let after = tokens::count(pack.encoding, &text);
    check::whole(pack, &text, before, after).map_err(|why| not_the_pack(provider, why))?;
    Ok(Compressed { text, before, after })
}

fn not_the_pack(provider: &dyn Provider, why: String) -> CompressionError {
    CompressionError::NotThePack { provider: provider.name().to_owned(), why }
}

/// The providers of this program return [`CompressionError`]s; the trait allows any error.
fn failed(
    provider: &dyn Provider,
    error: Box<dyn std::error::Error + Send + Sync>,
) -> CompressionError {
    match error.downcast::<CompressionError>() {
        Ok(known) => *known,
        Err(other) => CompressionError::Failed {
            provider: provider.name().to_owned(),
            why: other.to_string(),
        },
    }
}
