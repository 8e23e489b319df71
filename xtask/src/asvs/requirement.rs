//! The requirements, from `docs/asvs.csv`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// One requirement of OWASP ASVS 5.0.0, in our own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Such as `V7.2.3`.
    pub id: String,
    /// 1, 2 or 3.
    pub level: u8,
    /// `auto` and `doc` are held by tests; `later` and `na` are not ours, or not yet.
    pub status: String,
    /// What it asks for.
    pub what: String,
    /// How a test shows it, or why it is left out.
    pub how: String,
}

impl Requirement {
    /// Whether a test has to hold it.
    pub fn is_ours(&self) -> bool {
        matches!(self.status.as_str(), "auto" | "doc")
    }
}

/// Every requirement, in the order of the file.
pub fn read(path: &Path) -> Result<Vec<Requirement>> {
    let text = fs::read_to_string(path).context("cannot read docs/asvs.csv")?;
    parse(&text).context("docs/asvs.csv has a line that is no requirement")
}

fn parse(text: &str) -> Result<Vec<Requirement>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader
        .records()
        .map(|record| {
            let record = record?;
            let field = |column| record.get(column).map(str::to_owned).context("a column is missing");
            let level = field(1)?.parse().context("a level is no number")?;
            Ok(Requirement { id: field(0)?, level, status: field(2)?, what: field(3)?, how: field(4)? })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_fields_keep_their_commas() {
        let text = "id,level,status,paraphrase,test_or_reason\nV1.1.2,2,auto,\"Escape, last\",how\n";
        let requirements = parse(text).unwrap();
        assert_eq!(requirements.first().map(|one| (one.level, one.what.as_str())), Some((2, "Escape, last")));
    }

    #[test]
    fn a_line_without_all_columns_is_an_error() {
        assert!(parse("id,level,status,paraphrase,test_or_reason\nV1.1.2,2\n").is_err());
        assert!(parse("id,level,status,paraphrase,test_or_reason\nV1.1.2,x,auto,a,b\n").is_err());
    }
}
