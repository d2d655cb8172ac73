//! Finds paths in the tokens of macro calls and attributes, whose grammar is unknown.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::scopes::{Namespace, WrittenPath};

/// Keywords that can be a single name.
const KEYWORDS: [&str; 4] = ["Self", "self", "super", "crate"];

/// The paths with `::`, and single names that can only be a type, a constant, or a called function.
pub(crate) fn paths(tokens: TokenStream) -> Vec<WrittenPath> {
    let mut found = Vec::new();
    scan(tokens, &mut found);
    found
}

/// The single names, from which a macro may generate items.
pub(crate) fn names(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => found.extend(names(group.stream())),
            TokenTree::Ident(ident) => found.push(ident.to_string()),
            _ => {}
        }
    }
    found
}

/// The paths in string literals, as in `#[serde(with = "crate::time")]`.
pub(crate) fn quoted_paths(tokens: TokenStream) -> Vec<WrittenPath> {
    let mut found = Vec::new();
    for tree in tokens {
        match tree {
            TokenTree::Group(group) => found.extend(quoted_paths(group.stream())),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                let text = text.trim_matches('"');
                let is_path = text.contains("::")
                    && text.split("::").all(|segment| {
                        !segment.is_empty() && segment.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                    });
                if is_path {
                    found.push(WrittenPath {
                        segments: text.split("::").map(str::to_owned).collect(),
                        global: false,
                        namespace: Namespace::Value,
                        line: literal.span().start().line,
                    });
                }
            }
            _ => {}
        }
    }
    found
}

fn scan(tokens: TokenStream, found: &mut Vec<WrittenPath>) {
    let trees: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < trees.len() {
        match &trees[at] {
            TokenTree::Group(group) => scan(group.stream(), found),
            TokenTree::Ident(ident) => {
                let start = at;
                let mut segments = vec![ident.to_string()];
                while is_separator(&trees, at + 1)
                    && let Some(TokenTree::Ident(next)) = trees.get(at + 3)
                {
                    segments.push(next.to_string());
                    at += 3;
                }
                let next = trees.get(at + 1);
                let namespace = if is_punctuation(next, '!') && !is_punctuation(trees.get(at + 2), '=') {
                    Namespace::Macro
                } else {
                    Namespace::Value
                };
                let path_goes_on = segments.len() > 1 || is_separator(&trees, at + 1);
                if let Some(global) = start_of_path(&trees, start)
                    && (path_goes_on || namespace == Namespace::Macro || is_telling(&segments[0], next))
                {
                    found.push(WrittenPath {
                        segments,
                        global,
                        namespace,
                        line: ident.span().start().line,
                    });
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Whether a path starts here, and if so whether it begins with `::`.
fn start_of_path(trees: &[TokenTree], start: usize) -> Option<bool> {
    let before = |distance: usize| start.checked_sub(distance).and_then(|at| trees.get(at));
    if is_punctuation(before(1), '.') {
        // A field or method; after `..` a path can follow.
        return is_punctuation(before(2), '.').then_some(false);
    }
    if is_punctuation(before(1), '\'') {
        return None;
    }
    if is_punctuation(before(1), '$') {
        // Of the variables of a macro, only `$crate` is known.
        return matches!(&trees[start], TokenTree::Ident(ident) if ident == "crate").then_some(false);
    }
    if start >= 2 && is_separator(trees, start - 2) {
        // After `Type::<T>` the path began earlier.
        let goes_on = is_punctuation(before(3), '>') || matches!(before(3), Some(TokenTree::Ident(_)));
        return (!goes_on).then_some(true);
    }
    if matches!(before(1), Some(TokenTree::Ident(word)) if word == "fn" || word == "let" || word == "mod") {
        return None;
    }
    Some(false)
}

/// Whether a single name is a type or constant (by its first letter) or a called function.
fn is_telling(name: &str, next: Option<&TokenTree>) -> bool {
    if KEYWORDS.contains(&name) {
        return false;
    }
    name.starts_with(|c: char| c.is_ascii_uppercase())
        || matches!(next, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis)
}

fn is_separator(trees: &[TokenTree], at: usize) -> bool {
    matches!(trees.get(at), Some(TokenTree::Punct(p)) if p.as_char() == ':' && p.spacing() == proc_macro2::Spacing::Joint)
        && is_punctuation(trees.get(at + 1), ':')
}

fn is_punctuation(tree: Option<&TokenTree>, character: char) -> bool {
    matches!(tree, Some(TokenTree::Punct(p)) if p.as_char() == character)
}
