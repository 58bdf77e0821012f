import { eventually, expectEqual, expectThat } from "./expect.mjs";
import { URL_ROOT } from "./settings.mjs";

export const ROW = "[role=row][aria-selected]";

async function rowCount(page) {
  return Number(await page.getAttribute("[role=grid]", "aria-rowcount")) - 1;
}

async function firstNames(page) {
  return page.$$eval(`${ROW} a`, (links) => links.map((link) => [link.closest("[role=row]").ariaRowIndex, link.textContent]));
}

async function totalOnTiles(page) {
  const words = ["is:online", "is:warning", "is:offline", "is:asleep"];
  const counts = await Promise.all(words.map((word) => page.textContent(`[data-testid="tile-${word}"] strong`)));
  return counts.reduce((sum, each) => sum + Number(each.replaceAll(",", "")), 0);
}

async function removeTag(page, tag) {
  await page.evaluate(async (gone) => {
    const { machines } = await (await fetch("/api/fleet/machines")).json();
    for (const { machine_id, tags } of machines) {
      if (!tags.includes(gone)) continue;
      const body = JSON.stringify({ tags: tags.filter((each) => each !== gone) });
      await fetch(`/api/v2/machines/${encodeURIComponent(machine_id)}/tags`, { method: "PUT", headers: { "Content-Type": "application/json" }, body });
    }
  }, tag);
}

export const fleetChecks = [
  ["the fleet is live, and the table has as many machines as the tiles count", async ({ page }) => {
    await page.goto(URL_ROOT);
    await page.waitForSelector(ROW);
    await eventually(async () => (await page.textContent("[data-testid=connection]")) === "live", "it isn't live");
    await eventually(async () => (await rowCount(page)) === (await totalOnTiles(page)), "the counts differ");
  }],
  ["only rows on screen exist", async ({ page }) => {
    expectThat((await page.$$(ROW)).length < 80, "there are too many");
  }],
  ["typing filters, and the address says so", async ({ page }) => {
    const [[, name]] = await firstNames(page);
    const word = name.replaceAll('"', "");
    await page.keyboard.press("/");
    await page.keyboard.type(`name:"${word}"`);
    await eventually(async () => (await firstNames(page)).every(([, each]) => each.includes(word)), "rows without the word remain");
    expectThat(new URL(page.url()).searchParams.get("q")?.includes(word), `the address is ${page.url()}`);
  }],
  ["the address alone brings the filter back", async ({ page }) => {
    const before = await rowCount(page);
    await page.reload();
    await page.waitForSelector(ROW);
    await eventually(async () => (await rowCount(page)) === before, "another number of rows");
  }],
  ["a filter that means nothing is told", async ({ page }) => {
    await page.fill("input[aria-label=Filter]", "colour:red");
    await page.waitForSelector("#filter-complaint");
    await page.click("button[aria-label='Clear the filter']");
  }],
  ["a tile filters the table, and a second click shows all", async ({ page }) => {
    await page.click('[data-testid="tile-is:online"]');
    const online = Number((await page.textContent('[data-testid="tile-is:online"] strong')).replaceAll(",", ""));
    await eventually(async () => Math.abs((await rowCount(page)) - online) <= online * 0.05, "not as many rows as the tile says");
    await page.click('[data-testid="tile-is:online"]');
    await eventually(async () => (await rowCount(page)) === (await totalOnTiles(page)), "the rest didn't come back");
  }],
  ["a column's head sorts, and turns round on the second click", async ({ page }) => {
    await page.click("[data-column=name] button");
    await eventually(async () => (await page.getAttribute("[data-column=name]", "aria-sort")) === "ascending", "not ascending");
    const up = await firstNames(page);
    await page.click("[data-column=name] button");
    await eventually(async () => (await page.getAttribute("[data-column=name]", "aria-sort")) === "descending", "not descending");
    if ((await rowCount(page)) > 1) await eventually(async () => (await firstNames(page))[0]?.[1] !== up[0][1], "the same row stands on top");
    await page.goto(URL_ROOT);
    await page.waitForSelector(ROW);
  }],
  ["⌘K finds a machine by a few letters", async ({ page }) => {
    const [[, name]] = await firstNames(page);
    await page.keyboard.press("Control+k");
    await page.fill("dialog [role=combobox]", name.slice(0, 6).replaceAll('"', ""));
    await page.waitForSelector("dialog [role=option]");
    await page.keyboard.press("Escape");
    await eventually(async () => (await page.$("dialog[open]")) === null, "it stays open");
  }],
  ["? shows the keyboard map", async ({ page }) => {
    await page.keyboard.press("?");
    await page.waitForSelector("dialog[open] kbd");
    await page.keyboard.press("Escape");
    await eventually(async () => (await page.$("dialog[open]")) === null, "it stays open");
  }],
  ["an administrator gets a line to paste for the next machine", async ({ page }) => {
    await page.click("text=Add a machine");
    await eventually(async () => (await page.textContent("[data-testid=enroll-line]"))?.includes("atlas agent enroll"), "there is no line");
    await page.keyboard.press("Escape");
    await eventually(async () => (await page.$("dialog[open]")) === null, "it stays open");
  }],
  ["x selects machines, and all of them get a tag at once", async ({ page }) => {
    await page.goto(`${URL_ROOT}/?q=is:online`);
    await page.waitForSelector(ROW);
    const both = (await rowCount(page)) > 1;
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    if (both) for (const key of ["j", "x"]) await page.keyboard.press(key);
    await eventually(async () => (await page.locator("[role=row][aria-selected=true]").count()) === (both ? 2 : 1), "they are not marked");
    await page.fill("[data-testid=selection] input", "e2e-many");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[data-testid=selection] >> text=tagged");
    await page.waitForSelector("[role=row] button:has-text('e2e-many')");
    await page.click("[data-testid=selection] >> text=Clear");
    await eventually(async () => (await page.$("[data-testid=selection]")) === null, "the selection stays");
    await removeTag(page, "e2e-many");
  }],
  ["j and Enter open a machine without a mouse", async ({ page }) => {
    // An online one: what comes next looks at its charts.
    await page.goto(`${URL_ROOT}/?q=is:online`);
    await page.waitForSelector(ROW);
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    const id = await page.getAttribute("[role=row][data-current=true]", "id");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/machine\//);
    expectEqual(decodeURIComponent(new URL(page.url()).pathname), `/machine/${id.slice("row-".length)}`, "the address");
  }],
];
