// Parts of the settings whose routes the server doesn't have yet. Their checks are
// named and not run; whoever brings a route takes it off this list.
const NOT_YET = new Set([
  "/api/v2/me/sessions", "/api/v2/users", "/api/v2/keys",
]);

/** The checks to run: [sentence, check, routes it needs]. Tells of those that wait. */
export function readyAmong(checks) {
  return checks.filter(([sentence, , routes = []]) => {
    const missing = routes.filter((route) => NOT_YET.has(route));
    if (missing.length > 0) console.log(`not yet: ${sentence} (waits for ${missing.join(", ")})`);
    return missing.length === 0;
  });
}
