//! The names in a function's qualified name, as runtimes and compilers of all languages write it.

/// Names that compilers give, which say nothing about the function.
const SYNTHETIC: &[&str] = &[
    "MoveNext",
    "lambda",
    "invoke",
    "access",
    "anonymous",
    "closure",
    "default",
    "Companion",
    "constprop",
    "isra",
    "part",
    "cold",
    "DisplayClass",
    "impl",
    "dyn",
    "const",
    "struct",
    "class",
    "main_",
    "closure_env",
    "vtable",
    "shim",
    "mut",
    "void",
    "locals",
];

/// The names in a function's qualified name, the last first: `acme.Cart$total$1.invoke` gives `total`, `Cart`, `acme`.
pub(super) fn names(function: &str) -> Vec<String> {
    let function = without_generics(&demangled(function));
    let without_arguments =
        function.split_once('(').filter(|(before, _)| !before.is_empty() && !before.ends_with('.'));
    let name = without_arguments.map_or(function.as_str(), |(before, _)| before);
    let is_part = |part: &&str| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && !SYNTHETIC.contains(part)
            && !is_hash(part)
            && !part
                .strip_prefix("func")
                .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
            && !part.contains("__")
    };
    let mut out: Vec<String> = name
        .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '~' || c == '?' || c == '!'))
        .filter(is_part)
        .map(str::to_owned)
        .collect();
    out.reverse();
    out
}

/// The hash at the end of a Rust symbol.
fn is_hash(part: &str) -> bool {
    part.len() == 17 && part.starts_with('h') && part[1..].bytes().all(|b| b.is_ascii_hexdigit())
}

/// `_ZN4acme4Cart5totalEi` → `acme::Cart::total`: the nested names of an Itanium symbol, without its arguments.
fn demangled(symbol: &str) -> String {
    let Some(rest) = symbol.strip_prefix("_ZN").or_else(|| symbol.strip_prefix("_Z")) else {
        return symbol.to_owned();
    };
    let mut rest = rest.trim_start_matches(['K', 'V', 'r']);
    let mut parts: Vec<&str> = Vec::new();
    loop {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let Ok(length) = rest[..end].parse::<usize>() else { break };
        let Some(part) = rest.get(end..end + length) else { break };
        parts.push(part);
        rest = &rest[end + length..];
    }
    if parts.is_empty() { symbol.to_owned() } else { parts.join("::") }
}

/// `name` without what stands for types: `Stack<T>::push` → `Stack::push`, `<shop::Cart as Clone>::clone` →
/// `shop::Cart::clone`, `(anonymous namespace)::total` → `total`. Brackets that belong to a name stay
/// (`Cart.<Total>d__5`), and so do all where they aren't in pairs (`operator<`).
fn without_generics(name: &str) -> String {
    let name = name.replace("(anonymous namespace)::", "");
    let mut out = String::with_capacity(name.len());
    // Where brackets are open in `out`, and what each was opened after.
    let mut open: Vec<(usize, Option<char>)> = Vec::new();
    let mut previous = None;
    for c in name.chars() {
        match c {
            '<' => {
                open.push((out.len(), previous));
                out.push(c);
            }
            '>' if previous != Some('-') => {
                let Some((start, before)) = open.pop() else { return name };
                let inner = out.split_off(start);
                let inner = inner.get(1..).unwrap_or_default();
                match self_type(inner) {
                    Some(of) => out.push_str(of),
                    None if matches!(before, None | Some('.' | '$')) => {
                        out.extend(["<", inner, ">"]);
                    }
                    None => {}
                }
            }
            _ => out.push(c),
        }
        previous = Some(c);
    }
    if open.is_empty() { out } else { name }
}

/// The type that `shop::Cart as Clone` and `impl Clone for shop::Cart` are about.
fn self_type(qualified: &str) -> Option<&str> {
    if let Some(of) = qualified.strip_prefix("impl ") {
        return Some(of.rsplit_once(" for ").map_or(of, |(_, of)| of));
    }
    qualified.split_once(" as ").map(|(of, _)| of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_no_names() {
        for (function, expected) in [
            ("<alloc::vec::Vec<T> as core::clone::Clone>::clone", "clone Vec vec"),
            ("<shop::Cart<S,_> as shop::Total>::total::{{closure}}", "total Cart shop"),
            ("shop::cart::<impl shop::Total for shop::Cart>::total", "total Cart shop"),
            ("shop::run::<i32>::h0123456789abcdef", "run shop"),
            ("core::ops::FnOnce::call_once<fn() -> i32, ()>", "call_once FnOnce ops"),
            ("axum::Router<S>::route::{closure#0}", "route Router axum"),
            ("acme::(anonymous namespace)::total(int)", "total acme"),
            ("void acme::run<std::vector<int> >(int)", "run acme"),
            ("std::function<void (int)>::operator()(int) const", "operator function std"),
            ("Acme.Cart.<Total>d__5.MoveNext", "Total Cart Acme"),
            ("Object.<anonymous>", "Object"),
            ("acme::operator<", "operator acme"),
            ("a->b", "b a"),
            ("f>g", "g f"),
        ] {
            let mut found = names(function);
            found.truncate(3);
            assert_eq!(found.join(" "), expected, "{function}");
        }
    }

    #[test]
    fn symbols_are_demangled() {
        assert_eq!(demangled("_ZN4acme4Cart5totalEi"), "acme::Cart::total");
        assert_eq!(demangled("_ZNK4acme4Cart5totalEv"), "acme::Cart::total");
        assert_eq!(
            demangled("_ZN4shop5stock17h0123456789abcdefE"),
            "shop::stock::h0123456789abcdef"
        );
        assert_eq!(demangled("sdsfree"), "sdsfree");
        assert_eq!(names("_ZN4shop5stock17h0123456789abcdefE"), ["stock", "shop"]);
        assert_eq!(names("Acme.Cart.<Total>d__5.MoveNext"), ["Total", "Cart", "Acme"]);
        assert_eq!(names("acme.Cart.lambda$total$0"), ["total", "Cart", "acme"]);
    }
}
