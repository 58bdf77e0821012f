import { writeFileSync } from "node:fs";
import { eventually, expectThat } from "./expect.mjs";
import { ROW } from "./fleet.mjs";
import { SCREENSHOTS, START_FILE, STOP_FILE, URL_ROOT } from "./settings.mjs";

const NOTICED_MS_MAX = 20_000;
/** A stopped server takes a while to come back, and the page asks every few seconds. */
const BACK_MS_MAX = 90_000;
const BAR = "[data-testid=connection-lost]";

export const lostServerChecks = [
  ["a lost server is told across the top, with the age of what is shown, and numbers fade", async ({ page }) => {
    await page.goto(URL_ROOT);
    await page.waitForSelector(ROW);
    await eventually(async () => (await page.textContent("[data-testid=connection]")) === "live", "it isn't live to begin with");
    writeFileSync(STOP_FILE, "stop\n");
    await page.waitForSelector(BAR, { timeout: NOTICED_MS_MAX });
    await eventually(async () => /\d+\s(s|min) old/.test(await page.textContent(BAR)), "it doesn't say how old");
    await eventually(async () => Number(await page.$eval(".live", (element) => getComputedStyle(element).opacity)) < 0.6, "the numbers look live");
    expectThat((await page.textContent("[data-testid=connection]")) !== "live", "it still says live");
    if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/lost.png` });
  }],
  ["when the server is back the page is live again by itself", async ({ page }) => {
    writeFileSync(START_FILE, "start\n");
    await eventually(async () => (await page.textContent("[data-testid=connection]")) === "live", "it stays lost", BACK_MS_MAX);
    await eventually(async () => (await page.$(BAR)) === null, "the bar stays");
    await page.waitForSelector(ROW);
  }],
];
