//! Columns for a terminal.

use std::fmt;

use crate::domain::one_line;

/// A head and rows, each column as wide as its widest cell.
pub(super) struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(super) fn new(head: [&str; N]) -> Self {
        Self { rows: vec![head.map(ToOwned::to_owned)] }
    }

    pub(super) fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells.map(one_line));
    }

    /// Whether it has a head only.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.len() == 1
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    /// Without a line feed after the last row.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width =
            |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; N] = std::array::from_fn(width);
        for (number, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            write!(f, "{}{}", if number == 0 { "" } else { "\n" }, line.trim_end())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_lines_end_with_their_text() {
        let mut table = Table::new(["NAME", "ROLE"]);
        table.row(["süd".into(), "viewer".into()]);
        table.row(["anna-lena".into(), "x".into()]);
        assert_eq!(table.to_string(), "NAME       ROLE\nsüd        viewer\nanna-lena  x");
        table.row(["an\nna".into(), "y".into()]);
        assert!(table.to_string().ends_with("\nan\\nna     y"), "{table}");
    }
}
