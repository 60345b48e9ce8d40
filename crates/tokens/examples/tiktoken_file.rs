//! Writes the vocabulary of an encoding, `cl100k_base` or `o200k_base`, to standard output in the file
//! format of tiktoken: a line per token, its bytes in Base64, a blank, its rank.
//!
//! tiktoken looks for such a file in `TIKTOKEN_CACHE_DIR`, under the SHA-1 of the address that it would
//! fetch it from otherwise.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use tokens::Encoding;

fn main() -> io::Result<ExitCode> {
    let encoding = match std::env::args().nth(1).as_deref() {
        Some("cl100k_base") => Encoding::Cl100kBase,
        Some("o200k_base") => Encoding::O200kBase,
        _ => {
            writeln!(io::stderr(), "usage: tiktoken_file cl100k_base|o200k_base")?;
            return Ok(ExitCode::from(2));
        }
    };
    let mut file = BufWriter::new(io::stdout().lock());
    for (rank, token) in tokens::vocabulary(encoding) {
        writeln!(file, "{} {rank}", BASE64_STANDARD.encode(token))?;
    }
    file.flush()?;
    Ok(ExitCode::SUCCESS)
}
