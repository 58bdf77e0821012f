//! The environment: the variables of 1.x and 2.0, and one for each key that is made of its name
//! (`ATLAS__FLEET__SERVER__PORT`). Where two mean the same key, the latter is the more exact and wins.

use super::keys::KEYS;
use super::kind::Written;
use super::layers::{Assignment, Gathered, RetiredUse};
use super::retired::RetiredKey;
use super::source::{Problem, Source, hint};

/// How a variable that is made of a key's name begins.
const PREFIX: &str = "ATLAS__";

/// What the environment has, in an order that does not change from run to run. What is no text can't
/// be a setting of ours.
#[must_use]
pub fn variables() -> Vec<(String, String)> {
    let mut variables: Vec<_> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    variables.sort();
    variables
}

/// Reads the settings out of variables. An empty one is as good as none.
pub(super) fn read(variables: &[(String, String)]) -> Gathered {
    let mut gathered = Gathered::default();
    let value_of = |wanted: &str| {
        let found = variables.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value).filter(|value| !value.is_empty())
    };
    for key in KEYS {
        let own = key.own_variable();
        let names = key.variables.iter().copied().chain([own.as_str()]);
        for name in names {
            let Some(value) = value_of(name) else { continue };
            let source = Source::Environment {
                name: name.to_owned(),
            };
            match key.kind.read(&Written::One(value.clone())) {
                Ok(Some(value)) => gathered.assignments.push(Assignment { key, value, source }),
                Ok(None) => {}
                Err(what) => gathered.problems.push(Problem {
                    source,
                    key: Some(key.path.to_owned()),
                    what,
                }),
            }
        }
    }
    for (name, _) in variables.iter().filter(|(_, value)| !value.is_empty()) {
        if let Some(retired) = RetiredKey::find_variable(name) {
            let source = Source::Environment { name: name.clone() };
            gathered.retired.push(RetiredUse {
                name: name.clone(),
                source,
                why: retired.why,
            });
        } else if name.starts_with(PREFIX) {
            gathered.problems.extend(unknown(name));
        }
    }
    gathered
}

fn unknown(name: &str) -> Option<Problem> {
    let known: Vec<String> = KEYS.iter().map(super::keys::Key::own_variable).collect();
    let retired = name[PREFIX.len()..].to_lowercase().replace("__", ".");
    if known.iter().any(|known| known == name) || RetiredKey::find(&retired).is_some() {
        return None;
    }
    let dotted: Vec<_> = known.iter().map(|known| known.replace("__", ".")).collect();
    let dotted: Vec<&str> = dotted.iter().map(String::as_str).collect();
    let hint = hint(&name.replace("__", "."), &dotted);
    let hint = hint.split('`').enumerate().map(|(at, part)| {
        if at == 1 && part.starts_with("ATLAS.") {
            part.replace('.', "__")
        } else {
            part.to_owned()
        }
    });
    Some(Problem {
        source: Source::Environment {
            name: name.to_owned(),
        },
        key: None,
        what: format!("no key has it; {}", hint.collect::<Vec<_>>().join("`")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(variables: &[(&str, &str)]) -> Gathered {
        let owned = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        read(&owned.collect::<Vec<_>>())
    }

    #[test]
    fn the_more_exact_variable_comes_last() {
        let gathered = set(&[
            ("ATLAS__FLEET__SERVER__PORT", "3"),
            ("FLEET_PORT", "1"),
            ("FLEET_SERVER_PORT", "2"),
        ]);
        let ports: Vec<_> = gathered
            .assignments
            .iter()
            .map(|one| one.value.as_u64().unwrap())
            .collect();
        assert_eq!(ports, [1, 2, 3]);
    }

    #[test]
    fn a_slip_in_an_own_variable_is_refused_and_others_are_let_be() {
        let gathered = set(&[
            ("ATLAS__FLEET__SERVER__PROT", "1"),
            ("ATLAS_YARDSTICK", "1"),
            ("PORT", "1"),
        ]);
        assert_eq!(gathered.problems.len(), 1);
        let said = gathered.problems[0].to_string();
        assert!(
            said.contains("did you mean `ATLAS__FLEET__SERVER__PORT`"),
            "{said}"
        );
    }

    #[test]
    fn an_empty_variable_is_none_and_a_wrong_one_is_not_repeated() {
        assert!(set(&[("FLEET_SERVER_PORT", "")]).problems.is_empty());
        let said = set(&[("FLEET_SERVER_PORT", "s3cret")]).problems[0].to_string();
        assert!(
            said.contains("FLEET_SERVER_PORT") && !said.contains("s3cret"),
            "{said}"
        );
    }
}
