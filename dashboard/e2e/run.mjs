// Walks through the dashboard as people do, against a running server:
//   ATLAS_URL=https://localhost:8768 ATLAS_USER=admin ATLAS_PASSWORD=… node e2e/run.mjs [empty|provider]
// 'empty' is the walk through a server that has no machines yet, 'provider' through sign-in by an identity
// provider (ATLAS_OPERATOR_KEY: a public key to register). Optional:
// SCREENSHOTS=folder; ATLAS_STOP_FILE and ATLAS_START_FILE for the check that loses the
// server, ATLAS_REPORT_FILE for a first report; CHROMIUM=/path/to/chromium.
import { launch, openPage } from "./browser.mjs";
import { emptyChecks } from "./empty.mjs";
import { expectThat } from "./expect.mjs";
import { fleetChecks } from "./fleet.mjs";
import { hostileChecks } from "./hostile.mjs";
import { looksChecks } from "./looks.mjs";
import { lostServerChecks } from "./lostServer.mjs";
import { machineChecks } from "./machine.mjs";
import { machinePartsChecks } from "./machineParts.mjs";
import { networkChecks } from "./network.mjs";
import { commandChecks } from "./commands.mjs";
import { START_FILE, STOP_FILE, URL_ROOT } from "./settings.mjs";
import { providerChecks } from "./provider.mjs";
import { settingsChecks } from "./settingsPages.mjs";
import { signInChecks } from "./signIn.mjs";

const signOutChecks = [
  ["nothing went wrong behind the scenes: no script error, no dialog, no policy violation", async ({ troubles }) => {
    expectThat(troubles.length === 0, troubles.join("\n      "));
  }],
  ["signing out leaves nothing on the page", async ({ page }) => {
    await page.goto(URL_ROOT);
    await page.click("button[aria-controls=user-menu]");
    await page.click("text=Sign out");
    await page.waitForSelector("input[name=password]");
    expectThat((await page.$("[role=grid]")) === null, "the table is still there");
  }],
];

const [suite = "whole"] = process.argv.slice(2);
const loses = STOP_FILE !== undefined && START_FILE !== undefined;
/** @type {[sentence: string, check: (opened: object) => Promise<void>][]} */
const checks = suite === "provider" ? providerChecks : suite === "empty" ? [...emptyChecks, ...signOutChecks] : [
  ...signInChecks, ...fleetChecks, ...machineChecks, ...machinePartsChecks, ...looksChecks, ...networkChecks, ...commandChecks, ...settingsChecks, ...hostileChecks, ...(loses ? lostServerChecks : []), ...signOutChecks,
];

const browser = await launch();
const opened = { browser, ...(await openPage(browser)) };
opened.page.setDefaultTimeout(10_000);
let failed = 0;
for (const [sentence, check] of checks) {
  try {
    await check(opened);
    console.log(`ok ${sentence}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${sentence}\n      ${error.message}`);
  }
}
await browser.close();
console.log(`${checks.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
