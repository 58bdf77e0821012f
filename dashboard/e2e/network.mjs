// The fleet's network page, against the real server.
import { DESK, PHONE } from "./browser.mjs";
import { expectAccessible, expectNoSideways, picture } from "./looks.mjs";
import { URL_ROOT } from "./settings.mjs";

export const networkChecks = [
  ["the fleet's network has one verdict first", async ({ page }) => {
    await page.goto(URL_ROOT);
    await page.click("nav[aria-label=Pages] >> text=Network");
    await page.waitForSelector("[data-testid=network-verdict]");
    await expectAccessible(page);
    await picture(page, "network");
  }],
  ["and fits a phone, like a command that is composed", async ({ page }) => {
    await page.setViewportSize(PHONE);
    await expectNoSideways(page);
    await page.goto(`${URL_ROOT}/commands/new`);
    await page.waitForSelector("input[name=action]");
    await expectNoSideways(page);
    await expectAccessible(page);
    await page.setViewportSize(DESK);
  }],
];
