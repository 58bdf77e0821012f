// The settings, against the real server: what can be seen, made, changed and taken away.
import { DESK, openPage, PHONE } from "./browser.mjs";
import { eventually, expectEqual, expectThat } from "./expect.mjs";
import { ROW } from "./fleet.mjs";
import { expectAccessible, expectNoSideways, picture } from "./looks.mjs";
import { totp, withProof } from "./proof.mjs";
import { URL_ROOT } from "./settings.mjs";

const SECTIONS = [["account", "My account"], ["users", "Users"], ["keys", "API keys"], ["enrolment", "Enrolment"], ["audit", "Audit log"], ["certificate", "Certificate"]];
const FIRST_PASSWORD = "first words of a stranger";
const OWN_PASSWORD = "seven quiet owls at noon";

const open = (page, section) => page.goto(`${URL_ROOT}/settings/${section}`);
const rowOf = (page, text) => page.locator("tbody tr", { hasText: text });
const gone = (page, selector) => async () => (await page.$(selector)) === null;

async function signInAs(page, name, password) {
  await page.goto(`${URL_ROOT}/login`);
  await page.fill("input[name=username]", name);
  await page.fill("input[name=password]", password);
  await page.click("button[type=submit]");
}

/** Somebody else, in a browser of their own, for as long as `act` takes. */
async function asAnother({ browser }, act) {
  const other = await openPage(browser);
  other.page.setDefaultTimeout(10_000);
  try {
    await act(other.page);
  } finally {
    await other.context.close();
  }
}

async function addUser(page, name, role) {
  await open(page, "users");
  await page.click("button:has-text('Add a user')");
  await page.fill("input[name=new-username]", name);
  await page.selectOption("dialog select[name=role]", role);
  await page.fill("input[name=first-password]", FIRST_PASSWORD);
  await page.click("dialog button:has-text('Add the user')");
  await withProof(page, async () => (await rowOf(page, name).count()) === 1, `${name} isn't listed`);
}

async function takeOverAccount(page, name) {
  await signInAs(page, name, FIRST_PASSWORD);
  await eventually(async () => (await page.$("h1:has-text('Choose a password')")) ?? (await page.$(ROW)), "neither the fleet nor a new password");
  if (await page.$(ROW)) return FIRST_PASSWORD;
  await page.fill("input[name=current-password]", FIRST_PASSWORD);
  await page.fill("input[name=new-password]", OWN_PASSWORD);
  await page.click("button:has-text('Change the password')");
  await page.waitForSelector(ROW);
  return OWN_PASSWORD;
}

async function removeUser(page, name) {
  await open(page, "users");
  await page.click(`button[aria-label='Change ${name}']`);
  await page.click("dialog button:has-text('Remove…')");
  const last = page.locator("dialog button", { hasText: `Remove ${name}` });
  expectThat(await last.isDisabled(), "it can be removed without typing the name");
  await page.fill("dialog input", name);
  await last.click();
  await withProof(page, async () => (await rowOf(page, name).count()) === 0, "it stays listed");
}

