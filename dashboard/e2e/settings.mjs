// What the harness tells the checks, all by environment.
export const URL_ROOT = (process.env.ATLAS_URL ?? "https://localhost:8768").replace(/\/$/, "");
export const USER = process.env.ATLAS_USER ?? "admin";
export const PASSWORD = process.env.ATLAS_PASSWORD ?? "";
export const SCREENSHOTS = process.env.SCREENSHOTS;
/** Touched to ask the harness to kill the server, and to start it again. */
export const STOP_FILE = process.env.ATLAS_STOP_FILE;
export const START_FILE = process.env.ATLAS_START_FILE;
/** Touched to ask the harness for the first report of a machine. */
export const REPORT_FILE = process.env.ATLAS_REPORT_FILE;
