import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { DESK, PHONE } from "./browser.mjs";
import { eventually, expectThat } from "./expect.mjs";
import { ROW } from "./fleet.mjs";
import { SCREENSHOTS, URL_ROOT } from "./settings.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function expectAccessible(page) {
  await page.evaluate(AXE);
  const findings = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
  });
  expectThat(findings.length === 0, `axe found\n      ${findings.join("\n      ")}`);
}

export async function picture(page, name) {
  if (SCREENSHOTS) await page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
}

async function chooseTheme(page, theme) {
  await page.click("button[aria-controls=user-menu]");
  await page.click(`#user-menu label:has-text("${theme}")`);
  await eventually(async () => (await page.getAttribute("html", "data-theme")) === theme, "the theme didn't change");
  await expectAccessible(page);
  await page.keyboard.press("Escape");
}

export async function expectNoSideways(page) {
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expectThat(beyond <= 0, `${beyond} px too wide`);
}

export const looksChecks = [
  ...["dark", "light"].flatMap((theme) => [
    [`a machine's page, ${theme}: chosen in the menu, and axe finds nothing`, async ({ page }) => {
      await chooseTheme(page, theme);
      await expectAccessible(page);
      await picture(page, `machine-${theme}`);
    }],
    [`the fleet, ${theme}: axe finds nothing`, async ({ page }) => {
      await page.click("header a[aria-label*=fleet]");
      await page.waitForSelector(ROW);
      await expectAccessible(page);
      await picture(page, `fleet-${theme}`);
      await page.goBack();
      await page.waitForSelector("[data-testid=presence]");
    }],
  ]),
  ["the choice outlives a reload", async ({ page }) => {
    await page.reload();
    await page.waitForSelector("[data-testid=presence]");
    expectThat((await page.getAttribute("html", "data-theme")) === "light", "the theme is another");
  }],
  ["who asked for less motion gets none", async ({ page }) => {
    await page.emulateMedia({ reducedMotion: "reduce" });
    const moving = await page.$$eval("*", (elements) => elements.filter((element) => {
      const { transitionDuration, animationDuration } = getComputedStyle(element);
      return [transitionDuration, animationDuration].join().split(",").some((length) => parseFloat(length) > 0.01);
    }).map((element) => element.outerHTML.slice(0, 80)));
    await page.emulateMedia({ reducedMotion: null });
    expectThat(moving.length === 0, `these move: ${moving.slice(0, 3).join(" | ")}`);
  }],
  ["a machine's page fits a phone", async ({ page }) => {
    await page.setViewportSize(PHONE);
    await page.waitForSelector("[data-testid=presence]");
    await eventually(async () => (await page.locator(".uplot").first().boundingBox())?.width < PHONE.width, "the charts stay wide");
    await expectNoSideways(page);
    await expectAccessible(page);
    await picture(page, "machine-phone");
  }],
  ["the fleet fits a phone, two lines a row", async ({ page }) => {
    await page.goto(URL_ROOT);
    await page.waitForSelector(ROW);
    await expectNoSideways(page);
    const { height } = await page.locator(ROW).first().boundingBox();
    expectThat(height > 50, `a row is ${height} px high`);
    await expectAccessible(page);
    await picture(page, "fleet-phone");
    await page.setViewportSize(DESK);
  }],
];
