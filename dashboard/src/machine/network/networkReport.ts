// What a report says of the network: how packets fare, Wi-Fi, names, services, tunnels,
// speed, and where the agent thinks the trouble is. The wire's shape ends here.
import type { MachineView } from "../../api/wire";
import { booleanIn, type Json, numberIn, objectIn, objectsIn, textIn, textsIn } from "../untrusted";

export interface PingTarget {
  name: string;
  address: string | null;
  method: string | null;
  status: string | null;
  loss_percent: number | null;
  latency_ms: number | null;
  latency_min_ms: number | null;
  latency_max_ms: number | null;
  jitter_ms: number | null;
  error: string | null;
}

export interface Wifi {
  interface: string | null;
  is_connected: boolean | null;
  ssid: string | null;
  bssid: string | null;
  signal_dbm: number | null;
  noise_dbm: number | null;
  channel: number | null;
  width_mhz: number | null;
  band: string | null;
  rate_mbps: number | null;
  phy_mode: string | null;
  security: string | null;
  quality: string | null;
  roams: number | null;
  last_roam_at: string | null;
}

export interface Resolver {
  address: string;
  asked: number | null;
  answered: number | null;
  latency_ms: number | null;
  error: string | null;
}

export interface Check {
  name: string;
  target: string | null;
  kind: string | null;
  is_up: boolean | null;
  latency_ms: number | null;
  status: number | null;
  tls_days_left: number | null;
  error: string | null;
}

export interface Tunnel {
  name: string;
  kind: string | null;
  addresses: string[];
  has_default_route: boolean | null;
  routes: number | null;
}

export interface Vpn {
  connected: boolean | null;
  tunnels: Tunnel[];
  services: { name: string; status: string | null }[];
}

export interface SpeedResult {
  at: string | null;
  server: string | null;
  download_mbps: number | null;
  upload_mbps: number | null;
  latency_ms: number | null;
  is_slow: boolean;
}

export interface Diagnosis {
  trouble: string;
  severity: string | null;
  summary: string;
  evidence: string[];
  since: string | null;
}

export interface NetworkReport {
  /** Whether its agent looks at the network at all. */
  looks: boolean;
  gateway: string | null;
  diagnosis: Diagnosis | null;
  /** The gateway first, when it is pinged. */
  pings: PingTarget[];
  window_s: number | null;
  tcp_retransmit_percent: number | null;
  wifi: Wifi | null;
  dns: { method: string | null; availability_percent: number | null; resolvers: Resolver[] } | null;
  checks: Check[];
  vpn: Vpn | null;
  voice: { mos: number | null; quality: string | null } | null;
  /** The newest first. */
  speedTests: SpeedResult[];
  isSlowAlarm: boolean;
}

export function readNetwork(machine: MachineView): NetworkReport {
  const metrics = objectIn(machine.latest_metrics);
  const ping = objectIn(metrics.ping);
  const speedtest = objectIn(metrics.speedtest);
  const gateway = isThere(ping.gateway) ? [readPing({ name: "gateway", ...objectIn(ping.gateway) })] : [];
  return {
    looks: isThere(metrics.ping) || isThere(metrics.dns) || isThere(metrics.diagnosis),
    gateway: textIn(objectIn(machine.info).gateway),
    diagnosis: readDiagnosis(metrics.diagnosis),
    pings: [...gateway, ...objectsIn(ping.targets).map(readPing)],
    window_s: numberIn(ping.window_s),
    tcp_retransmit_percent: numberIn(ping.tcp_retransmit_percent),
    wifi: isThere(metrics.wifi) ? readWifi(objectIn(metrics.wifi)) : null,
    dns: isThere(metrics.dns) ? readDns(objectIn(metrics.dns)) : null,
    checks: objectsIn(metrics.checks).map(readCheck),
    vpn: isThere(metrics.vpn) ? readVpn(objectIn(metrics.vpn)) : null,
    voice: isThere(metrics.voice) ? { mos: numberIn(objectIn(metrics.voice).mos), quality: textIn(objectIn(metrics.voice).quality) } : null,
    speedTests: [...objectsIn(speedtest.recent), ...(isThere(speedtest.last) ? [objectIn(speedtest.last)] : [])].map(readSpeed).reverse(),
    isSlowAlarm: speedtest.is_slow_alarm === true,
  };
}

function isThere(value: unknown): boolean {
  return Object.keys(objectIn(value)).length > 0;
}

function readDiagnosis(value: unknown): Diagnosis | null {
  const { trouble, severity, summary, evidence, since } = objectIn(value);
  const where = textIn(trouble);
  if (where === null) return null;
  return { trouble: where, severity: textIn(severity), summary: textIn(summary) ?? where, evidence: textsIn(evidence), since: textIn(since) };
}

function readPing(each: Json): PingTarget {
  return {
    name: textIn(each.name) ?? textIn(each.address) ?? "?", address: textIn(each.address), method: textIn(each.method), status: textIn(each.status),
    loss_percent: numberIn(each.loss_percent), latency_ms: numberIn(each.latency_ms), latency_min_ms: numberIn(each.latency_min_ms),
    latency_max_ms: numberIn(each.latency_max_ms), jitter_ms: numberIn(each.jitter_ms), error: textIn(each.error),
  };
}

function readWifi(wifi: Json): Wifi {
  return {
    interface: textIn(wifi.interface), is_connected: booleanIn(wifi.is_connected), ssid: textIn(wifi.ssid), bssid: textIn(wifi.bssid),
    signal_dbm: numberIn(wifi.signal_dbm), noise_dbm: numberIn(wifi.noise_dbm), channel: numberIn(wifi.channel), width_mhz: numberIn(wifi.width_mhz),
    band: textIn(wifi.band), rate_mbps: numberIn(wifi.rate_mbps), phy_mode: textIn(wifi.phy_mode), security: textIn(wifi.security),
    quality: textIn(wifi.quality), roams: numberIn(wifi.roams), last_roam_at: textIn(objectIn(wifi.last_roam).at),
  };
}

function readDns(dns: Json): NetworkReport["dns"] {
  return {
    method: textIn(dns.method),
    availability_percent: numberIn(dns.availability_percent),
    resolvers: objectsIn(dns.resolvers).map((each) => ({
      address: textIn(each.address) ?? "?", asked: numberIn(each.asked), answered: numberIn(each.answered), latency_ms: numberIn(each.latency_ms), error: textIn(each.error),
    })),
  };
}

function readCheck(each: Json): Check {
  return {
    name: textIn(each.name) ?? textIn(each.target) ?? "?", target: textIn(each.target), kind: textIn(each.kind), is_up: booleanIn(each.is_up),
    latency_ms: numberIn(each.latency_ms), status: numberIn(each.status), tls_days_left: numberIn(each.tls_days_left), error: textIn(each.error),
  };
}

function readVpn(vpn: Json): Vpn {
  return {
    connected: booleanIn(vpn.connected),
    tunnels: objectsIn(vpn.tunnels).map((each) => ({
      name: textIn(each.name) ?? "?", kind: textIn(each.kind), addresses: textsIn(each.addresses),
      has_default_route: booleanIn(each.has_default_route), routes: numberIn(each.routes),
    })),
    services: objectsIn(vpn.services).map((each) => ({ name: textIn(each.name) ?? "?", status: textIn(each.status) })),
  };
}

function readSpeed(each: Json): SpeedResult {
  return {
    at: textIn(each.at), server: textIn(each.server), download_mbps: numberIn(each.download_mbps), upload_mbps: numberIn(each.upload_mbps),
    latency_ms: numberIn(each.latency_ms), is_slow: each.is_slow === true,
  };
}
