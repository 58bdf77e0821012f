// A machine's system, told once: 'macOS 15.1', not 'macos macOS 15.1'.
import type { CardView } from "../api/wire";

const NAME: Record<CardView["os"], string> = { macos: "macOS", linux: "Linux", windows: "Windows", other: "" };

export function systemName({ os, os_version }: Pick<CardView, "os" | "os_version">): string {
  const name = NAME[os];
  // 'Debian GNU/Linux 12' names its system itself; '15.1' and '11 23H2' don't.
  return /^[a-z]/i.test(os_version) || name === "" ? os_version || name : `${name} ${os_version}`.trim();
}

/** The same from a report's own words, for a machine whose card isn't here. */
export function reportedSystemName(os: string | null, version: string | null): string | null {
  if (os !== "Darwin") return [os, version].filter((each) => each !== null).join(" ") || null;
  return version === null || /^mac/i.test(version) ? (version ?? NAME.macos) : `${NAME.macos} ${version}`;
}
