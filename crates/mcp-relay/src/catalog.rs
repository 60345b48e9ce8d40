//! The tools of all servers, by the names that the client knows them by.

use std::collections::{BTreeMap, HashSet};

use crate::message::{index, text_at};
use crate::naming;
use crate::search;
use crate::slim::definition;

/// One tool.
#[derive(Debug, Clone)]
pub(crate) struct Tool {
    /// The name by which the client knows it.
    pub(crate) name: String,
    /// The name by which its server knows it.
    pub(crate) own_name: String,
    /// Which server has it.
    pub(crate) server: usize,
    /// Its definition as JSON, with the client's name.
    pub(crate) definition: String,
}

/// All tools, in the order of the servers and of their lists.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    tools: Vec<Tool>,
    places: BTreeMap<String, usize>,
}

impl Catalog {
    /// A catalog of the definitions that each server lists. With `servers`, their names, tools are behind
    /// them; without, tools keep their names. With `is_slim`, definitions are cut.
    pub(crate) fn new(
        lists: &[(usize, Vec<String>)],
        servers: Option<&[String]>,
        is_slim: bool,
    ) -> Self {
        let mut catalog = Self::default();
        let mut taken = HashSet::new();
        for (server, definitions) in lists {
            for tool in definitions {
                let Some(index) = index(tool.as_bytes()) else { continue };
                let Some(own_name) = text_at(index.root(), &["name"]) else { continue };
                let own_name = own_name.into_owned();
                let name = match servers.and_then(|servers| servers.get(*server)) {
                    Some(prefix) => naming::behind(prefix, &own_name, &mut taken),
                    None => own_name.clone(),
                };
                let renamed = (name != own_name).then_some(&*name);
                let definition = definition(index.root(), renamed, is_slim);
                catalog.places.entry(name.clone()).or_insert(catalog.tools.len());
                catalog.tools.push(Tool { name, own_name, server: *server, definition });
            }
        }
        catalog
    }

    /// All tools.
    pub(crate) fn tools(&self) -> &[Tool] {
        &self.tools
    }

    /// The tool that a client calls by `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&Tool> {
        self.places.get(name).map(|at| &self.tools[*at])
    }

    /// The tool that a model means by `name`: as the client knows it, or as its server does where no other
    /// server has one of that name.
    pub(crate) fn meant(&self, name: &str) -> Option<&Tool> {
        self.get(name).or_else(|| {
            let mut own = self.tools.iter().filter(|tool| tool.own_name == name);
            own.next().filter(|_| own.next().is_none())
        })
    }

    /// The names that are the most like `name`, by letters or by words, the likest first; three at most.
    pub(crate) fn nearest(&self, name: &str) -> Vec<&str> {
        /// Names that share less are no help. By hand.
        const ALIKE: f64 = 0.4;
        let words = search::words(name);
        let likeness = |tool: &Tool| {
            let by = |other: &str| strsim::normalized_damerau_levenshtein(name, other);
            let theirs = search::words(&tool.own_name);
            let shared = words.intersection(&theirs).count() as f64;
            let all = words.union(&theirs).count().max(1) as f64;
            by(&tool.name).max(by(&tool.own_name)).max(shared / all)
        };
        let mut names: Vec<(f64, &str)> =
            self.tools.iter().map(|tool| (likeness(tool), &*tool.name)).collect();
        names.retain(|(likeness, _)| *likeness >= ALIKE);
        // Stable: among the alike the order of the list decides.
        names.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        names.into_iter().take(3).map(|(_, name)| name).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn catalog(lists: &[&[(&str, &str)]], servers: Option<&[String]>) -> Catalog {
        let lists = lists.iter().enumerate().map(|(server, tools)| {
            let tools = tools
                .iter()
                .map(|(name, rest)| format!(r#"{{"name":"{name}","description":{rest}}}"#));
            (server, tools.collect())
        });
        Catalog::new(&lists.collect::<Vec<_>>(), servers, false)
    }

    #[test]
    fn tools_are_found_by_the_names_that_clients_and_models_use() {
        let names = ["git".to_owned(), "hub".to_owned()];
        let git: &[_] = &[("log", r#""a""#), ("show", r#""b""#)];
        let hub: &[_] = &[("show", r#""c""#)];
        let catalog = catalog(&[git, hub], Some(&names));
        assert_eq!(catalog.get("hub__show").unwrap().server, 1);
        assert!(catalog.get("log").is_none());
        assert_eq!(catalog.meant("log").unwrap().name, "git__log");
        assert!(catalog.meant("show").is_none(), "two servers have one");
        assert_eq!(catalog.nearest("shwo"), ["git__show", "hub__show"]);
        assert!(catalog.nearest("entirely different").is_empty());
    }
}
