//! Names of definitions as people qualify them: `Cart.total`, `Cart::total`, `Cart#total`, `shop.cart.Cart.total`.

use select::SourceFile;
use syntax::Definition;

/// What separates the parts of a qualified name, in the languages that have parsers.
const SEPARATORS: [&str; 5] = ["::", "->", ".", "#", "\\"];

/// A name, and what it is to be found in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct QualifiedName<'a> {
    /// The name alone.
    pub(crate) name: &'a str,
    /// The types, modules or files that it is in, outermost first.
    pub(crate) containers: Vec<&'a str>,
}

impl<'a> QualifiedName<'a> {
    /// The parts of a qualified name or of a call; `None` for what is neither.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let mut containers = vec![without_arguments(text)];
        for separator in SEPARATORS {
            containers = containers.iter().flat_map(|part| part.split(separator)).collect();
        }
        containers.retain(|part| !part.is_empty());
        let name = containers.pop()?;
        (name != text).then_some(Self { name, containers })
    }

    /// What a name may mean, in order: itself as it stands, then the last part of a qualified one.
    pub(crate) fn readings(text: &'a str) -> impl Iterator<Item = Self> {
        let plain = Self { name: text, containers: Vec::new() };
        std::iter::once(plain).chain(Self::read(text))
    }

    /// Whether this names the definition, one of `all` of a file: each container is a type or module around it, the
    /// type that it belongs to, or a part of the file's path.
    pub(crate) fn is_of(&self, one: &Definition, all: &[Definition], file: &SourceFile) -> bool {
        self.matches(one, all, file, |a, b| a == b)
    }

    /// Whether this would name the definition if it were written in lower and upper case as that is.
    pub(crate) fn is_of_but_for_case(
        &self,
        one: &Definition,
        all: &[Definition],
        file: &SourceFile,
    ) -> bool {
        self.matches(one, all, file, |a, b| a.to_lowercase() == b.to_lowercase())
    }

    fn matches(
        &self,
        one: &Definition,
        all: &[Definition],
        file: &SourceFile,
        same: fn(&str, &str) -> bool,
    ) -> bool {
        same(&one.name, self.name)
            && self.containers.iter().all(|container| {
                let same = |other: &str| same(container, other);
                is_around(one, all, same) || is_part_of_path(&file.path, same)
            })
    }
}

/// `total` of `total()` and of `total(self, items)`.
fn without_arguments(text: &str) -> &str {
    let text = text.trim();
    text.strip_suffix(')')
        .and_then(|call| call.split_once('('))
        .map_or(text, |(name, _)| name.trim_end())
}

fn is_around(one: &Definition, all: &[Definition], same: impl Fn(&str) -> bool) -> bool {
    let parents = std::iter::successors(one.parent, |&at| all.get(at)?.parent);
    one.receiver.as_deref().is_some_and(&same)
        || parents
            .filter_map(|at| all.get(at))
            .any(|parent| same(&parent.name) || parent.receiver.as_deref().is_some_and(&same))
}

/// Whether a folder of the path, or its file without the extension, is the same.
fn is_part_of_path(path: &str, same: impl Fn(&str) -> bool) -> bool {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = file.split_once('.').map_or(file, |(stem, _)| stem);
    same(stem) || folders.split('/').any(same)
}

#[cfg(test)]
mod tests {
    use select::FileKind;
    use syntax::Language;

    use super::*;

    #[test]
    fn a_name_has_parts() {
        let read = |text| QualifiedName::read(text).map(|name| (name.containers, name.name));
        for text in ["Cart.total", "Cart::total", "Cart#total", "Cart->total", "Cart.total()"] {
            assert_eq!(read(text), Some((vec!["Cart"], "total")), "{text}");
        }
        assert_eq!(read("shop.cart.Cart.total"), Some((vec!["shop", "cart", "Cart"], "total")));
        for text in ["::total", "total()", "total(self, item.price)", " total "] {
            assert_eq!(read(text), Some((vec![], "total")), "{text}");
        }
        assert_eq!(read("Cart.total(item.price)"), Some((vec!["Cart"], "total")));
        for text in ["total", "", ".", "::", "()", "f(", ")"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_definition_is_in_types_and_files() {
        let names = |language, path: &str, text: &str, name: &str| {
            let outline = syntax::outline(language, text);
            let file = SourceFile {
                path: path.to_owned(),
                text: text.into(),
                hash: [0; 32],
                language,
                kind: FileKind::Source,
            };
            let name = QualifiedName::read(name).unwrap();
            outline.definitions.iter().any(|one| name.is_of(one, &outline.definitions, &file))
        };
        let python = "class Cart:\n    def total(self):\n        return 1\n";
        for (name, expected) in [
            ("Cart.total", true),
            ("shop.cart.Cart.total", true),
            ("cart.total", true),
            ("Basket.total", false),
            ("Cart.sum", false),
        ] {
            let found = names(Language::Python, "src/shop/cart.py", python, name);
            assert_eq!(found, expected, "{name}");
        }
        let rust = "struct Cart;\nimpl Sum for Cart {\n    fn total(&self) {}\n}\n";
        assert!(names(Language::Rust, "src/cart.rs", rust, "Cart::total"));
        let go = "package shop\n\nfunc (c *Cart) Total() int { return 1 }\n";
        assert!(names(Language::Go, "shop.go", go, "Cart.Total"));
    }
}
