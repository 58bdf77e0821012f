import { eventually, expectThat } from "./expect.mjs";

const CHART = "[data-testid=chart-cpu_percent]";

async function inkOn(page, selector) {
  return page.$eval(`${selector} canvas`, (canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let inked = 0;
    for (let at = 3; at < data.length; at += 4) if (data[at] > 0) inked += 1;
    return inked;
  });
}

export const machineChecks = [
  ["a machine's page says who it is, how it is, and what stands out", async ({ page }) => {
    await page.waitForSelector("h1");
    await page.waitForSelector("[data-testid=presence]");
    await page.waitForSelector("text=What stands out");
  }],
  ["the charts have drawn", async ({ page }) => {
    await page.waitForSelector(`${CHART} canvas`);
    await eventually(async () => (await inkOn(page, CHART)) > 200, "the canvas is blank");
  }],
  ["another range is another address, and the charts stay", async ({ page }) => {
    await page.click("text=24 hours");
    await eventually(async () => page.url().includes("range=24h"), "the address doesn't say so");
    await page.waitForSelector("button[aria-pressed=true]:has-text('24 hours')");
    await eventually(async () => (await inkOn(page, CHART)) > 200, "the canvas is blank");
  }],
  ["dragging zooms all charts, a double click goes back", async ({ page }) => {
    const box = await page.locator(`${CHART} .u-over`).boundingBox();
    await page.mouse.move(box.x + box.width * 0.3, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 40, { steps: 5 });
    await page.mouse.up();
    await eventually(async () => page.url().includes("from="), "the address has no span");
    await page.waitForSelector("text=Zoom out");
    await page.goBack();
    await eventually(async () => !page.url().includes("from="), "back doesn't zoom out");
    await page.goForward();
    await page.waitForSelector(`text=Zoom out`);
    // A span without reports has no charts to click on; the button does the same.
    const chart = page.locator(`${CHART} .u-over`);
    if (await chart.count()) await chart.dblclick({ position: { x: 60, y: 40 } });
    else await page.click("text=Zoom out");
    await eventually(async () => !page.url().includes("from="), "the span stays");
  }],
  ["a tag can be added and taken away", async ({ page }) => {
    await page.fill("input[aria-label='Add a tag']", "e2e-tag");
    await page.keyboard.press("Enter");
    await page.waitForSelector("a:has-text('e2e-tag')");
    await page.click("button[aria-label='Remove tag e2e-tag']");
    await eventually(async () => (await page.$("a:has-text('e2e-tag')")) === null, "it stays");
  }],
  ["forgetting asks first, and the red button names the machine", async ({ page }) => {
    const name = await page.textContent("h1");
    await page.click("text=Forget…");
    const last = await page.textContent("dialog button:has-text('Forget')");
    expectThat(last.includes(name), `it says ${last}`);
    await page.click("dialog >> text=Keep it");
  }],
  ["a machine that nobody knows is said to be unknown", async ({ page }) => {
    const here = page.url();
    await page.goto(`${new URL(here).origin}/machine/no-such-machine`);
    await page.waitForSelector("text=No such machine");
    await page.goto(here);
    await page.waitForSelector(`${CHART} canvas`);
  }],
];
