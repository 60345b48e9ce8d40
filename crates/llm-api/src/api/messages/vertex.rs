//! The same API as Vertex AI has it: the path names the model, and the body doesn't.

use std::borrow::Cow;

use crate::api::Endpoint;
use crate::provider::Provider;

/// What stands before the model's name.
const COLLECTION: &str = "/publishers/anthropic/models/";
/// The methods that stand behind it.
const METHODS: [&str; 2] = ["rawPredict", "streamRawPredict"];
/// The model that counts tokens in place of a response.
const COUNTER: &str = "count-tokens";

/// The endpoint at `path`, without a slash at its end.
pub(super) fn endpoint(path: &str) -> Option<Endpoint> {
    let model = model(path)?;
    Some(Endpoint {
        path: "/v1/projects/*/publishers/anthropic/models/*:rawPredict",
        provider: Provider::Gemini,
        is_generation: model != COUNTER,
    })
}

/// The model that `path` names.
pub(super) fn model(path: &str) -> Option<Cow<'_, str>> {
    let (before, rest) = path.split_once(COLLECTION)?;
    let (_, project) = before.strip_prefix('/')?.split_once('/')?;
    let (model, method) = [":", "%3A", "%3a"].iter().find_map(|colon| rest.rsplit_once(colon))?;
    let is_known = project.starts_with("projects/") && METHODS.contains(&method);
    (is_known && !model.is_empty()).then_some(Cow::Borrowed(model))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_vertex_name_the_model() {
        let of = |end: &str| {
            let path = format!("/v1/projects/p/locations/eu/publishers/anthropic/models/{end}");
            endpoint(&path).map(|endpoint| {
                (endpoint.is_generation, model(&path).unwrap_or_default().into_owned())
            })
        };
        assert_eq!(of("claude-x@1:rawPredict"), Some((true, "claude-x@1".to_owned())));
        assert_eq!(of("claude-x%3AstreamRawPredict"), Some((true, "claude-x".to_owned())));
        assert_eq!(of("count-tokens:rawPredict"), Some((false, COUNTER.to_owned())));
        for other in ["claude-x:predict", ":rawPredict", "claude-x"] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(endpoint("/v1/publishers/anthropic/models/m:rawPredict"), None);
    }
}
