//! Checks the layer rules: which folders may use which, and which crates a folder must not use.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::{
    arrows::Arrows,
    scopes::{FileId, Source},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rules {
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    /// The folder of the rule, from the root of the workspace; a `*` matches any one folder.
    root: String,
    /// Folders and files of the root, from the bottom to the top; one line each. `a | b` are on one level and do not
    /// use each other; `a + b` are one layer.
    order: Vec<String>,
    /// Folders whose direct children (folders or files) do not use each other.
    #[serde(default)]
    siblings_apart: Vec<String>,
    /// Crates that a folder must not use.
    #[serde(default)]
    without_crates: BTreeMap<String, Vec<String>>,
}

/// A use that a rule forbids.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) from: FileId,
    /// The file, or the name of a crate.
    pub(crate) to: String,
    pub(crate) rule: String,
    pub(crate) names: Vec<(String, usize)>,
}

pub(crate) fn read(text: &str) -> Result<Rules> {
    let rules: Rules = serde_saphyr::from_str(text).context("cannot read the rules of layers")?;
    for rule in &rules.rules {
        if rule.root.matches('*').count() > 1 {
            bail!("{}: at most one * is understood", rule.root);
        }
    }
    Ok(rules)
}

pub(crate) fn check(rules: &Rules, source: &Source, arrows: &Arrows) -> Vec<Violation> {
    rules
        .rules
        .iter()
        .flat_map(|rule| rule.check(source, arrows))
        .collect()
}

/// The position of a file: the actual root, and the path below it, without `mod.rs` and `.rs`.
struct Place<'a> {
    root: &'a str,
    parts: Vec<&'a str>,
}

impl Rule {
    fn check(&self, source: &Source, arrows: &Arrows) -> Vec<Violation> {
        let places: Vec<Option<Place<'_>>> = source.files.iter().map(|file| self.place(file)).collect();
        let levels = self.levels();
        let mut violations = Vec::new();
        for (&(from, to), names) in &arrows.between {
            if let (Some(user), Some(used)) = (&places[from], &places[to])
                && user.root == used.root
                && let Some(rule) = self.forbidden(&levels, &user.parts, &used.parts)
            {
                let names = names.iter().map(|(name, line)| (name.clone(), *line)).collect();
                violations.push(Violation {
                    from,
                    to: source.files[to].clone(),
                    rule,
                    names,
                });
            }
        }
        for (&file, crates) in &arrows.external {
            let Some(folder) = places[file].as_ref().and_then(|place| place.parts.first()) else {
                continue;
            };
            for krate in self.without_crates.get(*folder).into_iter().flatten() {
                if let Some(&line) = crates.get(&krate.replace('-', "_")) {
                    let rule = format!("{folder} does without the crate {krate}");
                    violations.push(Violation {
                        from: file,
                        to: krate.clone(),
                        rule,
                        names: vec![(krate.clone(), line)],
                    });
                }
            }
        }
        violations
    }

    fn place<'a>(&self, file: &'a str) -> Option<Place<'a>> {
        let root = match self.root.split_once('*') {
            None => self.root.as_str(),
            Some((before, after)) => {
                let folder = file.strip_prefix(before)?.split('/').next()?;
                file.get(..before.len() + folder.len() + after.len())?
            }
        };
        let inside = file.strip_prefix(root)?.strip_prefix('/')?.strip_suffix(".rs")?;
        let real_root = &file[..root.len()];
        if let Some((_, after)) = self.root.split_once('*')
            && !real_root.ends_with(after)
        {
            return None;
        }
        let mut parts: Vec<&str> = inside.split('/').collect();
        if parts.len() > 1 && parts.last() == Some(&"mod") {
            parts.pop();
        }
        Some(Place {
            root: real_root,
            parts,
        })
    }

    /// The level of each layer's folders, and the layer.
    fn levels(&self) -> HashMap<&str, (usize, &str)> {
        let layers = self
            .order
            .iter()
            .enumerate()
            .flat_map(|(level, line)| line.split('|').map(str::trim).map(move |layer| (level, layer)));
        layers
            .flat_map(|(level, layer)| {
                layer
                    .split('+')
                    .map(move |folder| (folder.trim(), (level, layer)))
            })
            .collect()
    }

    /// The rule that forbids the use, if any.
    fn forbidden(
        &self,
        levels: &HashMap<&str, (usize, &str)>,
        user: &[&str],
        target: &[&str],
    ) -> Option<String> {
        let (from, to) = (*user.first()?, *target.first()?);
        if from == to {
            let (part, other) = (*user.get(1)?, *target.get(1)?);
            let apart = part != other && self.siblings_apart.iter().any(|folder| folder == from);
            return apart.then(|| format!("the parts of {from} don't use each other"));
        }
        let (&(level, layer), &(other_level, other)) = (levels.get(from)?, levels.get(to)?);
        if layer == other {
            None
        } else if level < other_level {
            Some(format!("{from} is below {to}"))
        } else if level == other_level {
            Some(format!("{from} and {to} are on one level"))
        } else {
            None
        }
    }
}
