//! Splits a `use` into single names.

use syn::UseTree;

/// One name of a `use`, with its full path.
pub(crate) struct UsedName {
    pub(crate) segments: Vec<String>,
    pub(crate) name: Option<String>,
    pub(crate) glob: bool,
    pub(crate) line: usize,
}

/// All names of a `use` tree.
pub(crate) fn flatten(tree: &UseTree) -> Vec<UsedName> {
    let mut names = Vec::new();
    walk(tree, &mut Vec::new(), &mut names);
    names
}

fn walk(tree: &UseTree, prefix: &mut Vec<String>, names: &mut Vec<UsedName>) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            walk(&path.tree, prefix, names);
            prefix.pop();
        }
        UseTree::Name(name) => {
            let line = name.ident.span().start().line;
            names.push(named(prefix, &name.ident.to_string(), None, line));
        }
        UseTree::Rename(rename) => {
            let line = rename.ident.span().start().line;
            names.push(named(
                prefix,
                &rename.ident.to_string(),
                Some(rename.rename.to_string()),
                line,
            ));
        }
        UseTree::Glob(glob) => names.push(UsedName {
            segments: prefix.clone(),
            name: None,
            glob: true,
            line: glob.star_token.spans[0].start().line,
        }),
        UseTree::Group(group) => {
            for tree in &group.items {
                walk(tree, prefix, names);
            }
        }
    }
}

fn named(prefix: &[String], last: &str, rename: Option<String>, line: usize) -> UsedName {
    let mut segments = prefix.to_vec();
    // `use a::{self}` imports `a`.
    if last != "self" || prefix.is_empty() {
        segments.push(last.to_owned());
    }
    let name = rename
        .or_else(|| segments.last().cloned())
        .filter(|name| name != "_");
    UsedName {
        segments,
        name,
        glob: false,
        line,
    }
}
