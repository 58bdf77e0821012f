//! What `system_profiler SPApplicationsDataType -json` says on macOS.

use serde::Deserialize;

use super::super::kernel_file::clean;
use crate::wire::report_v1::ProgramV1;

#[derive(Deserialize)]
struct Said {
    #[serde(rename = "SPApplicationsDataType")]
    applications: Vec<Application>,
}

#[derive(Deserialize)]
struct Application {
    #[serde(rename = "_name")]
    name: String,
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default, rename = "lastModified")]
    modified: Option<String>,
}

/// Reads it.
pub(super) fn parse(json: &str) -> Option<Vec<ProgramV1>> {
    let said: Said = serde_json::from_str(json).ok()?;
    let programs = said.applications.into_iter().filter_map(|one| {
        Some(ProgramV1 {
            name: clean(&one.name)?,
            version: one.version.as_deref().and_then(clean),
            source: None,
            path: one.path.as_deref().and_then(clean),
            modified: one.modified.as_deref().and_then(clean),
        })
    });
    Some(programs.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    // In the shape that others' tests use; not recorded by us on a Mac.
    const SAID: &str = r#"{"SPApplicationsDataType":[{"_name":"Safari","arch_kind":"arch_arm_i64","lastModified":"2024-08-05T10:00:00Z",
        "obtained_from":"apple","path":"/Applications/Safari.app","version":"17.6"},{"_name":"Tool","path":"/Applications/Tool.app"}]}"#;

    #[test]
    fn reads_what_a_mac_prints() {
        let programs = parse(SAID).unwrap();
        assert_eq!(
            (&*programs[0].name, programs[0].version.as_deref()),
            ("Safari", Some("17.6"))
        );
        assert_eq!(programs[1].version, None);
    }

    #[test]
    fn other_words_are_not_understood() {
        for odd in [
            "",
            "system_profiler: error",
            &SAID[..120],
            "{\"SPApplicationsDataType\":{}}",
            "[]",
        ] {
            assert_eq!(parse(odd), None, "{odd}");
        }
    }
}
