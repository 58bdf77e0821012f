import { eventually, expectThat } from "./expect.mjs";
import { PASSWORD, URL_ROOT, USER } from "./settings.mjs";

const FIRST_ROW_MS_MAX = 1000;

export async function fillIn(page, password) {
  await page.fill("input[name=username]", USER);
  await page.fill("input[name=password]", password);
  await page.click("button[type=submit]");
}

export async function signIn(page, path = "/") {
  await page.goto(URL_ROOT + path);
  await page.waitForSelector("input[name=username]");
  await fillIn(page, PASSWORD);
}

export const signInChecks = [
  ["without a session every page asks to sign in, and remembers where you were going", async ({ page }) => {
    await page.goto(`${URL_ROOT}/?sort=name`);
    await page.waitForSelector("input[name=username]");
    expectThat(page.url().includes("/login?next="), `the address is ${page.url()}`);
  }],
  ["a wrong password is refused in words", async ({ page }) => {
    await fillIn(page, "certainly-wrong-password");
    await eventually(async () => (await page.textContent("[role=alert]"))?.includes("wrong"), "no word of it");
  }],
  ["the right password leads to where you were going, and the first row is there within a second", async ({ page }) => {
    await page.fill("input[name=password]", PASSWORD);
    // From the server's yes to the first row: the password check itself is slow on purpose.
    const answer = page.waitForResponse((response) => response.url().endsWith("/api/auth/login"));
    await page.click("button[type=submit]");
    await answer;
    const from = Date.now();
    await page.waitForSelector("[role=row][aria-selected]");
    const took = Date.now() - from;
    console.log(`   first row after ${took} ms`);
    expectThat(took < FIRST_ROW_MS_MAX, `it took ${took} ms`);
    expectThat(page.url().includes("sort=name"), `the address is ${page.url()}`);
  }],
];
