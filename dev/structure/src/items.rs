//! Collects the items that a file defines, its imports, and the paths in it.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use syn::{
    Attribute, ImplItem, Item, ItemImpl, ItemMod, ItemUse, Meta, Stmt, Type,
    visit::{self, Visit},
};

use crate::{
    attributes, bindings,
    scopes::{Definition, Implementation, Import, Namespace, ScopeId, Source, Visibility, WrittenPath},
    tokens, uses,
};

/// A module that is declared here and whose items are in a separate file.
pub(crate) struct ModuleFile {
    pub(crate) scope: ScopeId,
    pub(crate) name: String,
    /// The directory of `name.rs` or `name/mod.rs`.
    pub(crate) directory: PathBuf,
    /// From `#[path]`.
    pub(crate) path: Option<PathBuf>,
}

/// Reads a file into the module `scope`. `directory` is the file's directory, `children` the directory of its
/// modules' files.
pub(crate) fn collect(
    source: &mut Source,
    scope: ScopeId,
    file: &syn::File,
    directory: &Path,
    children: &Path,
) -> Vec<ModuleFile> {
    let mut collector = Collector {
        source,
        scope,
        directory: directory.to_owned(),
        children: children.to_owned(),
        bound: HashSet::new(),
        self_type: None,
        module_files: Vec::new(),
    };
    collector.visit_file(file);
    collector.module_files
}

struct Collector<'a> {
    source: &'a mut Source,
    scope: ScopeId,
    directory: PathBuf,
    children: PathBuf,
    /// The variables of the current item.
    bound: HashSet<String>,
    /// The meaning of `Self`.
    self_type: Option<Vec<String>>,
    module_files: Vec<ModuleFile>,
}

impl Collector<'_> {
    fn visibility(&self, visibility: &syn::Visibility) -> Visibility {
        let module = self.source.scopes[self.scope].module;
        let scope = &self.source.scopes[module];
        match visibility {
            syn::Visibility::Public(_) => Visibility::Public,
            syn::Visibility::Restricted(restricted) if restricted.path.is_ident("self") => {
                Visibility::Within(module)
            }
            syn::Visibility::Restricted(restricted) if restricted.path.is_ident("super") => {
                Visibility::Within(scope.parent.unwrap_or(module))
            }
            syn::Visibility::Restricted(_) => Visibility::Within(self.source.root_of(module)),
            syn::Visibility::Inherited => Visibility::Within(module),
        }
    }

    fn define(
        &mut self,
        ident: &syn::Ident,
        namespace: Namespace,
        definition: Definition,
        visibility: Visibility,
    ) {
        self.source.scopes[self.scope]
            .definitions
            .insert((ident.to_string(), namespace), (definition, visibility));
    }

    fn define_item(&mut self, ident: &syn::Ident, namespaces: &[Namespace], visibility: &syn::Visibility) {
        let visibility = self.visibility(visibility);
        for &namespace in namespaces {
            self.define(ident, namespace, Definition::Item, visibility);
        }
    }

    fn define_names_of(&mut self, item: &Item) {
        use Namespace::{Type, Value};
        match item {
            Item::Const(item) => self.define_item(&item.ident, &[Value], &item.vis),
            Item::Static(item) => self.define_item(&item.ident, &[Value], &item.vis),
            Item::Fn(item) => self.define_item(&item.sig.ident, &[Value], &item.vis),
            Item::Type(item) => self.define_item(&item.ident, &[Type], &item.vis),
            Item::Trait(item) => self.define_item(&item.ident, &[Type], &item.vis),
            Item::TraitAlias(item) => self.define_item(&item.ident, &[Type], &item.vis),
            Item::Union(item) => self.define_item(&item.ident, &[Type], &item.vis),
            Item::Struct(item) => {
                let constructor = !matches!(item.fields, syn::Fields::Named(_));
                self.define_item(
                    &item.ident,
                    if constructor { &[Type, Value] } else { &[Type] },
                    &item.vis,
                );
                for name in item.attrs.iter().filter_map(attributes::generated_kind) {
                    self.source.scopes[self.scope].generated.insert(name);
                }
            }
            Item::Enum(item) => {
                self.define_item(&item.ident, &[Type], &item.vis);
                let variants = item
                    .variants
                    .iter()
                    .map(|variant| variant.ident.to_string())
                    .collect();
                self.source.scopes[self.scope]
                    .variants
                    .insert(item.ident.to_string(), variants);
            }
            _ => {}
        }
    }

    fn record(&mut self, mut segments: Vec<String>, global: bool, namespace: Namespace, line: usize) {
        if segments.first().is_some_and(|first| first == "Self") {
            let Some(self_type) = self.self_type.clone().filter(|_| segments.len() > 1) else {
                return;
            };
            segments.splice(0..1, self_type);
        }
        // A single name in lower case may be a variable.
        if segments.len() == 1 && namespace == Namespace::Value && self.bound.contains(&segments[0]) {
            return;
        }
        self.source.scopes[self.scope].paths.push(WrittenPath {
            segments,
            global,
            namespace,
            line,
        });
    }

    /// Records a path, and the paths in its generic arguments. With `<Type as Trait>::name`, the path is that of the
    /// trait.
    fn record_path(&mut self, qself: Option<&syn::QSelf>, path: &syn::Path, namespace: Namespace) {
        let mut segments: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        let mut namespace = namespace;
        if let Some(qself) = qself {
            self.visit_type(&qself.ty);
            segments.truncate(qself.position);
            namespace = Namespace::Type;
        }
        if let Some(first) = path.segments.first()
            && !segments.is_empty()
        {
            self.record(
                segments,
                path.leading_colon.is_some(),
                namespace,
                first.ident.span().start().line,
            );
        }
        visit::visit_path(self, path);
    }

    fn record_all(&mut self, paths: Vec<WrittenPath>) {
        for path in paths {
            self.record(path.segments, path.global, path.namespace, path.line);
        }
    }

    fn within<T>(&mut self, scope: ScopeId, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = std::mem::replace(&mut self.scope, scope);
        let result = read(self);
        self.scope = outer;
        result
    }
}

