//! The arrows: which file uses an item that another file defines.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::{
    resolve::{Entity, Resolved, Resolver},
    scopes::{FileId, Import, Namespace, ScopeId, Source, WrittenPath},
};

/// The names that one file uses of another, each with the first line where it is used.
pub(crate) type Names = BTreeMap<String, usize>;

/// All arrows of the workspace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrows {
    pub(crate) between: BTreeMap<(FileId, FileId), Names>,
    /// From a file to the files of its parent modules: always allowed, so they are kept separately.
    pub(crate) to_ancestors: BTreeMap<(FileId, FileId), Names>,
    /// The external crates that a file uses, with the first line.
    pub(crate) external: BTreeMap<FileId, Names>,
}

/// Resolves every path and import.
pub(crate) fn find(source: &Source) -> Arrows {
    let resolver = Resolver::new(source);
    let mut finder = Finder {
        source,
        resolver: &resolver,
        associated: associated(source, &resolver),
        arrows: Arrows::default(),
    };
    for scope in 0..source.scopes.len() {
        let ancestors = source.ancestor_files(scope);
        for path in &source.scopes[scope].paths {
            if let Some(resolved) = resolver.path(scope, path) {
                finder.add(scope, &ancestors, path, &resolved);
            }
        }
        for import in &source.scopes[scope].imports {
            finder.add_import(scope, &ancestors, import);
        }
    }
    finder.arrows
}

/// For each type the names that its `impl` blocks define, and the files with them.
type Associated = HashMap<(ScopeId, String), Vec<(FileId, HashSet<String>)>>;

fn associated(source: &Source, resolver: &Resolver<'_>) -> Associated {
    let mut associated = Associated::new();
    for (scope, content) in source.scopes.iter().enumerate() {
        for implementation in &content.implementations {
            if let Some(Resolved {
                entity: Entity::Item(defined, name),
                ..
            }) = resolver.path(scope, &implementation.self_type)
            {
                let entry = (content.file, implementation.names.clone());
                associated.entry((defined, name)).or_default().push(entry);
            }
        }
    }
    associated
}

struct Finder<'a> {
    source: &'a Source,
    resolver: &'a Resolver<'a>,
    associated: Associated,
    arrows: Arrows,
}

impl Finder<'_> {
    fn add(&mut self, scope: ScopeId, ancestors: &HashSet<FileId>, path: &WrittenPath, resolved: &Resolved) {
        match &resolved.entity {
            Entity::Module(_) => {}
            Entity::Item(defined, name) => {
                let file = self.source.scopes[*defined].file;
                self.arrow(scope, ancestors, file, name, path.line);
                if let Some(inner) = path.segments.get(resolved.used) {
                    let files: Vec<FileId> = self
                        .associated
                        .get(&(*defined, name.clone()))
                        .into_iter()
                        .flatten()
                        .filter(|(_, names)| names.contains(inner))
                        .map(|(file, _)| *file)
                        .collect();
                    for implementation in files {
                        self.arrow(
                            scope,
                            ancestors,
                            implementation,
                            &format!("{name}::{inner}"),
                            path.line,
                        );
                    }
                }
            }
            Entity::External(krate, through) => {
                let file = self.source.scopes[scope].file;
                let lines = self.arrows.external.entry(file).or_default();
                let line = lines.entry(krate.clone()).or_insert(path.line);
                *line = path.line.min(*line);
                if let (Some(through), Some(name)) = (through, path.segments.get(resolved.used - 1)) {
                    let file = self.source.scopes[*through].file;
                    self.arrow(scope, ancestors, file, name, path.line);
                }
            }
        }
    }

    fn add_import(&mut self, scope: ScopeId, ancestors: &HashSet<FileId>, import: &Import) {
        let mut resolved: Vec<Resolved> = Namespace::ALL
            .iter()
            .filter_map(|&namespace| self.resolver.path_in(scope, &import.path, namespace))
            .collect();
        if resolved.is_empty() {
            resolved.extend(self.resolver.path(scope, &import.path));
        }
        let only_modules = resolved
            .iter()
            .all(|found| matches!(found.entity, Entity::Module(_)));
        for found in resolved {
            let (defined, name) = match &found.entity {
                Entity::Module(module) if only_modules => (*module, import.path.segments.last().cloned()),
                Entity::Module(_) => continue,
                Entity::Item(defined, name) => (*defined, Some(name.clone())),
                Entity::External(..) => {
                    self.add(scope, ancestors, &import.path, &found);
                    continue;
                }
            };
            let module = self.source.scopes[defined].module;
            if import.reexport && self.source.is_within(module, self.source.scopes[scope].module) {
                continue;
            }
            if matches!(found.entity, Entity::Module(_)) {
                // Each use of an item in an imported module is an arrow by itself.
                if !import.reexport && self.is_used(scope, import, defined) {
                    continue;
                }
                let name = name.unwrap_or_default();
                self.arrow(
                    scope,
                    ancestors,
                    self.source.scopes[defined].file,
                    &name,
                    import.path.line,
                );
            } else {
                self.add(scope, ancestors, &import.path, &found);
            }
        }
    }

    /// Whether a path in the scope starts with what the import of a module, or of all its names, brings into scope.
    fn is_used(&self, scope: ScopeId, import: &Import, module: ScopeId) -> bool {
        let from = self.source.scopes[scope].module;
        let brings = |name: &str| match &import.name {
            Some(imported) => imported == name,
            None => {
                import.glob
                    && Namespace::ALL
                        .iter()
                        .any(|&namespace| self.resolver.lookup(module, name, namespace, from).is_some())
            }
        };
        let inside = |&inner: &ScopeId| {
            std::iter::successors(Some(inner), |&inner| self.source.scopes[inner].around).any(|s| s == scope)
        };
        (scope..self.source.scopes.len()).filter(inside).any(|inner| {
            let content = &self.source.scopes[inner];
            let imports = content.imports.iter().map(|import| &import.path);
            content
                .paths
                .iter()
                .chain(imports)
                .filter(|path| !std::ptr::eq(*path, &raw const import.path))
                .filter_map(|path| path.segments.first())
                .any(|first| brings(first))
        })
    }

    fn arrow(&mut self, scope: ScopeId, ancestors: &HashSet<FileId>, to: FileId, name: &str, line: usize) {
        let from = self.source.scopes[scope].file;
        if from == to {
            return;
        }
        let arrows = if ancestors.contains(&to) {
            &mut self.arrows.to_ancestors
        } else {
            &mut self.arrows.between
        };
        let first = arrows
            .entry((from, to))
            .or_default()
            .entry(name.to_owned())
            .or_insert(line);
        *first = line.min(*first);
    }
}

impl Arrows {
    /// The files that each file uses.
    pub(crate) fn graph(&self, files: usize) -> Vec<BTreeSet<FileId>> {
        let mut graph = vec![BTreeSet::new(); files];
        for &(from, to) in self.between.keys() {
            graph[from].insert(to);
        }
        graph
    }

    /// Treats the arrows to ancestors like the others.
    pub(crate) fn with_ancestors(mut self) -> Self {
        for (files, names) in std::mem::take(&mut self.to_ancestors) {
            self.between.entry(files).or_default().extend(names);
        }
        self
    }
}
