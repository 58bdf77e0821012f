// Everything an agent says is hostile. The stream and the machine's page are
// answered here with payloads in every string, so no agent has to be attacked.
import { expectThat } from "./expect.mjs";
import { ROW } from "./fleet.mjs";
import { hostilePartsChecks, metricsOf, policyOf } from "./hostileParts.mjs";
import { PAYLOADS } from "./payloads.mjs";
import { URL_ROOT } from "./settings.mjs";

const NOW = new Date().toISOString();

function card(payload, index) {
  return {
    id: `hostile-${index}-${payload.slice(0, 60)}`, name: payload, hostname: payload, os: "linux", os_version: payload, model: payload, ip: payload, tags: [payload],
    presence: ["online", "offline", "asleep", "warning"][index % 4], presence_cause: payload, presence_since: NOW, first_seen: NOW, last_seen: NOW, interval_s: 30, cpu_percent: 5,
    memory_percent: 5, disk_percent: 99, cpu_recent: [1, 2], alarms: ["disk"], legacy: true,
  };
}

function machine(payload) {
  return {
    machine_id: payload, first_seen: NOW, last_seen: NOW, status: "offline", presence_cause: payload, presence_since: NOW, interval_s: 30, tags: [payload],
    agent: { kind: "atlas", version: payload, dropped_reports: 1, late_reports: 1 },
    info: { hostname: payload, computer_name: payload, os: payload, os_version: payload, model: payload, serial_number: payload, processor: payload, kernel: payload, gpu: { name: payload }, local_ip: payload, boot_time: payload, gateway: payload, ssid: payload, policy: policyOf([payload]) },
    latest_metrics: {
      cpu: { percent: 5, per_core: [1, "x", null] }, disks: [{ mountpoint: payload, device: payload, total: 10, used: 9.9, free: 0.1 }], interfaces: [{ name: payload }],
      temperatures: [{ label: payload, celsius: 99 }], processes: { top_cpu: [{ pid: 1, name: payload, user: payload, cpu: 99 }] }, unavailable: { battery: payload }, ...metricsOf([payload]),
    },
  };
}

// What the settings show of strangers: agents' machines, browsers' names, who tried to sign in.
const SETTINGS = {
  "me/sessions": { sessions: PAYLOADS.map((payload, at) => ({ id: String(at), created_at: NOW, last_seen: NOW, address: payload, user_agent: payload, is_this: false })) },
  "me/operator-keys": { keys: PAYLOADS.map((payload, at) => ({ id: `${at} ${payload}`, name: payload, owner: payload, public_key: payload, signs_commands: true, created_at: payload })) },
  users: { users: PAYLOADS.map((payload, at) => ({ username: `${at} ${payload}`, role: payload, created_at: NOW, last_sign_in: payload, is_active: true, has_totp: true, is_locked: true, hash: "wrapped" })) },
  keys: { keys: PAYLOADS.map((payload, at) => ({ id: String(at), name: payload, scopes: [payload], created_by: payload, created_at: payload, expires_at: payload, last_used: payload })) },
  tokens: { tokens: PAYLOADS.map((payload, at) => ({ id: `${at} ${payload}`, uses_left: 1, uses_max: 1, expires_at: payload, created_at: payload, created_by: payload })) },
  agents: { agents: PAYLOADS.map((payload, at) => ({ agent_id: `${at} ${payload}`, machine_id: payload, state: ["pending", "revoked"][at % 2], epoch: 1, key_state: "overdue", created_at: payload, last_report: payload, possible_duplicate: true, legacy: true })) },
  "agents/rotation": { generation: 1, started_at: PAYLOADS[0], moved: 1, waiting: 1, retiring_until: PAYLOADS[0] },
  audit: { records: PAYLOADS.map((payload, at) => ({ seq: 100 - at, at: payload, actor: payload, address: payload, action: payload, target: payload, result: payload, request_id: payload })), head: { seq: 100, hash: PAYLOADS[0] }, oldest: 1 },
  certificate: { source: "own", names: PAYLOADS, issuer: PAYLOADS[0], not_before: NOW, not_after: NOW, days_left: 1, pin: PAYLOADS[0], next_pin: PAYLOADS[1], state: "failing", key_change_waits: true, agents_told: 1, agents: 2, last_error: PAYLOADS[0] },
};

