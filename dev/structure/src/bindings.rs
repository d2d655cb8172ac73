//! The variables of a function: a single name that is a variable is not a path to an item.

use std::collections::HashSet;

use syn::visit::{self, Visit};

pub(crate) fn of_item(item: &syn::Item) -> HashSet<String> {
    let mut bindings = Bindings::default();
    bindings.visit_item(item);
    bindings.0
}

pub(crate) fn of_impl_item(item: &syn::ImplItem) -> HashSet<String> {
    let mut bindings = Bindings::default();
    bindings.visit_impl_item(item);
    bindings.0
}

pub(crate) fn of_trait_item(item: &syn::TraitItem) -> HashSet<String> {
    let mut bindings = Bindings::default();
    bindings.visit_trait_item(item);
    bindings.0
}

#[derive(Default)]
struct Bindings(HashSet<String>);

impl<'ast> Visit<'ast> for Bindings {
    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        let name = pattern.ident.to_string();
        if pattern.subpat.is_some() || !name.starts_with(|c: char| c.is_ascii_uppercase()) {
            self.0.insert(name);
        }
        visit::visit_pat_ident(self, pattern);
    }
}
