//! The docs name every route and every error.

use std::collections::BTreeSet;

use crate::tree::{assert_none, is_within, read, rust};

/// The routes of the router's table: method and path.
fn routes(router: &str) -> Vec<(&str, &str)> {
    let methods = ["GET", "POST", "PUT", "DELETE", "PATCH"];
    let rows = router.lines().filter_map(|line| {
        let (method, rest) = line.trim().split_once(' ')?;
        let path = rest.trim_start().strip_prefix('"')?.split('"').next()?;
        methods.contains(&method).then_some((method, path))
    });
    rows.collect()
}

/// The words for programs that errors carry: the first text in each call that makes one.
fn error_codes(text: &str) -> BTreeSet<&str> {
    let makers = [
        "ApiError::new(",
        "Self::new(",
        "bad_request(",
        "unauthorized(",
        "=> (\"",
    ];
    let is_code = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_lowercase())
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    let calls = makers.iter().flat_map(|maker| {
        let skip = usize::from(maker.ends_with('"'));
        text.split(maker).skip(1).filter_map(move |call| {
            let call = call.split(';').next().unwrap_or_default();
            call.split('"').nth(1 - skip)
        })
    });
    calls.filter(is_code).collect()
}

#[test]
fn the_docs_name_every_route_and_every_error() {
    let docs = read("docs/api.md");
    let router = read("src/http/router.rs");
    let mut faults: Vec<_> = routes(&router)
        .into_iter()
        .filter(|(_, path)| !docs.contains(&format!("`{path}`")))
        .map(|(method, path)| {
            format!("docs/api.md lacks {method} `{path}`: say who may call it and what it answers")
        })
        .collect();
    for (file, text) in rust().iter().filter(|(file, _)| is_within(file, "src/http")) {
        let missing = error_codes(text)
            .into_iter()
            .filter(|code| !docs.contains(&format!("`{code}`")));
        faults.extend(
            missing.map(|code| format!("docs/api.md lacks the error `{code}` of {file}: say what to do")),
        );
    }
    assert_none(&faults);
}

#[test]
fn routes_and_error_codes_are_read() {
    let row = "        GET    \"/api/x/{id}\"     VIEWER => x::y;";
    assert_eq!(routes(row), [("GET", "/api/x/{id}")]);
    let text = "ApiError::bad_request(\"no_name\", format!(\"x\"));\nSelf::new(StatusCode::CONFLICT, \"taken\", m);\n\
                Self::bad_request(code, sentence(&e));\nA => (\"odd_shape\", None),";
    assert_eq!(
        error_codes(text).into_iter().collect::<Vec<_>>(),
        ["no_name", "odd_shape", "taken"]
    );
}
