//! User: the files and folders of `--focus`.

/// 1 for a path that is one of `focus`, or lies in a folder of them; else 0.
pub(crate) fn points_at(focus: &[String], path: &str) -> f64 {
    let pointed = focus.iter().any(|focus| {
        let focus = focus.trim_start_matches("./").trim_end_matches('/');
        path.strip_prefix(focus).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if pointed { 1.0 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_points_at_what_is_in_it() {
        let focus = ["./src/auth/".to_owned(), "README.md".to_owned()];
        assert_eq!(points_at(&focus, "src/auth/token.rs"), 1.0);
        assert_eq!(points_at(&focus, "README.md"), 1.0);
        assert_eq!(points_at(&focus, "src/authority.rs"), 0.0);
        assert_eq!(points_at(&[], "src/auth/token.rs"), 0.0);
    }
}
