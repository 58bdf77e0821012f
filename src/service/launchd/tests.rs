//! What is planned for launchd.

use plist::Value;

use super::*;

fn wanted(role: Role, level: Level) -> Wanted {
    Wanted {
        role,
        level,
        program: PathBuf::from("/opt/a & b/atlas"),
        home: PathBuf::from("/nowhere/ann"),
        uid: 501,
        run_as: Some("ann".to_owned()),
        data_dir: None,
        config: None,
    }
}

fn parsed(wanted: &Wanted) -> plist::Dictionary {
    let text = property_list(wanted).unwrap();
    let value = Value::from_reader_xml(text.as_bytes()).unwrap();
    value.into_dictionary().unwrap()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let items = value.unwrap().as_array().unwrap().iter();
    items.map(|item| item.as_string().unwrap().to_owned()).collect()
}

fn words(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(ToString::to_string).collect()
}

#[test]
fn a_property_list_starts_this_program_with_this_machines_paths() {
    let mut agent = wanted(Role::Agent, Level::User);
    agent.data_dir = Some(PathBuf::from("/data/<x>"));
    let list = parsed(&agent);
    assert_eq!(
        texts(list.get("ProgramArguments")),
        ["/opt/a & b/atlas", "agent", "--data-dir", "/data/<x>"]
    );
    for key in ["StandardOutPath", "StandardErrorPath"] {
        let log = list.get(key).unwrap().as_string().unwrap();
        assert_eq!(log, "/nowhere/ann/Library/Logs/fleet_agent.log");
    }
    assert_eq!(
        list.get("Label").unwrap().as_string(),
        Some("com.atlas.fleet.agent")
    );
    assert!(list.get("UserName").is_none());
    // What only its owner may read: the first start writes a password.
    assert_eq!(list.get("Umask").unwrap().as_signed_integer(), Some(0o077));
}

#[test]
fn a_service_of_the_system_runs_as_an_ordinary_user() {
    let list = parsed(&wanted(Role::Server, Level::System));
    assert_eq!(list.get("UserName").unwrap().as_string(), Some("ann"));
    assert_eq!(
        texts(list.get("ProgramArguments")),
        ["/usr/local/bin/atlas", "server"]
    );
    assert_eq!(
        list.get("StandardOutPath").unwrap().as_string(),
        Some("/var/log/atlas-fleetserver.log")
    );
    let mut nobody = wanted(Role::Server, Level::System);
    nobody.run_as = None;
    let refused = install(&nobody, &Found::default());
    assert!(matches!(refused, Err(PlanError::NoUser)));
}

#[test]
fn it_starts_again_after_a_failure_and_not_after_a_stop() {
    for role in [Role::Server, Role::Agent] {
        let list = parsed(&wanted(role, Level::User));
        let keep = list.get("KeepAlive").unwrap().as_dictionary().unwrap();
        assert_eq!(keep.get("SuccessfulExit").unwrap().as_boolean(), Some(false));
        assert_eq!(list.get("RunAtLoad").unwrap().as_boolean(), Some(true));
    }
}

#[test]
fn services_of_2_0_are_stopped_and_put_aside_first() {
    let old = PathBuf::from("/nowhere/ann/Library/LaunchAgents/com.atlas.agent.core.plist");
    let found = Found {
        old: vec![old],
        ..Found::default()
    };
    let plan = words(&install(&wanted(Role::Agent, Level::User), &found).unwrap());
    assert_eq!(plan[0], "run launchctl bootout gui/501/com.atlas.agent.core");
    assert!(plan[1].starts_with("rename ") && plan[1].ends_with("com.atlas.agent.core.plist.replaced"));
    let last: Vec<_> = plan.iter().rev().take(3).rev().map(String::as_str).collect();
    assert_eq!(
        last,
        [
            "run launchctl enable gui/501/com.atlas.fleet.agent",
            "run launchctl bootstrap gui/501 /nowhere/ann/Library/LaunchAgents/com.atlas.fleet.agent.plist",
            "run launchctl kickstart gui/501/com.atlas.fleet.agent"
        ]
    );
    let found = Found {
        old_of_system: Some(PathBuf::from(
            "/Library/LaunchDaemons/com.atlas.fleetserver.plist",
        )),
        ..Found::default()
    };
    let refused = install(&wanted(Role::Server, Level::User), &found).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("sudo atlas service install --server --system")
    );
}

#[test]
fn one_that_runs_is_stopped_and_another_ones_file_is_kept() {
    let agent = wanted(Role::Agent, Level::User);
    let found = |present: &str| Found {
        present: Some(present.to_owned()),
        ..Found::default()
    };
    let of_1_x = words(&install(&agent, &found("<plist/>")).unwrap());
    assert_eq!(of_1_x[0], "run launchctl bootout gui/501/com.atlas.fleet.agent");
    assert!(of_1_x[1].ends_with(".replaced"));
    let same = words(&install(&agent, &found(&property_list(&agent).unwrap())).unwrap());
    assert!(!same.iter().any(|step| step.starts_with("rename")));
}
