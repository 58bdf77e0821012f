// Where a network's trouble can be, in words that follow 'the trouble is'.
const WHERE: Record<string, string> = {
  machine: "in this machine",
  wifi: "in its Wi-Fi",
  local_network: "in the local network",
  provider: "beyond the gateway, with the provider",
  vpn: "in the VPN",
  dns: "in finding names (DNS)",
  service: "in a service, not in the network",
};

export function whereWords(trouble: string): string {
  return Object.hasOwn(WHERE, trouble) ? (WHERE[trouble] ?? trouble) : trouble;
}

/** The same of many machines. */
export function whereInFleet(trouble: string): string {
  if (trouble === "machine") return "in the machines themselves";
  return trouble === "wifi" ? "in the Wi-Fi" : whereWords(trouble);
}
