//! What is planned for systemd.

use super::*;

fn wanted(role: Role, level: Level) -> Wanted {
    Wanted {
        role,
        level,
        program: PathBuf::from("/opt/at las/atlas"),
        home: PathBuf::from("/nowhere/ann"),
        uid: 1000,
        run_as: None,
        data_dir: None,
        config: None,
    }
}

fn words(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(ToString::to_string).collect()
}

#[test]
fn a_service_of_the_system_is_the_shipped_unit() {
    for (role, shipped) in [(Role::Agent, AGENT_UNIT), (Role::Server, SERVER_UNIT)] {
        assert_eq!(unit(&wanted(role, Level::System)).unwrap(), shipped);
    }
    let mut other = wanted(Role::Agent, Level::System);
    other.run_as = Some("ann".to_owned());
    other.config = Some(PathBuf::from("/etc/atlas/100%.yaml"));
    let unit = unit(&other).unwrap();
    assert!(unit.contains("\nUser=ann\n"));
    assert!(unit.contains("--data-dir /var/lib/atlas-agent --config /etc/atlas/100%%.yaml\n"));
}

#[test]
fn a_service_of_one_user_keeps_what_a_users_manager_can_keep() {
    let mut of_ann = wanted(Role::Agent, Level::User);
    of_ann.data_dir = Some(PathBuf::from("/data"));
    let unit = unit(&of_ann).unwrap();
    assert!(
        unit.contains("\nExecStart=\"/opt/at las/atlas\" agent --data-dir /data\n"),
        "{unit}"
    );
    for kept in [
        "NoNewPrivileges=yes",
        "RestartPreventExitStatus=2 77",
        "SystemCallFilter=@system-service",
        "UMask=0077",
        "WantedBy=default.target",
        "EnvironmentFile=-%h/.config/atlas/agent.env",
    ] {
        assert!(unit.contains(&format!("\n{kept}\n")), "{kept}");
    }
    for dropped in [
        "User=",
        "Protect",
        "Capability",
        "StateDirectory",
        "network-online",
    ] {
        assert!(!unit.contains(dropped), "{dropped}");
    }
    assert!(!unit.contains("\n\n\n"));
}

#[test]
fn what_is_there_is_not_made_again() {
    let new = install(&wanted(Role::Agent, Level::System), &Found::default()).unwrap();
    let new = words(&new);
    assert!(new[0].starts_with("copy /opt/at las/atlas to /usr/local/bin/atlas"));
    assert!(new[1].starts_with("run useradd --system") && new[1].ends_with(" atlas-agent"));
    assert_eq!(new.last().unwrap(), "run systemctl restart atlas-agent.service");
    let found = Found {
        has_user: true,
        is_in_place: true,
        ..Found::default()
    };
    let again = install(&wanted(Role::Agent, Level::System), &found).unwrap();
    assert_eq!(again.steps.len(), 4);
}

#[test]
fn an_enrolment_moves_into_the_services_own_folder() {
    let found = Found {
        enrolment: Some(PathBuf::from("/nowhere/ann/.fleet_monitoring/data/agent")),
        ..Found::default()
    };
    let plan = words(&install(&wanted(Role::Agent, Level::System), &found).unwrap());
    let moved = "run mv -T /nowhere/ann/.fleet_monitoring/data/agent /var/lib/atlas-agent/agent";
    let at = plan.iter().position(|step| step == moved).unwrap();
    assert_eq!(plan[at + 1], "run chown -R atlas-agent: /var/lib/atlas-agent");
    assert!(plan[at + 2].starts_with("write "));
}

#[test]
fn an_enrolment_is_taken_unless_it_is_in_use_or_a_servers_own() {
    let home = tempfile::tempdir().unwrap();
    let mut wanted = wanted(Role::Agent, Level::System);
    wanted.home = home.path().to_owned();
    let data = home.path().join(".fleet_monitoring/data");
    assert_eq!(enrolment_to_take(&wanted).unwrap(), None);
    fs::create_dir_all(data.join("agent/spool")).unwrap();
    fs::write(data.join("agent/identity.json"), "{}").unwrap();
    assert_eq!(enrolment_to_take(&wanted).unwrap(), Some(data.join("agent")));
    let lock = File::create(data.join("agent/spool/lock")).unwrap();
    lock.try_lock().unwrap();
    assert!(matches!(enrolment_to_take(&wanted), Err(PlanError::AgentRuns(_))));
    drop(lock);
    fs::create_dir(data.join("store")).unwrap();
    assert_eq!(enrolment_to_take(&wanted).unwrap(), None);
}

#[test]
fn two_levels_and_odd_paths_are_refused() {
    let found = Found {
        other_level: Some(PathBuf::from("/etc/systemd/system/atlas-agent.service")),
        ..Found::default()
    };
    let refused = install(&wanted(Role::Agent, Level::User), &found).unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("atlas service uninstall --agent --system")
    );
    let mut odd = wanted(Role::Agent, Level::User);
    odd.program = PathBuf::from("/opt/a\nExecStartPre=/bin/true");
    assert!(matches!(
        install(&odd, &Found::default()),
        Err(PlanError::Path(_))
    ));
    let mut elsewhere = wanted(Role::Server, Level::System);
    elsewhere.data_dir = Some(PathBuf::from("/data"));
    assert!(matches!(
        install(&elsewhere, &Found::default()),
        Err(PlanError::DataDir(_))
    ));
}

#[test]
fn a_removal_leaves_what_was_kept() {
    let plan = uninstall(&wanted(Role::Server, Level::System));
    assert_eq!(
        words(&plan)[0],
        "run systemctl disable --now atlas-server.service"
    );
    assert!(plan.notes[0].contains("/var/lib/atlas-server"));
}
