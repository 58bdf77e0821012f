// Commands in the dashboard, against the real server and the real agent of this machine: from
// the fleet to the result, and a dangerous one signed by a key of this very browser.
import { eventually, expectThat } from "./expect.mjs";
import { ROW } from "./fleet.mjs";
import { expectAccessible, picture } from "./looks.mjs";
import { ownMachine } from "./ownMachine.mjs";
import { withProof } from "./proof.mjs";
import { URL_ROOT } from "./settings.mjs";

const LAST = "[data-testid=confirm] button[type=submit]";

async function compose(page, action, fill) {
  await page.goto(`${URL_ROOT}/commands/new?machine=${encodeURIComponent(await ownMachine(page))}`);
  await page.waitForSelector("[data-testid=target-count]:has-text('1 machine')");
  await page.click(`input[name=action][value=${action}]`);
  await fill?.();
  await page.click("text=Show what will be sent");
  await page.waitForSelector("[data-testid=confirm]");
}

async function untilEnded(page, wanted) {
  await eventually(async () => wanted.test(await page.textContent("[data-testid=progress]")), `it says ${await page.textContent("[data-testid=progress]")}`, 30_000);
}

export const commandChecks = [
  ["machines that were picked in the fleet are whom a command is for", async ({ page }) => {
    await page.goto(`${URL_ROOT}/?q=is:online`);
    await page.waitForSelector(ROW);
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await page.keyboard.press("r");
    await page.waitForSelector("[data-testid=target-count]:has-text('1 machine')");
    await page.fill("input[name=filter]", "colour:red");
    await page.waitForSelector("[role=alert]:has-text('colour:')");
    await page.fill("input[name=filter]", "");
    await expectAccessible(page);
    await picture(page, "command-new");
  }],
  ["nothing is sent before its machines were shown, and the last button names what it does", async ({ page }) => {
    await compose(page, "collect_report");
    expectThat((await page.textContent(LAST)).includes("Ask for a report on 1 machine"), `it says ${await page.textContent(LAST)}`);
    await expectAccessible(page);
    await picture(page, "command-confirm");
  }],
  ["a command is carried out, and the page follows it to its end", async ({ page }) => {
    await page.click(LAST);
    await page.waitForURL(/\/commands\/[0-9a-f-]+/);
    await untilEnded(page, /1 done/);
    await expectAccessible(page);
    await picture(page, "command-done");
    await page.click("text=← Commands");
    await page.waitForSelector("table >> text=Report now");
    await expectAccessible(page);
  }],
  ["a script is kept, and shows its text before it is run", async ({ page }) => {
    await page.click("text=Scripts");
    await page.click("text=Keep a script");
    await page.fill("input[name=script-id]", "tidy-up");
    await page.fill("textarea[name=script-content]", "#!/bin/sh\necho '<b>done</b>'\n");
    await page.click("text=Keep this version");
    await withProof(page, async () => (await page.$("button[aria-label='Show tidy-up 1']")) !== null, "it isn't listed");
    await page.click("button[aria-label='Show tidy-up 1']");
    await page.waitForSelector("pre >> text=<b>done</b>");
    await expectAccessible(page);
    await picture(page, "command-scripts");
  }],
  ["a dangerous one asks why", async ({ page }) => {
    await page.goto(`${URL_ROOT}/commands/new?machine=${encodeURIComponent(await ownMachine(page))}`);
    await page.click("input[name=action][value=restart_service]");
    await page.fill("input[name=arg-name]", "no-such-service");
    await page.click("text=Show what will be sent");
    await page.waitForSelector("[role=alert]:has-text('Say why')");
  }],
  ["and is signed by a key that this browser made: the server takes it, the machine decides by its own policy", async ({ page }) => {
    await page.fill("input[name=reason]", "to see that it is refused");
    await page.click("text=Show what will be sent");
    await page.waitForSelector("[data-testid=sign]");
    expectThat(await page.locator(LAST).isDisabled(), "it can be sent without a signature");
    await page.click("text=Make a key here");
    await withProof(page, () => page.locator(LAST).isEnabled(), "there is no key to sign with");
    await expectAccessible(page);
    await page.click(LAST);
    await withProof(page, () => /\/commands\/[0-9a-f-]+$/.test(page.url()), "it was not sent");
    await untilEnded(page, /1 failed/);
    await page.waitForSelector("[data-testid=output] >> text=signed by an operator");
  }],
  ["what failed can be tried again, with all that was typed before", async ({ page }) => {
    await page.click("text=Try again on 1 machine…");
    await page.waitForSelector("input[name=action][value=restart_service]:checked");
    expectThat((await page.inputValue("input[name=arg-name]")) === "no-such-service", "the service is another");
    expectThat((await page.inputValue("input[name=reason]")) === "to see that it is refused", "the reason is gone");
  }],
  ["the machine's own page lists them, with what its policy allows", async ({ page }) => {
    await page.goto(`${URL_ROOT}/machine/${encodeURIComponent(await ownMachine(page))}?tab=commands`);
    await page.waitForSelector("table >> text=Restart a service");
    await page.waitForSelector("h2:has-text(\"The agent's own policy\")");
    await expectAccessible(page);
  }],
];
