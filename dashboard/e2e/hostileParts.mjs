// What an agent says in the parts of its machine's page, what networks are called, and what
// commands bring back: hostile texts in every field.
import { expectThat } from "./expect.mjs";
import { URL_ROOT } from "./settings.mjs";

const NOW = new Date().toISOString();

const pingTo = (payload) => ({ name: payload, address: payload, method: payload, status: payload, sent: 1, received: 0, loss_percent: 100, error: payload });

/** `metrics` of a report with every field that the tabs show. */
export const metricsOf = (payloads) => ({
  power: { battery_installed: true, percent: 5, health_percent: 5, capacity_unit: payloads[0], max_capacity: 1, condition: payloads[0] },
  thermal: { fans: payloads.map((label) => ({ label, rpm: 1 })), pressure: payloads[0] },
  ping: { window_s: 1, gateway: pingTo(payloads[0]), targets: payloads.map(pingTo) },
  wifi: { interface: payloads[0], is_connected: true, ssid: payloads[0], bssid: payloads[0], signal_dbm: -90, band: payloads[0], phy_mode: payloads[0], security: payloads[0], quality: payloads[0], roams: 1, last_roam: { at: payloads[0] } },
  dns: { method: payloads[0], resolvers: payloads.map((payload) => ({ address: payload, asked: 1, answered: 0, error: payload })) },
  checks: payloads.map((payload) => ({ name: payload, target: payload, kind: payload, is_up: false, error: payload })),
  vpn: { connected: true, vpn_client: payloads[0], tunnels: payloads.map((payload) => ({ name: payload, kind: payload, addresses: [payload], has_default_route: false, routes: 1 })), services: payloads.map((payload) => ({ name: payload, status: payload })) },
  speedtest: { last: { at: payloads[0], server: payloads[0], is_slow: true }, recent: payloads.map((payload) => ({ at: payload, server: payload, is_slow: false })), is_slow_alarm: true },
  diagnosis: { trouble: payloads[0], severity: payloads[0], summary: payloads[0], evidence: payloads, since: payloads[0] },
  agent: { cpu_percent: 1, slowed: payloads.map((name) => ({ name, took_ms: 1, interval_s: 1 })) },
});

export const policyOf = (payloads) => ({ rev: payloads[0], monitor_only: true, allows: payloads, operators: 1, signatures: 1, problem: payloads[0] });

const sections = (payloads) => ({
  disk_health: { disks: payloads.map((payload) => ({ name: payload, kind: payload, model: payload, serial: payload, unavailable: payload, detail: payload })) },
  services: { manager: payloads[0], failed: payloads.map((payload) => ({ name: payload, status: payload, since: payload })), services: payloads.map((payload) => ({ name: `${payload} `, state: payload })) },
  posture: { security_score: 1, disk_encrypted: false, disk_encryption: payloads[0], firewall_enabled: false, firewall: payloads[0], xprotect_version: payloads[0], unavailable: { sip_enabled: payloads[0] } },
  updates: { source: payloads[0], pending: 1, checked_at: payloads[0], updates: payloads.map((payload) => ({ name: payload, version: payload })) },
  software: { total: 1, programs: payloads.map((payload) => ({ name: payload, version: payload, source: payload, path: payload })) },
  crashes: { crashes: payloads.map((payload) => ({ at: payload, program: payload, version: payload, signal: payload })) },
  peripherals: { usb: payloads.map((payload) => ({ name: payload, vendor: payload, serial: payload })), displays: payloads.map((payload) => ({ name: payload, connector: payload })), bluetooth: payloads.map((payload) => ({ name: payload, kind: payload })) },
});

const item = (payload) => ({ item: payload, before: payload, after: payload });
const changes = (payloads) => ({ machine_id: payloads[0], changes: payloads.map((payload) => ({ at: payload, section: payload, added: [item(payload)], removed: [item(payload)], changed: [item(payload)], more: 1 })) });

