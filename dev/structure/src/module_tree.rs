//! Reads the files of every crate by following its `mod` declarations.

use std::{
    collections::{HashMap, VecDeque},
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

use anyhow::{Context, Result, bail};

use crate::{
    items::{self, ModuleFile},
    scopes::{FileId, Source},
    workspace::Workspace,
};

/// Reads all source files that belong to a target of the workspace.
pub(crate) fn read(workspace: &Workspace) -> Result<Source> {
    let mut reader = Reader {
        root: &workspace.root,
        source: Source::default(),
        files: HashMap::new(),
    };
    for (index, target) in workspace.targets.iter().enumerate() {
        let (file, syntax) = reader.parse(&target.root_file)?;
        let root = reader.source.add_module(file, index, None);
        reader.source.roots.push(root);
        reader.source.externs.push(target.externs.clone());
        let directory = target.root_file.parent().unwrap_or(Path::new("")).to_owned();
        let mut open = VecDeque::from(items::collect(
            &mut reader.source,
            root,
            &syntax,
            &directory,
            &directory,
        ));
        while let Some(module) = open.pop_front() {
            open.extend(reader.module(&module)?);
        }
    }
    Ok(reader.source)
}

struct Reader<'a> {
    root: &'a Path,
    source: Source,
    files: HashMap<PathBuf, (FileId, Rc<syn::File>)>,
}

impl Reader<'_> {
    fn module(&mut self, module: &ModuleFile) -> Result<Vec<ModuleFile>> {
        let path = self.find(module)?;
        let (file, syntax) = self.parse(&path)?;
        self.source.scopes[module.scope].file = file;
        let directory = path.parent().unwrap_or(Path::new("")).to_owned();
        let children = if module.path.is_some() || path.file_name().is_some_and(|name| name == "mod.rs") {
            directory.clone()
        } else {
            path.with_extension("")
        };
        Ok(items::collect(
            &mut self.source,
            module.scope,
            &syntax,
            &directory,
            &children,
        ))
    }

    fn find(&self, module: &ModuleFile) -> Result<PathBuf> {
        let candidates = match &module.path {
            Some(path) => vec![normalize(path)],
            None => vec![
                module.directory.join(format!("{}.rs", module.name)),
                module.directory.join(&module.name).join("mod.rs"),
            ],
        };
        match candidates.iter().find(|candidate| candidate.is_file()) {
            Some(found) => Ok(found.clone()),
            None => bail!(
                "no file for module {}: {}",
                module.name,
                self.relative(&candidates[0])
            ),
        }
    }

    fn parse(&mut self, path: &Path) -> Result<(FileId, Rc<syn::File>)> {
        if let Some(known) = self.files.get(path) {
            return Ok(known.clone());
        }
        let name = self.relative(path);
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        let syntax = match syn::parse_file(&text) {
            Ok(syntax) => Rc::new(syntax),
            Err(error) => bail!("{name}:{}: {error}", error.span().start().line),
        };
        self.source.files.push(name);
        let entry = (self.source.files.len() - 1, syntax);
        self.files.insert(path.to_owned(), entry.clone());
        Ok(entry)
    }

    fn relative(&self, path: &Path) -> String {
        path.strip_prefix(self.root)
            .unwrap_or(path)
            .to_string_lossy()
            .into_owned()
    }
}

/// Resolves `..` in the text of the path, so that a file always has the same path.
fn normalize(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut path, component| {
        match component {
            std::path::Component::ParentDir => {
                path.pop();
            }
            std::path::Component::CurDir => {}
            other => path.push(other),
        }
        path
    })
}
