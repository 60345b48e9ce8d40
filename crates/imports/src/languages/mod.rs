//! What an import means, a file per family of languages.

pub(crate) mod bash;
pub(crate) mod c;
pub(crate) mod csharp;
mod declared;
pub(crate) mod ecmascript;
pub(crate) mod go;
pub(crate) mod jvm;
pub(crate) mod php;
pub(crate) mod python;
pub(crate) mod ruby;
pub(crate) mod rust;
pub(crate) mod swift;
