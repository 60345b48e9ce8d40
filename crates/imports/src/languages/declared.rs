//! Names in packages and namespaces that files declare: Java, Kotlin, Scala, C#, PHP.

use crate::groups::Family;
use crate::resolver::Resolver;
use crate::target::{Found, Target};

/// What a path of names means: the longest beginning of it that is declared is a package, the name
/// after it something that a file of the package defines, or the file is called after.
pub(crate) fn resolve(
    resolver: &Resolver<'_>,
    family: Family,
    from: usize,
    parts: &[&str],
    separator: &str,
) -> Target {
    let groups = &resolver.groups;
    if let Some((name, package)) = parts.split_last()
        && let Some(group) = groups.named(family, &package.join(separator))
        && let Some(files) = groups.defining(group, name, &resolver.tree, from)
    {
        return in_files(files, &[*name]);
    }
    let package = (0..=parts.len())
        .rev()
        .find_map(|length| Some((length, groups.named(family, &parts[..length].join(separator))?)));
    let outside = || {
        let package: Vec<&str> = parts.iter().copied().take(2).collect();
        Target::External(package.join(separator))
    };
    let Some((length, group)) = package else { return outside() };
    let Some((name, members)) = parts[length..].split_first() else {
        return Target::Group(group);
    };
    if let Some(files) = groups.defining(group, name, &resolver.tree, from) {
        return in_files(files, &parts[length..]);
    }
    // A package of another project may begin with the name of one that is here.
    let elsewhere = match family {
        Family::Php => length < 2 || !members.is_empty(),
        Family::CSharp => length < 2,
        _ => length == 0 || !members.is_empty() && name.starts_with(char::is_lowercase),
    };
    if elsewhere { outside() } else { Target::Missing }
}

fn in_files(files: Vec<usize>, names: &[&str]) -> Target {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let found = |file| Found { file, names: names.clone() };
    Target::Files(files.into_iter().map(found).collect())
}
