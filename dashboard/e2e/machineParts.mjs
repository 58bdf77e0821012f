// The parts of a machine's page, against the real server and the real agent of this machine.
import { eventually, expectThat } from "./expect.mjs";
import { expectAccessible, picture } from "./looks.mjs";
import { ownMachine } from "./ownMachine.mjs";
import { URL_ROOT } from "./settings.mjs";

const TABS = ["Network", "Hardware", "Software", "Security", "Commands", "Changes", "Overview"];
const NAV = "nav[aria-label='Parts of this machine']";

export const machinePartsChecks = [
  ["each part of a machine has an address, and axe finds nothing in it", async ({ page }) => {
    await page.goto(`${URL_ROOT}/machine/${encodeURIComponent(await ownMachine(page))}`);
    for (const tab of TABS) {
      await page.click(`${NAV} >> text=${tab}`);
      await page.waitForSelector(`${NAV} a[aria-current=page]:has-text('${tab}')`);
      const wanted = tab === "Overview" ? null : tab.toLowerCase();
      expectThat(new URL(page.url()).searchParams.get("tab") === wanted, `the address is ${page.url()}`);
      await page.waitForSelector("main h2");
      await expectAccessible(page);
      await picture(page, `machine-${tab.toLowerCase()}`);
    }
  }],
  ["a reload comes back to the same part, and the range of the charts goes along", async ({ page }) => {
    await page.click("text=24 hours");
    await page.click(`${NAV} >> text=Hardware`);
    await page.reload();
    await page.waitForSelector(`${NAV} a[aria-current=page]:has-text('Hardware')`);
    await page.waitForSelector("button[aria-pressed=true]:has-text('24 hours')");
    await page.click(`${NAV} >> text=Overview`);
    await page.click("text=1 hour");
  }],
  ["a part that this machine can't fill says why", async ({ page }) => {
    await page.click(`${NAV} >> text=Network`);
    // A test's machine is in no wireless network.
    const wifi = page.locator("section", { has: page.locator("h2", { hasText: /^Wi-Fi$/ }) });
    await eventually(async () => /Unknown: |Not in|Network/.test(await wifi.textContent()), "it says nothing");
    await page.click(`${NAV} >> text=Overview`);
    await page.waitForSelector("[data-testid=chart-cpu_percent] canvas");
  }],
  ["the machine is asked for a report, and the page says how it hears of it", async ({ page }) => {
    await page.click("text=Report now");
    await eventually(async () => /asked|next report/.test(await page.textContent("header [role=status]")), "no word of it");
  }],
];
