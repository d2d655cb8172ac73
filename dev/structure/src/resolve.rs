//! Resolves paths through modules, imports, re-exports, `*` and crates.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, HashSet},
};

use crate::scopes::{Definition, Import, Namespace, ScopeId, Source, Visibility, WrittenPath};

/// The meaning of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entity {
    Module(ScopeId),
    /// An item of the scope in which it is defined.
    Item(ScopeId, String),
    /// An item of an external crate; with the scope of the workspace that re-exports it, if the path goes through
    /// one.
    External(String, Option<ScopeId>),
}

/// An entity, and how many segments of the path lead to it: the rest are names inside an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    pub(crate) entity: Entity,
    pub(crate) used: usize,
}

type Question = (ScopeId, String, Namespace, ScopeId);

pub(crate) struct Resolver<'a> {
    source: &'a Source,
    known: RefCell<HashMap<Question, Option<Entity>>>,
    /// The lookups in progress, because imports can form a cycle.
    open: RefCell<HashSet<Question>>,
    /// How often a lookup was aborted for that reason.
    cuts: Cell<usize>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(source: &'a Source) -> Self {
        Self {
            source,
            known: RefCell::default(),
            open: RefCell::default(),
            cuts: Cell::new(0),
        }
    }

    /// The meaning of a path written in `scope`; `None` if it is not an item, for example a variable or a type
    /// parameter.
    pub(crate) fn path(&self, scope: ScopeId, path: &WrittenPath) -> Option<Resolved> {
        std::iter::once(path.namespace)
            .chain(Namespace::ALL)
            .find_map(|namespace| self.path_in(scope, path, namespace))
            .or_else(|| self.generated(scope, path))
    }

    /// The same in one namespace only.
    pub(crate) fn path_in(
        &self,
        scope: ScopeId,
        path: &WrittenPath,
        namespace: Namespace,
    ) -> Option<Resolved> {
        let (mut entity, mut used) = self.start(scope, path, namespace)?;
        while used < path.segments.len() {
            let Entity::Module(module) = entity else { break };
            let namespace = if used + 1 == path.segments.len() {
                namespace
            } else {
                Namespace::Type
            };
            entity = self.lookup(
                module,
                &path.segments[used],
                namespace,
                self.source.scopes[scope].module,
            )?;
            if let Entity::External(_, through @ None) = &mut entity {
                *through = Some(module);
            }
            used += 1;
        }
        Some(Resolved { entity, used })
    }

    /// The meaning of a name in a scope or module, as seen from the module `from`.
    pub(crate) fn lookup(
        &self,
        scope: ScopeId,
        name: &str,
        namespace: Namespace,
        from: ScopeId,
    ) -> Option<Entity> {
        let question = (scope, name.to_owned(), namespace, from);
        if let Some(answer) = self.known.borrow().get(&question) {
            return answer.clone();
        }
        if !self.open.borrow_mut().insert(question.clone()) {
            self.cuts.set(self.cuts.get() + 1);
            return None;
        }
        let cuts = self.cuts.get();
        let answer = self.search(scope, name, namespace, from);
        self.open.borrow_mut().remove(&question);
        if self.cuts.get() == cuts || answer.is_some() {
            self.known.borrow_mut().insert(question, answer.clone());
        }
        answer
    }

    fn search(&self, scope: ScopeId, name: &str, namespace: Namespace, from: ScopeId) -> Option<Entity> {
        let content = &self.source.scopes[scope];
        if let Some((definition, visibility)) = content.definitions.get(&(name.to_owned(), namespace))
            && self.is_visible(*visibility, from)
        {
            return Some(match definition {
                Definition::Module(module) => Entity::Module(*module),
                Definition::Item => Entity::Item(scope, name.to_owned()),
            });
        }
        if namespace == Namespace::Macro
            && let Some(&defined) = self.source.exported_macros.get(&(scope, name.to_owned()))
        {
            return Some(Entity::Item(defined, name.to_owned()));
        }
        let named = content
            .imports
            .iter()
            .filter(|import| import.name.as_deref() == Some(name));
        for import in named.filter(|import| self.is_visible(import.visibility, from)) {
            if let Some(resolved) = self.imported(scope, import, namespace) {
                return Some(resolved.entity);
            }
        }
        if content.generated.contains(name) {
            return Some(Entity::Item(scope, name.to_owned()));
        }
        content
            .imports
            .iter()
            .filter(|import| import.glob && self.is_visible(import.visibility, from))
            .find_map(|import| self.through_glob(scope, import, name, namespace))
    }

    /// The meaning of an import in a namespace. A name that exists in no namespace is generated by a macro.
    fn imported(&self, scope: ScopeId, import: &Import, namespace: Namespace) -> Option<Resolved> {
        self.path_in(scope, &import.path, namespace).or_else(|| {
            let elsewhere = Namespace::ALL
                .iter()
                .any(|&other| self.path_in(scope, &import.path, other).is_some());
            if elsewhere {
                None
            } else {
                self.generated(scope, &import.path)
            }
        })
    }

    /// The meaning of `name` if this `use …::*` imports it.
    pub(crate) fn through_glob(
        &self,
        scope: ScopeId,
        import: &Import,
        name: &str,
        namespace: Namespace,
    ) -> Option<Entity> {
        match self.path_in(scope, &import.path, Namespace::Type)?.entity {
            Entity::Module(module) => self.lookup(module, name, namespace, self.source.scopes[scope].module),
            Entity::Item(defined, item) => {
                let is_variant = self.source.scopes[defined].variants.get(&item)?.contains(name);
                is_variant.then_some(Entity::Item(defined, item))
            }
            Entity::External(..) => None,
        }
    }

    /// The meaning of the first segments, and their number.
    fn start(&self, scope: ScopeId, path: &WrittenPath, namespace: Namespace) -> Option<(Entity, usize)> {
        let module = self.source.scopes[scope].module;
        let first = path.segments.first()?;
        if path.global {
            return Some((self.krate(scope, first)?, 1));
        }
        let namespace = if path.segments.len() == 1 {
            namespace
        } else {
            Namespace::Type
        };
        match first.as_str() {
            "crate" => Some((Entity::Module(self.source.root_of(module)), 1)),
            "self" | "super" => {
                let mut module = module;
                let mut used = usize::from(first == "self");
                while path.segments.get(used).is_some_and(|segment| segment == "super") {
                    module = self.source.scopes[module].parent?;
                    used += 1;
                }
                Some((Entity::Module(module), used))
            }
            name => {
                let scopes = std::iter::successors(Some(scope), |&scope| self.source.scopes[scope].around);
                let found = scopes
                    .into_iter()
                    .find_map(|scope| self.lookup(scope, name, namespace, module))
                    .or_else(|| {
                        (namespace == Namespace::Type)
                            .then(|| self.krate(scope, name))
                            .flatten()
                    })?;
                Some((found, 1))
            }
        }
    }

    fn krate(&self, scope: ScopeId, name: &str) -> Option<Entity> {
        match self.source.externs[self.source.scopes[scope].target].get(name)? {
            Some(library) => Some(Entity::Module(self.source.roots[*library])),
            None => Some(Entity::External(name.to_owned(), None)),
        }
    }

    /// An item of a module that does not define it: it is generated there by a macro.
    fn generated(&self, scope: ScopeId, path: &WrittenPath) -> Option<Resolved> {
        if path.segments.len() < 2 {
            return None;
        }
        let (mut entity, mut used) = self.start(scope, path, Namespace::Type)?;
        let from = self.source.scopes[scope].module;
        loop {
            let Entity::Module(module) = entity else {
                return Some(Resolved { entity, used });
            };
            let name = path.segments.get(used)?;
            used += 1;
            entity = Namespace::ALL
                .iter()
                .find_map(|&namespace| self.lookup(module, name, namespace, from))
                .unwrap_or_else(|| Entity::Item(module, name.clone()));
        }
    }

    fn is_visible(&self, visibility: Visibility, from: ScopeId) -> bool {
        match visibility {
            Visibility::Public => true,
            Visibility::Within(module) => self.source.is_within(from, module),
        }
    }
}
