//! `/dashboard`: one page that shows the content of `/stats` and `/stats-history`.
//!
//! Page, script and style are part of the program and loaded from this server; the content security
//! policy lets a browser load nothing from anywhere else, and run nothing that is written into the page.
//! The page holds no data: its script fetches them.

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderName;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;

use crate::app::App;

/// The content security policy: the page may load and fetch from this server, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// The files: path, content and content type.
const FILES: [(&str, &str, &str); 4] = [
    ("/dashboard", include_str!("page.html"), "text/html; charset=utf-8"),
    ("/dashboard/style.css", include_str!("style.css"), "text/css; charset=utf-8"),
    ("/dashboard/page.js", include_str!("page.js"), "text/javascript; charset=utf-8"),
    ("/dashboard/icon.svg", include_str!("icon.svg"), "image/svg+xml"),
];

/// The path that leads to the page.
const ROOT: &str = "/";

/// The routes of the page and its files.
pub(crate) fn routes() -> Router<Arc<App>> {
    // What a browser opens that is given the server's address alone.
    let root = Router::new().route(ROOT, get(|| async { Redirect::temporary(FILES[0].0) }));
    FILES.iter().fold(root, |router, (path, text, kind)| {
        router.route(path, get(move || async move { file(text, kind) }))
    })
}

/// Whether this is the path of the page or of one of its files, or the one that leads to it.
pub(crate) fn is_page(path: &str) -> bool {
    path == ROOT || FILES.iter().any(|(file, ..)| *file == path)
}

fn file(text: &'static str, kind: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, &str); 6] = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        // The next version of the program has another page.
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_needs_nothing_else_and_writes_no_markup() {
        for (path, text, _) in FILES {
            // The one address is the name of SVG.
            let addresses = text.replace("http://www.w3.org/2000/svg", "");
            let is_address = |scheme: &str| addresses.contains(&format!("{scheme}://"));
            assert!(!is_address("https") && !is_address("http"), "{path}");
        }
        let (_, page, _) = FILES[0];
        for inline in ["<script>", "<style", " style=", " onclick=", "javascript:"] {
            assert!(!page.contains(inline), "{inline}");
        }
        let (_, script, _) = FILES[2];
        for sink in
            ["innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function("]
        {
            assert!(!script.contains(sink), "{sink}");
        }
    }
}
