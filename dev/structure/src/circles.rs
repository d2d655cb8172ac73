//! Finds circles: files that use each other, directly or indirectly.

use std::collections::{BTreeSet, VecDeque};

/// Files in which each is reachable from each along arrows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Circle {
    pub(crate) files: Vec<usize>,
    /// The files of one of its shortest cycles, in order; the last has an arrow to the first.
    pub(crate) shortest: Vec<usize>,
}

/// All circles, the largest first.
pub(crate) fn find(graph: &[BTreeSet<usize>]) -> Vec<Circle> {
    let mut circles: Vec<Circle> = components(graph)
        .into_iter()
        .filter(|files| files.len() > 1)
        .map(|files| Circle {
            shortest: shortest(graph, &files),
            files,
        })
        .collect();
    circles.sort_by_key(|circle| (std::cmp::Reverse(circle.files.len()), circle.files.clone()));
    circles
}

/// The strongly connected components, by Kosaraju's algorithm: the files are taken in the reverse order in which a
/// depth-first search along the arrows leaves them; from each, a search against the arrows finds its component.
fn components(graph: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    let mut against = vec![BTreeSet::new(); graph.len()];
    for (from, targets) in graph.iter().enumerate() {
        for &to in targets {
            against[to].insert(from);
        }
    }
    let mut seen = vec![false; graph.len()];
    let mut order = Vec::new();
    for start in 0..graph.len() {
        walk(graph, start, &mut seen, &mut order);
    }
    let mut seen = vec![false; graph.len()];
    let mut components = Vec::new();
    for &start in order.iter().rev() {
        let mut component = Vec::new();
        walk(&against, start, &mut seen, &mut component);
        component.sort_unstable();
        components.push(component);
    }
    components
}

/// Searches depth first from `start` and records the files as it leaves them.
fn walk(graph: &[BTreeSet<usize>], start: usize, seen: &mut [bool], left: &mut Vec<usize>) {
    if std::mem::replace(&mut seen[start], true) {
        return;
    }
    let mut way = vec![(start, graph[start].iter())];
    while let Some((file, targets)) = way.last_mut() {
        if let Some(&next) = targets.next() {
            if !std::mem::replace(&mut seen[next], true) {
                way.push((next, graph[next].iter()));
            }
        } else {
            left.push(*file);
            way.pop();
        }
    }
}

fn shortest(graph: &[BTreeSet<usize>], files: &[usize]) -> Vec<usize> {
    files
        .iter()
        .filter_map(|&start| round(graph, files, start))
        .min_by_key(Vec::len)
        .unwrap_or_default()
}

/// The shortest path from a file back to itself.
fn round(graph: &[BTreeSet<usize>], files: &[usize], start: usize) -> Option<Vec<usize>> {
    let mut from = vec![None; graph.len()];
    let mut open = VecDeque::from([start]);
    while let Some(file) = open.pop_front() {
        for &next in graph[file]
            .iter()
            .filter(|next| files.binary_search(next).is_ok())
        {
            if next == start {
                let mut way: Vec<usize> = std::iter::successors(Some(file), |&file| from[file]).collect();
                way.reverse();
                return Some(way);
            }
            if from[next].is_none() {
                from[next] = Some(file);
                open.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(arrows: &[(usize, usize)]) -> Vec<BTreeSet<usize>> {
        let mut graph = vec![BTreeSet::new(); 8];
        for &(from, to) in arrows {
            graph[from].insert(to);
        }
        graph
    }

    #[test]
    fn arrows_that_go_one_way_are_no_circle() {
        assert_eq!(find(&graph(&[(0, 1), (1, 2), (0, 2)])), []);
    }

    #[test]
    fn a_circle_has_all_its_files_and_its_shortest_way_round() {
        let circles = find(&graph(&[
            (0, 1),
            (1, 2),
            (2, 3),
            (3, 0),
            (2, 1),
            (3, 4),
            (6, 5),
            (5, 6),
        ]));
        assert_eq!(
            circles[0],
            Circle {
                files: vec![0, 1, 2, 3],
                shortest: vec![1, 2]
            }
        );
        assert_eq!(
            circles[1],
            Circle {
                files: vec![5, 6],
                shortest: vec![5, 6]
            }
        );
        assert_eq!(circles.len(), 2);
    }
}
