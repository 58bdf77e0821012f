import { expect, test } from "vitest";
import type { MachineView } from "../api/wire";
import { diskTrouble, readDiskHealth } from "./hardware/diskHealth";
import { readPeripherals } from "./hardware/peripherals";
import { readPower } from "./hardware/power";
import { readThermal } from "./hardware/thermal";
import { readNetwork } from "./network/networkReport";
import { readPolicy } from "./policy";
import { readReport, whyMissing } from "./report";
import { readPosture } from "./security/posture";
import { readCrashes } from "./software/crashes";
import { programsWith, readInventory } from "./software/inventory";
import { readServices } from "./software/services";
import { readUpdates } from "./software/updates";
import { tabAddress, tabIn } from "./tabs";

const machine = (latest_metrics: unknown, info: unknown = {}) => ({ latest_metrics, info } as MachineView);

const NONSENSE = [null, 7, "x", [], [[]], { disks: "x", failed: [null, 3], services: {}, guards: 1, programs: [7], crashes: { at: 1 }, usb: "x", updates: [[]] }];

test("whatever an agent sends, every part can be read", () => {
  for (const value of NONSENSE) {
    for (const read of [readDiskHealth, readPeripherals, readPosture, readCrashes, readInventory, readServices, readUpdates]) expect(read(value)).toBeDefined();
    const whole = machine({ power: value, thermal: value, ping: value, wifi: value, dns: value, checks: value, vpn: value, voice: value, speedtest: value, diagnosis: value, agent: value, unavailable: value }, { policy: value });
    expect(readNetwork(whole).checks.every((each) => typeof each.name === "string")).toBe(true);
    for (const read of [readPower, readThermal, readPolicy, readReport]) expect(read(whole)).toBeDefined();
  }
});

test("a disk that fails is told from one that wears, and from one that doesn't say", () => {
  const trouble = (disk: object) => readDiskHealth({ disks: [{ name: "sda", ...disk }] }).map(diskTrouble)[0];
  expect(trouble({ smart_status: "failed", health_percent: 90 })?.tone).toBe("red");
  expect(trouble({ critical_warning: 4 })?.tone).toBe("red");
  expect(trouble({ smart_status: "passed", pending_sectors: 8 })).toEqual({ tone: "amber", words: "8 sectors may be bad" });
  expect(trouble({ health_percent: 9 })?.tone).toBe("amber");
  expect(trouble({ smart_status: "passed", health_percent: 97, pending_sectors: 0 })).toBeNull();
  expect(readDiskHealth({ disks: [{ name: "sda", unavailable: "tool_missing", detail: "smartctl" }] })[0]?.why).toBe("a tool it needs is missing (smartctl)");
});

test("protection that is off comes first, and what this system doesn't have is left out", () => {
  const posture = readPosture({ security_score: 40, disk_encrypted: true, firewall_enabled: false, unavailable: { sip_enabled: "unsupported", screen_lock_enabled: "no_permission" } });
  expect(posture.guards.map(({ label, isOn }) => [label, isOn])).toEqual([["Firewall", false], ["Disk encrypted", true], ["Idle screen asks for the password", null]]);
});

test("the gateway stands above the targets, and the newest speed test above the others", () => {
  const network = readNetwork(machine({ ping: { gateway: { address: "10.0.0.1" }, targets: [{ name: "out", address: "8.8.8.8" }] }, speedtest: { last: { at: "3" }, recent: [{ at: "1" }, { at: "2" }] } }));
  expect(network.pings.map((each) => each.name)).toEqual(["gateway", "out"]);
  expect(network.speedTests.map((each) => each.at)).toEqual(["3", "2", "1"]);
});

test("a machine without a battery has none, and one that doesn't say is unknown", () => {
  expect(readPower(machine({ power: { battery_installed: false, ac_connected: true } }))).toMatchObject({ hasBattery: false, ac_connected: true });
  expect(readPower(machine({ battery: { percent: 50, plugged: false } }))).toMatchObject({ hasBattery: true, percent: 50, health_percent: null });
  expect(readPower(machine({}))).toBeNull();
});

test("a missing value names its reason, with what the tool said", () => {
  const report = readReport(machine({ unavailable: { wifi: "tool_missing", ping: "__proto__" }, unavailable_detail: { wifi: "iw" } }));
  expect(whyMissing(report, "wifi")).toBe("Unknown: a tool it needs is missing (iw)");
  expect(whyMissing(report, "toString", "ping")).toBe("Unknown: __proto__");
  expect(whyMissing(report, "dns")).toBe("Not in its reports");
});

test("programs are found by all words that are typed", () => {
  const { programs } = readInventory({ programs: [{ name: "libssl3", version: "3.0.1" }, { name: "openssl", version: "3.0.1" }] });
  expect(programsWith(programs, " SSL 3.0 open").map((each) => each.name)).toEqual(["openssl"]);
  expect(programsWith(programs, "").length).toBe(2);
});

test("the tab is in the address, beside the range of the charts", () => {
  expect(tabIn("?tab=network&range=7d")).toBe("network");
  expect(tabIn("?tab=constructor")).toBe("overview");
  expect(tabAddress("/machine/a", "?range=7d", "software")).toBe("/machine/a?range=7d&tab=software");
  expect(tabAddress("/machine/a", "?tab=network", "overview")).toBe("/machine/a");
});
