//! Python: modules are files or folders, looked up from the importing file's folders and `src/`.

use syntax::Import;

use super::{Resolver, Target, in_folder, split, upwards};

pub(super) fn resolve(resolver: &Resolver<'_>, from: &str, import: &Import) -> Target {
    let folder = split(from).0;
    let dots = import.module.bytes().take_while(|&byte| byte == b'.').count();
    let module = import.module[dots..].replace('.', "/");
    if dots > 0 {
        let Some(base) = upwards(folder).nth(dots - 1) else { return Target::Missing };
        return below(resolver, base, &module, &import.names).unwrap_or(Target::Missing);
    }
    upwards(folder)
        .chain(["src", "lib", "python"])
        .find_map(|base| below(resolver, base, &module, &import.names))
        .unwrap_or_else(|| Target::Package(split_first(&import.module).to_owned()))
}

/// The module `path` in `base`: the files of the names that are modules themselves, else its own.
fn below(resolver: &Resolver<'_>, base: &str, path: &str, names: &[String]) -> Option<Target> {
    let module = in_folder(base, path);
    let mut found: Vec<usize> =
        names.iter().filter_map(|name| file(resolver, &in_folder(&module, name))).collect();
    if found.len() < names.len() || names.is_empty() {
        // A package from elsewhere is no folder here; the root of the checkout is no package.
        let own = file(resolver, &module);
        if found.is_empty() && own.is_none() {
            return None;
        }
        found.extend(own);
    }
    found.sort_unstable();
    found.dedup();
    Some(Target::Local(found))
}

fn file(resolver: &Resolver<'_>, module: &str) -> Option<usize> {
    resolver.first(&[
        format!("{module}.py"),
        in_folder(module, "__init__.py"),
        format!("{module}.pyi"),
        format!("{module}.pyx"),
    ])
}

fn split_first(module: &str) -> &str {
    module.split('.').next().unwrap_or(module)
}
