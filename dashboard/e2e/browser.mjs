// Debian's Chromium, and a page that remembers everything that went wrong in it.
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

export const DESK = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

/** `troubles` gathers console errors, script errors, policy violations and dialogs. */
export async function openPage(browser, { viewport = DESK, colorScheme = "light" } = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport, colorScheme });
  const page = await context.newPage();
  const troubles = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !isExpected(message)) troubles.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => troubles.push(`script: ${error.message}`));
  page.on("dialog", (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.exposeFunction("tellViolation", (text) => troubles.push(`policy: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      void window.tellViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  return { context, page, troubles };
}

// Chromium itself writes every refused or broken request to the console: a 401
// before signing in, a 403 where a password is asked for once more, a 404 for a machine
// nobody knows, a 4xx for what a check gets wrong on purpose, and broken lines while a
// check has the server stopped.
function isExpected(message) {
  const aboutTheApi = message.location().url.includes("/api/");
  return aboutTheApi && /status of (40[01345]|422|50[23])|net::ERR_/.test(message.text());
}
