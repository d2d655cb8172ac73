//! Formats the results as text.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::{self, Write},
};

use crate::{
    arrows::{Arrows, Names},
    circles::Circle,
    layers::Violation,
    scopes::{FileId, Source},
};

/// The circles and violations.
pub(crate) fn check(
    source: &Source,
    arrows: &Arrows,
    circles: &[Circle],
    violations: &[Violation],
) -> Result<String, fmt::Error> {
    let mut text = String::new();
    for (index, circle) in circles.iter().enumerate() {
        writeln!(
            text,
            "circle {} of {}: {} files",
            index + 1,
            circles.len(),
            circle.files.len()
        )?;
        writeln!(text, "  short way round:")?;
        let next = circle.shortest.iter().cycle().skip(1);
        for (&from, &to) in circle.shortest.iter().zip(next) {
            writeln!(
                text,
                "    {}",
                arrow(source, from, to, &arrows.between[&(from, to)])
            )?;
        }
        writeln!(text, "  files:")?;
        for &file in &circle.files {
            writeln!(text, "    {}", source.files[file])?;
        }
        writeln!(text, "  arrows:")?;
        for (&(from, to), names) in &arrows.between {
            if circle.files.binary_search(&from).is_ok() && circle.files.binary_search(&to).is_ok() {
                writeln!(text, "    {}", arrow(source, from, to, names))?;
            }
        }
    }
    for violation in violations {
        let names = violation.names.iter().cloned().collect();
        writeln!(
            text,
            "layers: {} -> {}: {}: {}",
            source.files[violation.from],
            violation.to,
            listed(&names),
            violation.rule
        )?;
    }
    if circles.is_empty() && violations.is_empty() {
        writeln!(text, "no circles, and every layer uses only what is below it")?;
    } else {
        let files: usize = circles.iter().map(|circle| circle.files.len()).sum();
        writeln!(
            text,
            "{} circles with {files} files, {} uses against the layers",
            circles.len(),
            violations.len()
        )?;
    }
    Ok(text)
}

/// Whether a file is the file `path` or in the folder `path`.
pub(crate) fn is_inside(file: &str, path: &str) -> bool {
    file.strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The arrows from and to a file, or a folder.
pub(crate) fn arrows_of(source: &Source, arrows: &Arrows, path: &str) -> Result<String, fmt::Error> {
    let inside = |file: FileId| is_inside(&source.files[file], path);
    let mut text = String::new();
    let between = |from: bool, to: bool| {
        arrows
            .between
            .iter()
            .filter(move |((user, used), _)| inside(*user) == from && inside(*used) == to)
    };
    for (title, from, to) in [("from", true, false), ("to", false, true), ("inside", true, true)] {
        writeln!(text, "{title} {path}:")?;
        for (&(from, to), names) in between(from, to) {
            writeln!(text, "  {}", arrow(source, from, to, names))?;
        }
    }
    writeln!(text, "to the modules above (allowed):")?;
    for (&(from, to), names) in arrows
        .to_ancestors
        .iter()
        .filter(|((from, to), _)| inside(*from) || inside(*to))
    {
        writeln!(text, "  {}", arrow(source, from, to, names))?;
    }
    Ok(text)
}

/// The numbers of files, arrows and circles.
pub(crate) fn count(
    source: &Source,
    arrows: &Arrows,
    circles: &[Circle],
    strict: &[Circle],
) -> Result<String, fmt::Error> {
    let mut text = String::new();
    let in_circles = |circles: &[Circle]| circles.iter().map(|circle| circle.files.len()).sum::<usize>();
    writeln!(text, "files: {}", source.files.len())?;
    writeln!(text, "arrows: {}", arrows.between.len())?;
    writeln!(text, "arrows to modules above: {}", arrows.to_ancestors.len())?;
    writeln!(text, "circles: {}", circles.len())?;
    writeln!(text, "files in circles: {}", in_circles(circles))?;
    writeln!(text, "circles if arrows to modules above count: {}", strict.len())?;
    writeln!(text, "files in those: {}", in_circles(strict))?;
    let pairs = two_way(source, arrows, "operator/src/");
    writeln!(
        text,
        "two-way arrows between folders of operator/src: {}",
        pairs.len()
    )?;
    for ((one, other), (there, back)) in pairs {
        writeln!(text, "  {one} <-> {other}: {there} and {back} arrows")?;
    }
    Ok(text)
}

/// Pairs of folders that use each other, with the number of arrows in each direction.
fn two_way(source: &Source, arrows: &Arrows, root: &str) -> BTreeMap<(String, String), (usize, usize)> {
    let folder = |file: FileId| {
        let inside = source.files[file].strip_prefix(root)?;
        inside.split_once('/').map(|(folder, _)| folder.to_owned())
    };
    let mut between: BTreeMap<(String, String), usize> = BTreeMap::new();
    for &(from, to) in arrows.between.keys() {
        if let (Some(from), Some(to)) = (folder(from), folder(to))
            && from != to
        {
            *between.entry((from, to)).or_default() += 1;
        }
    }
    let folders: BTreeSet<&String> = between.keys().flat_map(|(from, to)| [from, to]).collect();
    let mut pairs = BTreeMap::new();
    for one in &folders {
        for other in folders.iter().filter(|other| *other > one) {
            let there = between.get(&((*one).clone(), (*other).clone()));
            let back = between.get(&((*other).clone(), (*one).clone()));
            if let (Some(&there), Some(&back)) = (there, back) {
                pairs.insert(((*one).clone(), (*other).clone()), (there, back));
            }
        }
    }
    pairs
}

fn arrow(source: &Source, from: FileId, to: FileId, names: &Names) -> String {
    format!(
        "{} -> {}: {}",
        source.files[from],
        source.files[to],
        listed(names)
    )
}

fn listed(names: &Names) -> String {
    let names: Vec<String> = names
        .iter()
        .map(|(name, line)| format!("{name} ({line})"))
        .collect();
    names.join(", ")
}
