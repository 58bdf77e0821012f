// The parts of a machine's page. Which one is open stands in the address: ?tab=network.

export const TABS = [
  { name: "overview", title: "Overview" },
  { name: "network", title: "Network" },
  { name: "hardware", title: "Hardware" },
  { name: "software", title: "Software" },
  { name: "security", title: "Security" },
  { name: "commands", title: "Commands" },
  { name: "changes", title: "Changes" },
] as const;

export type TabName = (typeof TABS)[number]["name"];

export function tabIn(search: string): TabName {
  const wanted = new URLSearchParams(search).get("tab");
  return TABS.find((each) => each.name === wanted)?.name ?? "overview";
}

/** The same page with another tab; the charts' range goes along. */
export function tabAddress(path: string, search: string, tab: TabName): string {
  const params = new URLSearchParams(search);
  if (tab === "overview") params.delete("tab");
  else params.set("tab", tab);
  const text = params.toString();
  return text === "" ? path : `${path}?${text}`;
}
