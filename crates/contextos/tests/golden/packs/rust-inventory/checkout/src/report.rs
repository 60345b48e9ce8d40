//! A report of the stock, as a table.

use crate::stock::Stock;

/// One line for each article, its number and count in columns.
pub fn report(stock: &Stock) -> String {
    let rows: Vec<(String, String)> =
        stock.iter().map(|(article, count)| (article.to_string(), count.to_string())).collect();
    let width = |column: fn(&(String, String)) -> usize| rows.iter().map(column).max().unwrap_or(0);
    let (left, right) = (width(|row| row.0.len()), width(|row| row.1.len()));
    let mut out = String::new();
    for (article, count) in &rows {
        out.push_str(&format!("{article:>left$}  {count:>right$}\n"));
    }
    out
}
