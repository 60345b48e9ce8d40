//! `/openapi.json`: the description of the routes for programs.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::app::App;

/// The document. Its version is put in when it is served.
const DOCUMENT: &str = include_str!("openapi.json");
/// What stands in the document where the version belongs.
const VERSION: &str = "{version}";

/// `GET /openapi.json`.
pub(crate) async fn document(State(app): State<Arc<App>>) -> Response {
    let document = DOCUMENT.replacen(VERSION, app.config.version, 1);
    ([(CONTENT_TYPE, "application/json")], document).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::stack::ROUTES;

    #[test]
    fn every_route_is_documented_and_no_other() {
        let document: serde_json::Value = serde_json::from_str(DOCUMENT).unwrap();
        assert_eq!(document["info"]["version"], VERSION);
        let paths = document["paths"].as_object().unwrap();
        let documented: BTreeSet<&str> = paths.keys().map(String::as_str).collect();
        assert_eq!(documented, BTreeSet::from(ROUTES));
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document: serde_json::Value = serde_json::from_str(DOCUMENT).unwrap();
        for part in DOCUMENT.split("\"$ref\": \"#").skip(1) {
            let pointer = part.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