export const settingsChecks = [
  ["each part of the settings has an address, and axe finds nothing in it", async ({ page }) => {
    await page.goto(URL_ROOT);
    await page.click("nav >> text=Settings");
    await page.click("nav[aria-label=Settings] >> text=Users");
    for (const [section, title] of SECTIONS) {
      await page.click(`nav[aria-label=Settings] >> text=${title}`);
      await page.waitForSelector(`h1:has-text('${title}')`);
      await eventually(gone(page, "[data-testid=loading]"), "it stays empty");
      expectThat(page.url().endsWith(`/settings/${section}`), `the address is ${page.url()}`);
      await expectAccessible(page);
      await picture(page, `settings-${section}`);
    }
  }],
  ["and fits a phone", async ({ page }) => {
    await page.setViewportSize(PHONE);
    for (const [section, title] of SECTIONS) {
      await open(page, section);
      await page.waitForSelector(`h1:has-text('${title}')`);
      await expectNoSideways(page);
      await picture(page, `settings-${section}-phone`);
    }
    await page.setViewportSize(DESK);
  }],
  ["an enrolment token is made and its line shown once", async ({ page }) => {
    await open(page, "enrolment");
    await page.click("button:has-text('Make a token')");
    await page.fill("dialog input[type=number]", "50");
    await page.click("dialog button:has-text('Make the token')");
    await withProof(page, () => page.$("[data-testid=new-token]"), "there is no line");
    expectThat((await page.textContent("[data-testid=new-token]")).includes("atlas agent enroll"), "it is no line to paste");
    await page.click("dialog button:has-text('Done')");
    await eventually(gone(page, "dialog[open]"), "the dialog stays");
  }],
  ["a token that is listed can be revoked", async ({ page }) => {
    await open(page, "enrolment");
    const row = rowOf(page, "50 of 50");
    await row.first().waitFor();
    const before = await row.count();
    await row.first().locator("button").click();
    await withProof(page, async () => (await row.count()) === before - 1, "it stays listed");
  }],
  ["one's sessions are listed, this one marked, and another can be ended", async (opened) => {
    const { page } = opened;
    await asAnother(opened, async (other) => {
      await signInAs(other, process.env.ATLAS_USER ?? "admin", process.env.ATLAS_PASSWORD);
      await other.waitForSelector(ROW);
      await open(page, "account");
      await page.waitForSelector("text=this one");
      const rows = page.locator("table[aria-label=Sessions] tbody tr");
      const before = await rows.count();
      expectThat(before >= 2, `${before} sessions`);
      await page.locator("table[aria-label=Sessions] button:has-text('End')").first().click();
      await withProof(page, async () => (await rows.count()) < before, "it stays listed");
    });
  }],
  ["a wrong present password changes nothing, and is told", async ({ page }) => {
    await open(page, "account");
    await page.fill("input[name=current-password]", "certainly-wrong-password");
    await page.fill("input[name=new-password]", OWN_PASSWORD);
    await page.click("button:has-text('Change the password')");
    await withProof(page, async () => (await page.locator("form [role=alert]").first().textContent()) !== "", "no word of it");
  }],
  ["a viewer sees no button for what only others may do", async (opened) => {
    await addUser(opened.page, "e2e-viewer", "viewer");
    await asAnother(opened, async (page) => {
      await takeOverAccount(page, "e2e-viewer");
      await page.goto(URL_ROOT);
      await page.waitForSelector(ROW);
      expectThat((await page.$("button:has-text('Add a machine')")) === null, "a viewer may add machines");
      await open(page, "users");
      await page.waitForSelector("text=Your role may not see this");
      expectEqual(await page.locator("nav[aria-label=Settings] a").count(), 1, "parts of the settings");
    });
    await removeUser(opened.page, "e2e-viewer");
  }],
  ["a second factor is set up, asked for at sign-in, and reset by an administrator", async (opened) => {
    await addUser(opened.page, "e2e-operator", "operator");
    await asAnother(opened, async (page) => {
      const password = await takeOverAccount(page, "e2e-operator");
      const codes = await setUpSecondFactor(page, password);
      await page.click("button[aria-controls=user-menu]");
      await page.click("text=Sign out");
      await signInAs(page, "e2e-operator", password);
      await page.waitForSelector("input[name=code]");
      await expectAccessible(page);
      await page.fill("input[name=code]", codes[0]);
      await page.click("button[type=submit]");
      await page.waitForSelector(ROW);
    });
    await open(opened.page, "users");
    await opened.page.click("button[aria-label='Change e2e-operator']");
    await opened.page.click("dialog button:has-text('Reset the second factor')");
    await withProof(opened.page, async () => !(await rowOf(opened.page, "e2e-operator").textContent()).includes("second factor"), "it stays");
    await opened.page.keyboard.press("Escape");
    await removeUser(opened.page, "e2e-operator");
  }],
  ["an API key is shown once, works, and is refused after it was revoked", async ({ page }) => {
    await open(page, "keys");
    await page.click("button:has-text('Make a key')");
    await expectAccessible(page);
    await page.fill("dialog input", "e2e key");
    await page.click("dialog button:has-text('Make the key')");
    await withProof(page, () => page.$("[data-testid=new-key]"), "there is no key");
    const key = await page.textContent("[data-testid=new-key]");
    expectThat(key.startsWith("atk_"), "it is no key");
    await page.click("dialog button:has-text('I have kept it')");
    const asked = () => fetchWith(page, key);
    expectEqual(await asked(), 200, "the key's answer");
    await page.click("button[aria-label='Revoke e2e key']");
    await page.click("dialog button:has-text('Revoke e2e key')");
    await withProof(page, async () => (await rowOf(page, "e2e key").count()) === 0, "it stays listed");
    await eventually(async () => (await asked()) === 401, "it still works");
  }],
  ["what needs a fresh proof asks for the password, and is done once it was given", async ({ page }) => {
    // Somebody who has just signed in is not asked: here the server is said to want it.
    await page.route("**/api/v2/keys", (route) => route.request().method() === "POST"
      ? route.fulfill({ status: 403, json: { error: { code: "reauthentication_required", message: "It needs your password.", request_id: "e2e" } } })
      : route.fallback(), { times: 2 });
    await open(page, "keys");
    await page.click("button:has-text('Make a key')");
    await page.fill("dialog input", "e2e proof");
    await page.click("dialog button:has-text('Make the key')");
    await page.waitForSelector("[data-testid=proof]");
    await expectAccessible(page);
    await picture(page, "proof");
    await page.fill("[data-testid=proof] input[type=password]", "certainly-wrong-password");
    await page.click("[data-testid=proof] button[type=submit]");
    await page.waitForSelector("[data-testid=proof] >> text=The password is wrong");
    await withProof(page, () => page.$("[data-testid=new-key]"), "the key was not made");
    await page.click("dialog button:has-text('I have kept it')");
    await page.click("button[aria-label='Revoke e2e proof']");
    await page.click("dialog button:has-text('Revoke e2e proof')");
    await withProof(page, async () => (await rowOf(page, "e2e proof").count()) === 0, "it stays listed");
    await page.unrouteAll({ behavior: "ignoreErrors" });
  }],
  ["agents are found by their machine's name", async ({ page }) => {
    await open(page, "enrolment");
    await page.fill("input[placeholder='machine, or id']", "no-such-agent");
    await page.waitForSelector("text=No agent is called that");
    await page.fill("input[placeholder='machine, or id']", "");
    await page.waitForSelector("text=/1 agent may report/");
    await page.waitForSelector("text=Generation");
  }],
  ["the audit log shows who signed in, filters, and names the head of its chain", async ({ page }) => {
    await open(page, "audit");
    await page.waitForSelector("[data-testid=audit-head]");
    await page.waitForSelector("[data-testid=audit-whole]");
    await page.fill("input[placeholder=anybody]", "admin");
    await eventually(async () => page.url().includes("actor=admin"), "the address doesn't say so");
    await page.waitForSelector("[role=row] >> text=admin");
    await page.fill("input[placeholder=anybody]", "nobody-at-all");
    await page.waitForSelector("text=Nothing like that is in the log");
  }],
  ["the certificate says how long it lasts, and can be renewed", async ({ page }) => {
    await open(page, "certificate");
    await page.waitForSelector("text=/days? left/");
    await page.click("button:has-text('Renew now')");
    await page.click("dialog button:has-text('Renew it now')");
    await withProof(page, gone(page, "dialog[open]"), "the dialog stays");
    await page.waitForSelector("text=/days? left/");
  }],
];