impl<'ast> Visit<'ast> for Collector<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        self.define_names_of(item);
        let bound = match item {
            Item::Fn(_) | Item::Const(_) | Item::Static(_) => bindings::of_item(item),
            _ => HashSet::new(),
        };
        let mut both = self.bound.clone();
        both.extend(bound);
        let outer = std::mem::replace(&mut self.bound, both);
        visit::visit_item(self, item);
        self.bound = outer;
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let outer = std::mem::replace(&mut self.bound, bindings::of_impl_item(item));
        visit::visit_impl_item(self, item);
        self.bound = outer;
    }

    fn visit_trait_item(&mut self, item: &'ast syn::TraitItem) {
        let outer = std::mem::replace(&mut self.bound, bindings::of_trait_item(item));
        visit::visit_trait_item(self, item);
        self.bound = outer;
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        for attribute in &item.attrs {
            self.visit_attribute(attribute);
        }
        let visibility = self.visibility(&item.vis);
        let scope = &self.source.scopes[self.scope];
        let (file, target, parent) = (scope.file, scope.target, scope.module);
        let module = self.source.add_module(file, target, Some(parent));
        self.define(
            &item.ident,
            Namespace::Type,
            Definition::Module(module),
            visibility,
        );
        let name = item.ident.to_string();
        let path = item.attrs.iter().find_map(attributes::path);
        if let Some((_, items)) = &item.content {
            let inner = self.children.join(path.as_deref().unwrap_or(&name));
            let outer = (
                std::mem::replace(&mut self.directory, inner.clone()),
                std::mem::replace(&mut self.children, inner),
            );
            self.within(module, |this| items.iter().for_each(|item| this.visit_item(item)));
            (self.directory, self.children) = outer;
        } else {
            let path = path.map(|path| self.directory.join(path));
            self.module_files.push(ModuleFile {
                scope: module,
                name,
                directory: self.children.clone(),
                path,
            });
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let visibility = self.visibility(&item.vis);
        let reexport = !matches!(item.vis, syn::Visibility::Inherited);
        for used in uses::flatten(&item.tree) {
            let path = WrittenPath {
                segments: used.segments,
                global: item.leading_colon.is_some(),
                namespace: Namespace::Type,
                line: used.line,
            };
            let import = Import {
                name: used.name,
                path,
                visibility,
                reexport,
                glob: used.glob,
            };
            self.source.scopes[self.scope].imports.push(import);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let mut self_type = None;
        if let Type::Path(path) = &*item.self_ty
            && path.qself.is_none()
        {
            let segments: Vec<String> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
            if item.trait_.is_none() {
                let names = item.items.iter().filter_map(associated_name).collect();
                let global = path.path.leading_colon.is_some();
                let written = WrittenPath {
                    segments: segments.clone(),
                    global,
                    namespace: Namespace::Type,
                    line: 0,
                };
                self.source.scopes[self.scope]
                    .implementations
                    .push(Implementation {
                        self_type: written,
                        names,
                    });
            }
            self_type = Some(segments);
        }
        let outer = std::mem::replace(&mut self.self_type, self_type);
        visit::visit_item_impl(self, item);
        self.self_type = outer;
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        let outer = self.self_type.take();
        visit::visit_item_trait(self, item);
        self.self_type = outer;
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if let Some(ident) = &item.ident {
            let root = self.source.root_of(self.source.scopes[self.scope].module);
            let exported = item
                .attrs
                .iter()
                .any(|attribute| attribute.path().is_ident("macro_export"));
            let visibility = if exported {
                Visibility::Public
            } else {
                Visibility::Within(root)
            };
            self.define(ident, Namespace::Macro, Definition::Item, visibility);
            if exported {
                self.source
                    .exported_macros
                    .insert((root, ident.to_string()), self.scope);
            }
        } else {
            let scope = &mut self.source.scopes[self.scope];
            let crates = &self.source.externs[scope.target];
            let names = tokens::names(item.mac.tokens.clone());
            scope
                .generated
                .extend(names.into_iter().filter(|name| !crates.contains_key(name)));
        }
        visit::visit_item_macro(self, item);
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        if block
            .stmts
            .iter()
            .any(|statement| matches!(statement, Stmt::Item(_)))
        {
            let scope = self.source.add_block(self.scope);
            self.within(scope, |this| visit::visit_block(this, block));
        } else {
            visit::visit_block(self, block);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.record_path(None, path, Namespace::Type);
    }

    fn visit_type_path(&mut self, path: &'ast syn::TypePath) {
        self.record_path(path.qself.as_ref(), &path.path, Namespace::Type);
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        self.record_path(path.qself.as_ref(), &path.path, Namespace::Value);
    }

    fn visit_pat_tuple_struct(&mut self, pattern: &'ast syn::PatTupleStruct) {
        self.record_path(pattern.qself.as_ref(), &pattern.path, Namespace::Value);
        pattern.elems.iter().for_each(|pattern| self.visit_pat(pattern));
    }

    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        // A name in upper case is a constant or a variant, not a new variable.
        let name = pattern.ident.to_string();
        if pattern.subpat.is_none() && name.starts_with(|c: char| c.is_ascii_uppercase()) {
            self.record(
                vec![name],
                false,
                Namespace::Value,
                pattern.ident.span().start().line,
            );
        }
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.record_path(None, &call.path, Namespace::Macro);
        self.record_all(tokens::paths(call.tokens.clone()));
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute.path().is_ident("doc") {
            return;
        }
        match &attribute.meta {
            Meta::Path(path) => self.visit_path(path),
            Meta::List(list) => {
                self.visit_path(&list.path);
                self.record_all(tokens::paths(list.tokens.clone()));
                self.record_all(tokens::quoted_paths(list.tokens.clone()));
            }
            Meta::NameValue(_) => {}
        }
    }

    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}
}

fn associated_name(item: &ImplItem) -> Option<String> {
    match item {
        ImplItem::Fn(item) => Some(item.sig.ident.to_string()),
        ImplItem::Const(item) => Some(item.ident.to_string()),
        _ => None,
    }
}
