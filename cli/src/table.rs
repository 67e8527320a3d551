//! Tables on stdout.

/// A line for the names of the columns and one for each row, as wide as they must be. A cell that is empty is a dash.
pub(crate) fn of<const N: usize>(names: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut lines = vec![names.map(str::to_owned)];
    lines.extend(rows.into_iter().map(|row| row.map(|cell| shown(&cell))));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(width);
    let line = |cells: &[String; N]| {
        let padded: Vec<String> = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        padded.join("  ").trim_end().to_owned() + "\n"
    };
    lines.iter().map(line).collect()
}

/// A cell on one line. Some come from requests: what could move the cursor is written out.
fn shown(cell: &str) -> String {
    if cell.is_empty() {
        return "-".to_owned();
    }
    let mut text = String::with_capacity(cell.len());
    for character in cell.chars() {
        if character.is_control() { text.extend(character.escape_default()) } else { text.push(character) }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["é", ""], ["long cell", "\u{1b}[2J\n"]].map(|row| row.map(str::to_owned));
        let expected = "name       b\né          -\nlong cell  \\u{1b}[2J\\n\n";
        assert_eq!(super::of(["name", "b"], rows), expected);
    }
}