async function setUpSecondFactor(page, password) {
  await open(page, "account");
  await page.click("button:has-text('Set up a second factor')");
  await withProof(page, () => page.$("img[alt^='The code to scan']"), "there is no code to scan", password);
  expectThat(await page.$eval("img[alt^='The code to scan']", (image) => image.complete && image.naturalWidth > 0), "the picture is broken");
  await expectAccessible(page);
  const secret = await page.evaluate(() => [...document.querySelectorAll("li span")].map((span) => span.textContent).find((text) => /^[A-Z2-7 ]{26,}$/.test(text)));
  await page.fill("input[name=totp-code]", totp(secret));
  await page.click("button:has-text('Turn it on')");
  await withProof(page, () => page.$("[data-testid=recovery-codes] li"), "there are no recovery codes", password);
  const codes = await page.$$eval("[data-testid=recovery-codes] li", (items) => items.map((item) => item.textContent));
  expectEqual(codes.length, 10, "recovery codes");
  await page.click("button:has-text('I have kept them')");
  await page.waitForSelector("text=second factor on");
  return codes;
}

/** The status that the key gets, without the page's cookie. */
async function fetchWith(page, key) {
  return page.evaluate(async (bearer) => (await fetch("/api/fleet/machines?limit=1", { credentials: "omit", headers: { Authorization: `Bearer ${bearer}` } })).status, key);
}
