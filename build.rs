//! Builds the dashboard with npm, so that `cargo build` alone makes the whole program. The result
//! goes to cargo's own folder; nothing of it is in the repository.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

/// What the dashboard is made of.
const SOURCES: [&str; 6] = [
    "src",
    "public",
    "index.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
];

fn main() {
    let page = Path::new("dashboard");
    for source in SOURCES {
        println!("cargo::rerun-if-changed=dashboard/{source}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=ATLAS_DASHBOARD");
    let Some(out) = env::var_os("OUT_DIR").map(PathBuf::from) else {
        return;
    };
    let built = out.join("dashboard");
    if env::var_os("CARGO_FEATURE_SERVER").is_none() {
        // Without a server nobody shows a page.
        return;
    }
    if env::var_os("ATLAS_DASHBOARD").is_some_and(|wanted| wanted == "skip") {
        // An empty folder: the server then says that it was built without a page.
        let made = fs::create_dir_all(&built);
        return made.unwrap_or_else(|error| fail(&format!("{} can't be made: {error}", built.display())));
    }
    install(page);
    run(
        page,
        &[
            "run",
            "build",
            "--",
            "--outDir",
            &built.to_string_lossy(),
            "--emptyOutDir",
        ],
        BUILD_HINT,
    );
}

const INSTALL_HINT: &str = "npm could not fetch the dashboard's packages: check the network and run \
     `npm ci` in dashboard/ to see why, or build without the dashboard: ATLAS_DASHBOARD=skip";
const BUILD_HINT: &str = "the dashboard does not build: run `npm run build` in dashboard/ to see why";
const NPM_HINT: &str = "npm is missing, and the dashboard is built with it: install Node.js 20 or \
     newer with npm, or build without the dashboard: ATLAS_DASHBOARD=skip";

/// Fetches the packages that the lock file names, unless that was done for this very file.
fn install(page: &Path) {
    let lock = fs::read(page.join("package-lock.json")).unwrap_or_default();
    let stamp = page.join("node_modules").join(".atlas-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return;
    }
    run(page, &["ci", "--no-audit", "--no-fund"], INSTALL_HINT);
    if let Err(error) = fs::write(&stamp, lock) {
        println!("cargo::warning=npm's packages are fetched again at the next build: {error}");
    }
}

fn run(page: &Path, arguments: &[&str], hint: &str) {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(npm)
        .args(arguments)
        .current_dir(page)
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            let last: Vec<_> = said.lines().rev().take(12).collect();
            for line in last.into_iter().rev() {
                println!("cargo::warning={line}");
            }
            fail(hint);
        }
        Err(_) => fail(NPM_HINT),
    }
}

fn fail(sentence: &str) -> ! {
    println!("cargo::error={sentence}");
    std::process::exit(1);
}