async function expectNothingMade(page, what) {
  const made = await page.$$eval("main :is(script, iframe, img, base, style, embed, object, meta, link, form[action], video, audio)", (elements) => elements.length);
  expectThat(made === 0, `${made} elements came out of text: ${what}`);
  const links = await page.$$eval("main a[href]", (found) => found.map((link) => link.href));
  const foreign = links.filter((link) => !link.startsWith(URL_ROOT));
  expectThat(foreign.length === 0, `${what} leads to ${foreign[0]}`);
}

export const hostileChecks = [
  ["there are 200 hostile texts at least", async () => {
    expectThat(PAYLOADS.length >= 200, `${PAYLOADS.length}`);
  }],
  [`${PAYLOADS.length} hostile texts in every field of the fleet are shown as text`, async ({ page }) => {
    const frame = { revision: "e2e-1", server_time: NOW, part: 1, parts: 1, machines: PAYLOADS.map(card), outages: PAYLOADS.slice(0, 3).map((payload) => ({ key: `ssid ${payload}`, machines: [payload], count: 1, since: payload })) };
    await page.route("**/api/fleet/stream", (route) => route.fulfill({ contentType: "text/event-stream", body: `event: snapshot\ndata: ${JSON.stringify(frame)}\n\n` }));
    await page.goto(`${URL_ROOT}/?sort=name`);
    await page.waitForSelector(ROW);
    // Only the rows in sight are there: each has its turn.
    const shown = new Set();
    for (let seen = -1; shown.size > seen;) {
      seen = shown.size;
      await expectNothingMade(page, "the fleet");
      for (const text of await page.$$eval("[role=row] a", (links) => links.map((link) => link.textContent))) shown.add(text);
      await page.mouse.wheel(0, 600);
      await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
    }
    expectThat(shown.size > PAYLOADS.length * 0.9, `only ${shown.size} of ${PAYLOADS.length} were shown`);
    expectThat(shown.has("<script>alert(1)</script>") && shown.has("<defunct>"), `shown: ${[...shown].slice(0, 5).join(" ")}`);
    await page.keyboard.press("Control+k");
    await page.waitForSelector("dialog [role=option]");
    await page.keyboard.press("Escape");
  }],
  ["hostile texts in every field of a machine are shown as text", async ({ page }) => {
    let payload = "";
    await page.route("**/api/fleet/machine/**", (route) => route.fulfill({ json: machine(payload) }));
    await page.route("**/series?**", (route) => route.fulfill({ json: { machine_id: payload, from: NOW, to: NOW, step_s: 30, tier: "raw", times: [], series: {}, gaps: [] } }));
    await page.goto(URL_ROOT);
    for (const [at, text] of PAYLOADS.entries()) {
      payload = text;
      // Within the page: 200 loads of it would take minutes.
      const asked = page.waitForResponse((response) => response.url().includes("/api/fleet/machine/"));
      await page.evaluate((path) => { window.history.pushState(null, "", path); window.dispatchEvent(new PopStateEvent("popstate")); }, `/machine/hostile-${at}`);
      await asked;
      await page.waitForSelector("[data-testid=presence]");
      await expectNothingMade(page, text.slice(0, 60));
    }
    await page.unrouteAll({ behavior: "ignoreErrors" });
  }],
  ["hostile texts in every field of the settings are shown as text", async ({ page }) => {
    for (const [path, answer] of Object.entries(SETTINGS)) {
      await page.route((url) => url.pathname === `/api/v2/${path}`, (route) => route.fulfill({ json: answer }));
    }
    for (const section of ["account", "users", "keys", "enrolment", "audit", "certificate"]) {
      await page.goto(`${URL_ROOT}/settings/${section}`);
      await page.waitForSelector("main >> text=<script>alert(1)</script>");
      await expectNothingMade(page, section);
    }
    await page.unrouteAll({ behavior: "ignoreErrors" });
  }],
  ...hostilePartsChecks(PAYLOADS, machine),
];