const command = (payload, at) => ({
  command_id: `c${at}`, batch_id: "b", machine_id: payload, action: payload, args: { [payload]: payload, argv: [payload] }, class: "safe", state: ["failed", "started", payload][at % 3], by: payload, reason: payload,
  created_at: payload, not_after: payload, deliveries: 1, message: payload, code: payload, output_bytes: 1, is_cut: true, signed_by: [payload],
});
const batch = (payloads) => ({ batch_id: "b", action: payloads[0], args: { x: payloads }, class: "safe", by: payloads[0], reason: payloads[0], created_at: NOW, not_before: NOW, not_after: NOW, states: { failed: payloads.length, started: 1 }, commands: payloads.map(command) });
const output = (payloads) => ({ offset: 0, next_offset: 0, is_complete: true, bytes: Buffer.from(payloads.join("\n")).toString("base64") });

const group = (name) => ({ name, machines: 2, troubled: 1, latency_ms_median: 1, latency_ms_worst: 1, loss_percent_median: 1, loss_percent_worst: 1, signal_dbm_median: -1 });
const network = (payloads) => ({
  machines: 2, measured: 2, troubles: Object.fromEntries(payloads.map((payload) => [payload, 1])), by_ssid: payloads.map(group), by_gateway: payloads.map(group),
  worst: payloads.map((payload, at) => ({ machine_id: `${at} ${payload}`, name: payload, ssid: payload, gateway: payload, trouble: payload, severity: payload, summary: payload, evidence: [payload], since: payload })),
  speed_tests: payloads.map((payload) => ({ machine_id: payload, timestamp: payload, server: payload, download: 1, upload: 1, ping: 1, is_slow: true })),
});

async function expectOnlyText(page, where) {
  await page.waitForSelector("main >> text=<script>alert(1)</script>");
  const made = await page.$$eval("main :is(script, iframe, img, base, style)", (elements) => elements.length);
  expectThat(made === 0, `${made} elements came out of text in ${where}`);
}

export function hostilePartsChecks(payloads, machine) {
  return [
    ["hostile texts in every part of a machine are shown as text", async ({ page }) => {
      await page.route("**/api/fleet/machine/**", (route) => route.fulfill({ json: machine(payloads[0]) }));
      await page.route("**/series?**", (route) => route.fulfill({ json: { machine_id: "x", from: NOW, to: NOW, step_s: 30, tier: "raw", times: [], series: {}, gaps: [{ from: NOW, to: NOW, cause: payloads[0] }] } }));
      for (const [name, value] of Object.entries(sections(payloads))) {
        await page.route(`**/sections/${name}`, (route) => route.fulfill({ json: { machine_id: "x", name, taken_at: NOW, received_at: NOW, value } }));
      }
      await page.route("**/changes", (route) => route.fulfill({ json: changes(payloads) }));
      await page.route("**/api/v2/commands?**", (route) => route.fulfill({ json: { commands: payloads.map(command) } }));
      for (const tab of ["overview", "network", "hardware", "software", "security", "commands", "changes"]) {
        await page.goto(`${URL_ROOT}/machine/hostile?tab=${tab}`);
        await expectOnlyText(page, tab);
      }
      await page.unrouteAll({ behavior: "ignoreErrors" });
    }],
    ["hostile texts in the fleet's network and in what commands bring back are shown as text", async ({ page }) => {
      await page.route("**/api/v2/network", (route) => route.fulfill({ json: network(payloads) }));
      await page.route("**/api/v2/commands?**", (route) => route.fulfill({ json: { commands: payloads.map(command) } }));
      await page.route("**/api/v2/batches/*", (route) => route.fulfill({ json: batch(payloads) }));
      await page.route("**/output?**", (route) => route.fulfill({ json: output(payloads) }));
      await page.route("**/api/v2/scripts", (route) => route.fulfill({ json: { scripts: payloads.map((payload, at) => ({ script_id: `${at}${payload}`, version: 1, sha256: payload, bytes: 1, description: payload, by: payload, created_at: payload })) } }));
      for (const path of ["/network", "/commands", "/commands/b?open=c0", "/commands/scripts"]) {
        await page.goto(URL_ROOT + path);
        await expectOnlyText(page, path);
      }
      await page.unrouteAll({ behavior: "ignoreErrors" });
    }],
  ];
}
