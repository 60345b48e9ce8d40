//! What the URL of a request says: the model, and how the response is streamed.

use std::borrow::Cow;

use crate::framing::Framing;

/// The versions of the API in paths.
const VERSIONS: [&str; 5] = ["v1", "v1alpha", "v1beta", "v1beta1", "v1beta2"];
/// What stands between the version and the model's name, in Google AI and in Vertex AI's express mode.
const COLLECTIONS: [&str; 3] = ["models", "tunedModels", "publishers/google/models"];
/// How that begins in Vertex AI, and how it ends.
const PROJECTS: &str = "projects/";
const IN_PROJECTS: [&str; 2] = ["/publishers/google/models", "/endpoints"];
/// How the colon before a method may be written.
const COLONS: [&str; 3] = [":", "%3A", "%3a"];
/// The methods that generate, and whether the response is streamed.
const METHODS: [(&str, bool); 2] = [("generateContent", false), ("streamGenerateContent", true)];

/// The model, and whether the response is streamed, of a path at which conversations are taken.
pub(super) fn read(path: &str) -> Option<(Cow<'_, str>, bool)> {
    let path = path.strip_prefix('/')?.trim_end_matches('/');
    let (version, rest) = path.split_once('/')?;
    let (collection, last) = rest.rsplit_once('/')?;
    let is_known = COLLECTIONS.contains(&collection)
        || (collection.starts_with(PROJECTS)
            && IN_PROJECTS.iter().any(|end| collection.ends_with(end)));
    if !VERSIONS.contains(&version) || !is_known {
        return None;
    }
    let (model, method) = COLONS.iter().find_map(|colon| last.rsplit_once(colon))?;
    let (_, is_streamed) = METHODS.into_iter().find(|(name, _)| *name == method)?;
    (!model.is_empty()).then_some((Cow::Borrowed(model), is_streamed))
}

/// How a response is streamed: as an array, unless the query asks for events.
pub(super) fn framing(query: &str) -> Framing {
    match query.split('&').any(|pair| matches!(pair, "alt=sse" | "$alt=sse" | "%24alt=sse")) {
        true => Framing::Events,
        false => Framing::JsonArray,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_the_model_and_say_whether_it_streams() {
        for (path, expected) in [
            ("/v1beta/models/gemini-2.5-pro:generateContent", Some(("gemini-2.5-pro", false))),
            ("/v1/models/g:streamGenerateContent", Some(("g", true))),
            ("/v1alpha/models/g%3AstreamGenerateContent", Some(("g", true))),
            ("/v1beta/tunedModels/mine:generateContent/", Some(("mine", false))),
            ("/v1/publishers/google/models/g:generateContent", Some(("g", false))),
            (
                "/v1beta1/projects/p/locations/eu/publishers/google/models/g:streamGenerateContent",
                Some(("g", true)),
            ),
            ("/v1/projects/p/locations/eu/endpoints/17:generateContent", Some(("17", false))),
            ("/v1beta/models/g:countTokens", None),
            ("/v1beta/models/g:embedContent", None),
            ("/v1beta/models/:generateContent", None),
            ("/v1beta/models/g", None),
            ("/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict", None),
            ("/v2/models/g:generateContent", None),
            ("/models/g:generateContent", None),
            ("", None),
        ] {
            let found = read(path);
            let found = found.as_ref().map(|(model, is_streamed)| (&**model, *is_streamed));
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn the_query_says_how_it_streams() {
        assert_eq!(framing("key=k&alt=sse"), Framing::Events);
        for query in ["", "alt=json", "x=alt=sse"] {
            assert_eq!(framing(query), Framing::JsonArray, "{query}");
        }
    }
}
