// Sign-in by an identity provider, against the small one of the tests, which asks nobody.
import { eventually, expectEqual, expectThat } from "./expect.mjs";
import { expectAccessible, picture } from "./looks.mjs";
import { URL_ROOT } from "./settings.mjs";

const meOf = (page) => page.evaluate(async () => (await fetch("/api/auth/me")).json());

export const providerChecks = [
  ["the sign-in page leads to the identity provider, and from there to the fleet", async ({ page }) => {
    await page.goto(`${URL_ROOT}/`);
    await page.waitForSelector("[data-testid=provider]");
    await expectAccessible(page);
    await picture(page, "sign-in-provider");
    await page.click("text=Sign in with the tests");
    await page.waitForSelector("nav >> text=Settings");
    const me = await meOf(page);
    expectEqual(me.username, "ann", "who is signed in");
    expectEqual(me.signed_in_by, "oidc", "how");
  }],
  ["one's account has no password and no second factor of its own", async ({ page }) => {
    await page.goto(`${URL_ROOT}/settings/account`);
    await page.waitForSelector("text=The identity provider has your password");
    expectThat((await page.$("input[name=current-password]")) === null, "a password can be changed");
  }],
  ["what needs a fresh proof opens the provider in a window of its own, and goes on when that is done", async ({ page, context }) => {
    // Somebody who has just signed in is not asked: here the server is said to want it, once.
    await page.route("**/api/v2/me/operator-keys", (route) => route.request().method() === "POST"
      ? route.fulfill({ status: 403, json: { error: { code: "reauthentication_required", message: "It needs a proof.", request_id: "e2e" } } })
      : route.fallback(), { times: 1 });
    await page.click("button:has-text('Register a key')");
    await page.fill("input[name=operator-key-name]", "e2e laptop");
    await page.fill("input[name=operator-public-key]", process.env.ATLAS_OPERATOR_KEY);
    await page.click("dialog button:has-text('Register the key')");
    await page.waitForSelector("[data-testid=proof]");
    await expectAccessible(page);
    const opened = context.waitForEvent("page");
    await page.click("[data-testid=proof] button:has-text('Sign in again')");
    const other = await opened;
    await eventually(() => other.isClosed() || other.url().endsWith("/proved"), `the other window is at ${other.url()}`);
    await page.waitForSelector("tbody >> text=e2e laptop");
    await page.unrouteAll({ behavior: "ignoreErrors" });
  }],
  ["an operator key can be removed", async ({ page }) => {
    await page.click("button[aria-label='Remove e2e laptop']");
    await page.click("dialog button:has-text('Remove e2e laptop')");
    await page.waitForSelector("text=No keys.");
  }],
  ["a refusal is told on the sign-in page", async ({ page, context }) => {
    await context.clearCookies();
    await page.goto(`${URL_ROOT}/api/auth/oidc/callback?state=x&code=y`);
    await page.waitForSelector("[role=alert] >> text=began in another browser");
    expectThat(page.url().includes("refused=begin_again"), `the address is ${page.url()}`);
  }],
  ["nothing went wrong behind the scenes", async ({ troubles }) => {
    expectThat(troubles.length === 0, troubles.join("\n      "));
  }],
];
