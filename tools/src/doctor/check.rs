//! One condition: what is required, what there is, what it costs, and the mend.

use serde::Serialize;

use super::mend::Mend;

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
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// What came of it: `"passed": true`, `"passed": false` or `"skipped": "why"`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Passed(bool),
    Skipped(String),
}

/// One condition.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Check {
    /// What is looked at.
    pub condition: String,
    /// What should be there.
    pub required: String,
    /// What is there; empty where nobody looked.
    pub current: String,
    /// How bad a failure is.
    pub severity: Severity,
    #[serde(flatten)]
    verdict: Verdict,
    /// What a failure costs.
    pub costs: &'static str,
    /// How to mend it.
    #[serde(flatten)]
    pub mend: Mend,
}

impl Check {
    /// A condition that nobody looked at yet.
    pub fn new(condition: impl Into<String>, severity: Severity) -> Check {
        Check {
            condition: condition.into(),
            required: String::new(),
            current: String::new(),
            severity,
            verdict: Verdict::Passed(true),
            costs: "",
            mend: Mend::default(),
        }
    }

    /// What should be there.
    pub fn wants(mut self, required: impl Into<String>) -> Check {
        self.required = required.into();
        self
    }

    /// What is there, and whether that is enough.
    pub fn finds(mut self, current: impl Into<String>, passed: bool) -> Check {
        (self.current, self.verdict) = (current.into(), Verdict::Passed(passed));
        self
    }

    /// Why it does not matter here, or cannot be known.
    pub fn skip(mut self, why: impl Into<String>) -> Check {
        self.verdict = Verdict::Skipped(why.into());
        self
    }

    /// What a failure costs, and how to mend it.
    pub fn costs(mut self, costs: &'static str, mend: impl Into<Mend>) -> Check {
        (self.costs, self.mend) = (costs, mend.into());
        self
    }

    /// Whether it is not as required.
    pub fn failed(&self) -> bool {
        self.verdict == Verdict::Passed(false)
    }

    /// Why nobody looked.
    pub fn skipped(&self) -> Option<&str> {
        match &self.verdict {
            Verdict::Skipped(why) => Some(why),
            Verdict::Passed(_) => None,
        }
    }
}
