import { writeFileSync } from "node:fs";
import { eventually, expectThat } from "./expect.mjs";
import { ROW } from "./fleet.mjs";
import { expectAccessible, picture } from "./looks.mjs";
import { REPORT_FILE } from "./settings.mjs";
import { signIn } from "./signIn.mjs";

export const emptyChecks = [
  ["an empty fleet teaches how to add the first machine", async ({ page }) => {
    await signIn(page);
    await page.waitForSelector("h1:has-text('Add your first machine')");
    await eventually(async () => (await page.textContent("[data-testid=enroll-line]"))?.includes("atlas agent enroll"), "there is no line");
    await page.waitForSelector("text=Waiting for its first report");
    await expectAccessible(page);
    await picture(page, "empty");
  }],
  ["and the page turns live by itself with the first report", async ({ page }) => {
    expectThat(REPORT_FILE !== undefined, "ATLAS_REPORT_FILE is not set");
    writeFileSync(REPORT_FILE, "report\n");
    await page.waitForSelector(ROW);
    expectThat((await page.$$(ROW)).length === 1, "it isn't one row");
  }],
];
