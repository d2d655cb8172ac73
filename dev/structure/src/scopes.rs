//! The data read from the sources: scopes (modules and blocks), the names that each defines or imports, and its
//! paths.

use std::collections::{HashMap, HashSet};

pub(crate) type ScopeId = usize;
pub(crate) type FileId = usize;

/// The namespaces of names: equal names in different ones mean different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Namespace {
    Type,
    Value,
    Macro,
}

impl Namespace {
    pub(crate) const ALL: [Self; 3] = [Self::Type, Self::Value, Self::Macro];
}

/// The visibility of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visibility {
    Public,
    /// In this module and those below it.
    Within(ScopeId),
}

/// The definition of a name in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Definition {
    Module(ScopeId),
    Item,
}

/// A path as written, with the scope in which it is written.
#[derive(Clone, Debug)]
pub(crate) struct WrittenPath {
    pub(crate) segments: Vec<String>,
    /// It starts with `::`, so with the name of a crate.
    pub(crate) global: bool,
    pub(crate) namespace: Namespace,
    pub(crate) line: usize,
}

/// One name, or one `*`, of a `use`.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    /// The name in this scope; `None` for `*` and for `as _`.
    pub(crate) name: Option<String>,
    pub(crate) path: WrittenPath,
    pub(crate) visibility: Visibility,
    /// `pub use` with any visibility.
    pub(crate) reexport: bool,
    pub(crate) glob: bool,
}

/// An `impl Type` with the names that a path can refer to.
#[derive(Clone, Debug)]
pub(crate) struct Implementation {
    pub(crate) self_type: WrittenPath,
    pub(crate) names: HashSet<String>,
}

/// A module, or a block that itself defines or imports something.
#[derive(Debug)]
pub(crate) struct Scope {
    pub(crate) file: FileId,
    pub(crate) target: usize,
    /// For a block: the enclosing scope, in which names are looked up next.
    pub(crate) around: Option<ScopeId>,
    /// The module: the scope itself, or the module of a block.
    pub(crate) module: ScopeId,
    /// For a module: `super`.
    pub(crate) parent: Option<ScopeId>,
    pub(crate) definitions: HashMap<(String, Namespace), (Definition, Visibility)>,
    /// Enums and their variants.
    pub(crate) variants: HashMap<String, HashSet<String>>,
    /// Names in calls of macros at item level: the macro may define items with these names.
    pub(crate) generated: HashSet<String>,
    pub(crate) imports: Vec<Import>,
    pub(crate) paths: Vec<WrittenPath>,
    pub(crate) implementations: Vec<Implementation>,
}

#[derive(Debug, Default)]
pub(crate) struct Source {
    /// Paths from the root of the workspace.
    pub(crate) files: Vec<String>,
    pub(crate) scopes: Vec<Scope>,
    /// The root module of each target.
    pub(crate) roots: Vec<ScopeId>,
    pub(crate) externs: Vec<HashMap<String, Option<usize>>>,
    /// Macros with `#[macro_export]`, by the root module that exports them, and where they are defined.
    pub(crate) exported_macros: HashMap<(ScopeId, String), ScopeId>,
}

impl Source {
    pub(crate) fn add_module(&mut self, file: FileId, target: usize, parent: Option<ScopeId>) -> ScopeId {
        let id = self.scopes.len();
        self.add(file, target, id, None, parent)
    }

    pub(crate) fn add_block(&mut self, around: ScopeId) -> ScopeId {
        let Scope {
            file, target, module, ..
        } = self.scopes[around];
        self.add(file, target, module, Some(around), None)
    }

    fn add(
        &mut self,
        file: FileId,
        target: usize,
        module: ScopeId,
        around: Option<ScopeId>,
        parent: Option<ScopeId>,
    ) -> ScopeId {
        self.scopes.push(Scope {
            file,
            target,
            around,
            module,
            parent,
            definitions: HashMap::new(),
            variants: HashMap::new(),
            generated: HashSet::new(),
            imports: Vec::new(),
            paths: Vec::new(),
            implementations: Vec::new(),
        });
        self.scopes.len() - 1
    }

    /// The root module above a module; also works while its target is still being read.
    pub(crate) fn root_of(&self, module: ScopeId) -> ScopeId {
        std::iter::successors(Some(module), |&id| self.scopes[id].parent)
            .last()
            .unwrap_or(module)
    }

    /// Whether the module is `ancestor` or below it.
    pub(crate) fn is_within(&self, module: ScopeId, ancestor: ScopeId) -> bool {
        std::iter::successors(Some(module), |&id| self.scopes[id].parent).any(|id| id == ancestor)
    }

    /// The files of the modules above a scope's file, up to the crate's root.
    pub(crate) fn ancestor_files(&self, scope: ScopeId) -> HashSet<FileId> {
        let own = self.scopes[scope].file;
        std::iter::successors(Some(self.scopes[scope].module), |&id| self.scopes[id].parent)
            .map(|id| self.scopes[id].file)
            .filter(|&file| file != own)
            .collect()
    }
}
