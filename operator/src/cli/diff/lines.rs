//! Compares two texts line by line.

/// How many equal lines are shown around different ones.
const CONTEXT: usize = 2;
/// Larger tables would need too much memory: then every line counts as replaced.
const LARGEST_TABLE: usize = 4_000_000;

/// One line of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    Same(&'a str),
    Removed(&'a str),
    Added(&'a str),
    /// That many equal lines are omitted here.
    Omitted(usize),
}

/// The lines that differ between two texts, with a few equal ones around them.
pub(super) fn difference<'a>(before: &'a str, after: &'a str) -> Vec<Line<'a>> {
    let before: Vec<&str> = before.lines().collect();
    let after: Vec<&str> = after.lines().collect();
    shorten(&compare(&before, &after))
}

/// Every line of both texts. The longest common subsequence is found with a table of its lengths.
fn compare<'a>(before: &[&'a str], after: &[&'a str]) -> Vec<Line<'a>> {
    let (rows, columns) = (before.len() + 1, after.len() + 1);
    if rows.saturating_mul(columns) > LARGEST_TABLE {
        let removed = before.iter().copied().map(Line::Removed);
        return removed.chain(after.iter().copied().map(Line::Added)).collect();
    }
    // `lengths[row * columns + column]`: the length of the longest common subsequence of `before[row..]` and
    // `after[column..]`.
    let mut lengths = vec![0_u32; rows * columns];
    for row in (0..before.len()).rev() {
        for column in (0..after.len()).rev() {
            let at = row * columns + column;
            lengths[at] = if before[row] == after[column] {
                lengths[at + columns + 1] + 1
            } else {
                lengths[at + columns].max(lengths[at + 1])
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut lines = Vec::with_capacity(before.len().max(after.len()));
    while row < before.len() && column < after.len() {
        let at = row * columns + column;
        if before[row] == after[column] {
            lines.push(Line::Same(before[row]));
            (row, column) = (row + 1, column + 1);
        } else if lengths[at + columns] >= lengths[at + 1] {
            lines.push(Line::Removed(before[row]));
            row += 1;
        } else {
            lines.push(Line::Added(after[column]));
            column += 1;
        }
    }
    lines.extend(before[row..].iter().copied().map(Line::Removed));
    lines.extend(after[column..].iter().copied().map(Line::Added));
    lines
}

fn shorten<'a>(lines: &[Line<'a>]) -> Vec<Line<'a>> {
    let is_same = |line: &Line<'a>| matches!(line, Line::Same(_));
    let is_near = |at: usize| {
        let (from, to) = (at.saturating_sub(CONTEXT), (at + CONTEXT + 1).min(lines.len()));
        lines[from..to].iter().any(|line| !is_same(line))
    };
    let mut short: Vec<Line<'a>> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if is_near(at) {
            short.push(line.clone());
        } else if let Some(Line::Omitted(count)) = short.last_mut() {
            *count += 1;
        } else {
            short.push(Line::Omitted(1));
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lines_around_a_change_are_kept_and_others_counted() {
        let before = "1\n2\n3\n4\n5\n6\n7";
        let after = "1\n2\n3\nfour\n5\n6\n7";
        assert_eq!(
            difference(before, after),
            [
                Line::Omitted(1),
                Line::Same("2"),
                Line::Same("3"),
                Line::Removed("4"),
                Line::Added("four"),
                Line::Same("5"),
                Line::Same("6"),
                Line::Omitted(1),
            ]
        );
    }

    #[test]
    fn added_and_removed_lines_do_not_shift_the_others() {
        assert_eq!(
            difference("a\nb\nc", "b\nc\nd"),
            [
                Line::Removed("a"),
                Line::Same("b"),
                Line::Same("c"),
                Line::Added("d")
            ]
        );
        assert_eq!(difference("", "a"), [Line::Added("a")]);
        assert_eq!(difference("a", ""), [Line::Removed("a")]);
    }

    #[test]
    fn texts_too_large_to_compare_are_replaced_as_a_whole() {
        let large = "x\n".repeat(3000);
        let lines = difference(&large, &large);
        assert_eq!(lines.len(), 6000);
        assert_eq!(
            (&lines[0], &lines[5999]),
            (&Line::Removed("x"), &Line::Added("x"))
        );
    }
}
