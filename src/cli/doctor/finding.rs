//! What was found: how bad it is, what it is, and what to do.

use serde_json::json;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and somebody should know.
    Warn,
    /// It does not work.
    Fail,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// What was looked at, in a word.
    pub(super) check: &'static str,
    pub(super) verdict: Verdict,
    /// What was found.
    pub(super) what: String,
    /// What to do; empty when there is nothing to do, or the sentence says it.
    pub(super) advice: String,
}

impl Finding {
    pub(super) fn ok(check: &'static str, what: impl Into<String>) -> Self {
        Self::new(check, Verdict::Ok, what, "")
    }

    pub(super) fn warn(check: &'static str, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(check, Verdict::Warn, what, advice)
    }

    pub(super) fn fail(check: &'static str, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(check, Verdict::Fail, what, advice)
    }

    fn new(
        check: &'static str,
        verdict: Verdict,
        what: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            check,
            verdict,
            what: what.into(),
            advice: advice.into(),
        }
    }

    /// For programs.
    pub(super) fn as_json(&self) -> serde_json::Value {
        let advice = (!self.advice.is_empty()).then_some(&self.advice);
        json!({"check": self.check, "verdict": self.verdict.word(), "what": self.what, "advice": advice})
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:4}  {:11} {}", self.verdict.word(), self.check, self.what)?;
        if !self.advice.is_empty() {
            write!(f, "\n      {:11} → {}", "", self.advice)?;
        }
        Ok(())
    }
}
