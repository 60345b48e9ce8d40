//! `--compress NAME`: compresses a finished pack with a provider.
//!
//! A provider is made by its name, and only when it was asked for: without `--compress` nothing here
//! runs. What comes back is checked before it is written, and a failure is always an error: the pack
//! that is written is never the uncompressed one when a compressed one was asked for.

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
/// A name that isn't known is wrong usage; a setting that can't be used is a [`CompressionError`].
pub(crate) fn provider(name: &str, settings: &Settings) -> Result<Box<dyn Provider>, Failure> {
    if let Some(command) = name.strip_prefix("cmd:") {
        return Ok(Box::new(command::Command::named(command, settings)?));
    }
    match name {
        "headroom" => Ok(Box::new(Headroom::new(settings)?)),
        "builtin" => Ok(Box::new(builtin::Builtin)),
        _ => Err(Failure::usage(format_args!(
            "unknown compression provider `{name}`; there are: headroom, builtin, and cmd:NAME for \
             a command from your own configuration"
        ))),
    }
}

/// A pack as it is given to a provider.
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

/// What a provider made of a pack.
#[derive(Debug)]
pub(crate) struct Compressed {
    pub(crate) text: String,
    /// Its tokens before.
    pub(crate) before: usize,
    /// Its tokens now.
    pub(crate) after: usize,
}

/// Sends a pack through `provider`, whole or by its parts, and checks what comes back.
///
/// # Errors
/// When the provider fails, or what it gives back isn't that pack.
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
        let answer = provider.compress(text, options);
        answer.map(|smaller| smaller.text).map_err(|error| failed(provider, error))
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

/// The providers here give their errors as [`CompressionError`]s; the trait lets others give any.
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
