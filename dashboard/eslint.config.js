// The house rules for the page's code. Types are known to the rules, so a promise
// nobody waits for, or a switch that forgets a case, is an error.
import js from "@eslint/js";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "src/api/schema.d.ts"] },
  js.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}", "vite.config.ts"],
    extends: [tseslint.configs.strictTypeChecked, reactHooks.configs.flat["recommended-latest"]],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "no-console": "error",
      eqeqeq: "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      // Numbers in texts are what this page is made of.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `() => act()` as a handler is easier to read than braces around it.
      "@typescript-eslint/no-confusing-void-expression": "off",
      // The caller names the answer's type: JSON has none of its own.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
    },
  },
  {
    // Checks run in Node and hand functions to the browser, so they know both worlds.
    files: ["e2e/**/*.mjs"],
    languageOptions: {
      globals: {
        requestAnimationFrame: "readonly",
        PopStateEvent: "readonly",
        process: "readonly", console: "readonly", setTimeout: "readonly", document: "readonly",
        window: "readonly", performance: "readonly", getComputedStyle: "readonly", URL: "readonly", Buffer: "readonly", fetch: "readonly",
      },
    },
  },
);
