//! The columns of an array of objects: nested objects are flattened, members are in an order that
//! all objects follow.

use json_index::{Index, Kind, ValueId, lenient};

/// With more columns than this a reader can't follow a table. By hand, not measured.
const MOST_COLUMNS: usize = 256;
/// Objects are flattened down to this depth; deeper ones are cells. By hand, not measured.
const DEEPEST: usize = 8;
/// If fewer than one in this many cells is filled, it isn't treated as a table. By hand, not
/// measured.
const SPARSEST: usize = 16;

/// One column.
#[derive(Debug)]
pub(crate) struct Column<'a> {
    /// The path of keys, as written, without their quotes.
    pub path: Vec<&'a str>,
    /// Its cell in every row; `None` if the member is absent.
    pub cells: Vec<Option<ValueId>>,
}

impl<'a> Column<'a> {
    /// Writes the path: keys joined by dots, with quotes around those that aren't plain words.
    pub(crate) fn write_name(&self, out: &mut String) {
        for (i, key) in self.path.iter().enumerate() {
            if i > 0 {
                out.push('.');
            }
            let plain = plain_length(key) == key.len() && !key.is_empty();
            let quote = if plain { "" } else { "\"" };
            for piece in [quote, key, quote] {
                out.push_str(piece);
            }
        }
    }

    /// Parses what [`Column::write_name`] writes; returns the rest of `text` too.
    pub(crate) fn read_name(text: &'a str) -> Option<(Vec<&'a str>, &'a str)> {
        let mut path = Vec::new();
        let mut rest = text;
        loop {
            let key;
            if rest.starts_with('"') {
                let (quoted, after) = rest.split_at(lenient::value_length(rest)?);
                key = &quoted[1..quoted.len() - 1];
                rest = after;
            } else {
                (key, rest) = rest.split_at(plain_length(rest));
                (!key.is_empty()).then_some(())?;
            }
            path.push(key);
            match rest.strip_prefix('.') {
                Some(after) => rest = after,
                None => return Some((path, rest)),
            }
        }
    }
}

/// The length of the plain word at the beginning of `text`.
fn plain_length(text: &str) -> usize {
    text.bytes()
        .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'$'))
        .count()
}

/// The columns of a table.
#[derive(Debug)]
pub(crate) struct Shape<'a> {
    columns: Vec<Column<'a>>,
}

impl<'a> Shape<'a> {
    /// The columns of `rows`; `None` if one isn't an object, the members have no common order, or
    /// the rows have too little in common.
    pub(crate) fn of(json: &Index<'a>, rows: &[ValueId]) -> Option<Self> {
        let rows: Vec<Option<ValueId>> = rows.iter().copied().map(Some).collect();
        let mut shape = Self { columns: Vec::new() };
        shape.add(json, &rows, &[], 0)?;
        let filled = shape.columns.iter().flat_map(|c| &c.cells).flatten().count();
        let cells = shape.columns.len() * rows.len();
        (filled > 0 && cells <= filled * SPARSEST).then_some(shape)
    }

    pub(crate) fn columns(&self) -> &[Column<'a>] {
        &self.columns
    }

    /// Adds the columns of `objects`, which are nested at `path`.
    fn add(
        &mut self,
        json: &Index<'a>,
        objects: &[Option<ValueId>],
        path: &[&'a str],
        depth: usize,
    ) -> Option<()> {
        let mut columns = Members::of(json, objects)?;
        for (key, cells) in columns.take() {
            let path = [path, &[key]].concat();
            let nested = cells.iter().flatten().all(|&cell| {
                json.kind(cell) == Kind::Object && json.children(cell).next().is_some()
            });
            if nested && depth < DEEPEST {
                self.add(json, &cells, &path, depth + 1)?;
            } else {
                self.columns.push(Column { path, cells });
            }
            (self.columns.len() <= MOST_COLUMNS).then_some(())?;
        }
        Some(())
    }
}

/// The members of the objects by key, in an order that all of them follow.
struct Members<'a> {
    keys: Vec<&'a str>,
    cells: Vec<Vec<Option<ValueId>>>,
}

impl<'a> Members<'a> {
    fn of(json: &Index<'a>, objects: &[Option<ValueId>]) -> Option<Self> {
        let mut members = Self { keys: Vec::new(), cells: Vec::new() };
        for (row, &object) in objects.iter().enumerate() {
            if let Some(object) = object {
                (json.kind(object) == Kind::Object).then_some(())?;
                members.add_row(json, object, row, objects.len())?;
            }
        }
        members.cells.iter_mut().for_each(|cells| cells.resize(objects.len(), None));
        Some(members)
    }

    fn add_row(
        &mut self,
        json: &Index<'a>,
        object: ValueId,
        row: usize,
        rows: usize,
    ) -> Option<()> {
        let mut at = 0;
        for (key, value) in json.members(object) {
            if self.keys.get(at).is_none_or(|known| *known != key) {
                match self.keys[at..].iter().position(|known| *known == key) {
                    Some(offset) => at += offset,
                    None if self.keys[..at].contains(&key) => return None,
                    None if self.keys.len() == MOST_COLUMNS => return None,
                    None => {
                        self.keys.insert(at, key);
                        self.cells.insert(at, Vec::with_capacity(rows));
                    }
                }
            }
            self.cells[at].resize(row, None);
            self.cells[at].push(Some(value));
            at += 1;
        }
        Some(())
    }

    fn take(&mut self) -> Vec<(&'a str, Vec<Option<ValueId>>)> {
        std::mem::take(&mut self.keys).into_iter().zip(std::mem::take(&mut self.cells)).collect()
    }
}
