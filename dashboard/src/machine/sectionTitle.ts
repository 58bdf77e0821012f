// What the agent's sections are called for people.
const TITLES: Record<string, string> = {
  disk_health: "Disks' health",
  services: "Services",
  posture: "Protection",
  updates: "Updates",
  software: "Installed",
  crashes: "Crashes",
  peripherals: "Plugged in",
};

export function sectionTitle(name: string): string {
  return Object.hasOwn(TITLES, name) ? (TITLES[name] ?? name) : name;
}
