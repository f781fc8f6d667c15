//! One condition: what is required, what there is, what it costs, and the mend.

use serde::Serialize;

/// How bad a failure is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The scenario cannot run.
    Error,
    /// It runs, and slower than it could.
    Warning,
    /// It matters in the far percentiles only.
    Note,
}

impl Severity {
    fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// One condition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Check {
    /// What is looked at.
    pub condition: String,
    /// What should be there.
    pub required: String,
    /// What is there.
    pub current: String,
    /// How bad a failure is.
    pub severity: Severity,
    /// Whether it is as required.
    pub passed: bool,
    /// What a failure costs.
    pub costs: &'static str,
    /// How to mend it.
    pub mend: String,
}

const HEADINGS: [&str; 5] = ["Condition", "Required", "Current", "Severity", "Passed"];

/// The table; below each failure stands what it costs and the mend.
pub fn table(checks: &[Check]) -> String {
    let cells = |check: &Check| {
        let passed = if check.passed { "yes" } else { "no" };
        let severity = check.severity.name();
        let (condition, required) = (check.condition.clone(), check.required.clone());
        [condition, required, check.current.clone(), severity.to_owned(), passed.to_owned()]
    };
    let rows: Vec<[String; 5]> = checks.iter().map(cells).collect();
    let width = |column: usize| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0).max(HEADINGS[column].len())
    };
    let widths: [usize; 4] = std::array::from_fn(width);
    let line = |row: &[String; 5]| {
        let padded = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}  "));
        format!("{}{}\n", padded.collect::<String>(), row[4])
    };
    let mut text = line(&HEADINGS.map(str::to_owned));
    for (row, check) in rows.iter().zip(checks) {
        text += &line(row);
        if !check.passed {
            text += &format!("    costs: {}\n    mend:  {}\n", check.costs, check.mend);
        }
    }
    text
}
