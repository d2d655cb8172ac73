//! Reads the attributes that set a module's file, or that generate an item.

use syn::{Attribute, Expr, Lit, Meta};

/// `#[path = "…"]`.
pub(crate) fn path(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    if !pair.path.is_ident("path") {
        return None;
    }
    match &pair.value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// The type that `#[kube(kind = "…")]` generates next to the annotated one.
pub(crate) fn generated_kind(attribute: &Attribute) -> Option<String> {
    if !attribute.path().is_ident("kube") {
        return None;
    }
    let mut kind = None;
    let _ = attribute.parse_nested_meta(|meta| {
        if meta.path.is_ident("kind") {
            kind = Some(meta.value()?.parse::<syn::LitStr>()?.value());
        } else if let Ok(value) = meta.value() {
            value.parse::<Expr>()?;
        } else if meta.input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in meta.input);
            content.parse::<proc_macro2::TokenStream>()?;
        }
        Ok(())
    });
    kind
}
