// A card for tests: a healthy machine, of which a test changes what it is about.
import type { CardView } from "../api/wire";

export function testCard(changes: Partial<CardView> & { id: string }): CardView {
  return {
    name: changes.id, hostname: `${changes.id}.local`, os: "macos", os_version: "15.1", model: "Mac Studio", ip: "10.0.0.7",
    tags: [], presence: "online", presence_since: "2026-11-24T03:00:00Z", presence_cause: null, first_seen: "2026-11-01T00:00:00Z",
    last_seen: "2026-11-24T04:00:00Z", interval_s: 30, cpu_percent: 10, memory_percent: 40, disk_percent: 50,
    load_1: 0.5, recv_bytes_per_s: null, sent_bytes_per_s: null, temperature_c: null, battery_percent: null, uptime_s: null,
    cpu_recent: [], alarms: [], legacy: false, ...changes,
  };
}
