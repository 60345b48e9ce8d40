//! An outline as text, for people.

use std::fmt;

use crate::{DefinitionKind, LineRange, Outline};

impl fmt::Display for LineRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.end {
            end if end == self.start => write!(f, "{end}"),
            end => write!(f, "{}-{end}", self.start),
        }
    }
}

impl fmt::Display for DefinitionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{self:?}").to_lowercase();
        f.pad(&name)
    }
}

/// A line for each definition, indented as it is nested: its lines, kind and name, and where its
/// signature, doc comment and body are. Then the imports, a line each.
impl fmt::Display for Outline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut depths: Vec<usize> = Vec::with_capacity(self.definitions.len());
        for definition in &self.definitions {
            let depth = definition.parent.map_or(0, |parent| depths[parent] + 1);
            depths.push(depth);
            let indent = depth * 2;
            write!(f, "{:>9} ", definition.lines.to_string())?;
            write!(f, "{:indent$}{} ", "", definition.kind)?;
            if let Some(receiver) = &definition.receiver {
                write!(f, "{receiver} . ")?;
            }
            write!(f, "{} (signature {}", definition.name, definition.signature)?;
            if let Some(doc) = definition.doc {
                write!(f, ", doc {doc}")?;
            }
            if let Some(body) = &definition.body {
                write!(f, ", body {body:?}")?;
            }
            writeln!(f, ")")?;
        }
        for import in &self.imports {
            writeln!(f, "{:>9} import {} {:?}", import.line, import.module, import.names)?;
        }
        Ok(())
    }
}
