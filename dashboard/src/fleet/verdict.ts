// The sentence on top: what is wrong, with what the affected machines share.
// Nothing at all when nothing is.
import type { Alarm, CardView } from "../api/wire";
import type { FleetState } from "../live/fleetState";
import { isAlarmed } from "../live/fleetState";
import { counted } from "../format/quantities";
import { parseTime_s, sinceTime } from "../format/times";
import { causeWords } from "../presence/cause";

export interface Verdict {
  tone: "red" | "amber";
  sentence: string;
}

/** So many machines must share a trait, and this part of them, for it to be news. */
const SHARED_MIN = 3;
const SHARED_PART = 0.6;
/** A trait that the whole fleet has explains nothing. */
const FLEET_PART_MAX = 0.5;

export function verdictOn(fleet: Readonly<FleetState>, now_s: number): Verdict | null {
  const { presence, alarmed, total } = fleet.tally;
  // Those lost together are told by their own lines: here are the others.
  const told = new Set(fleet.outages.flatMap((outage) => outage.machines));
  const alone = presence.offline - fleet.outages.reduce((sum, outage) => sum + outage.count, 0);
  if (alone > 0) return { tone: "red", sentence: offlineSentence(fleet, told, alone, now_s) };
  if (presence.warning > 0 && presence.warning >= alarmed) {
    const verb = presence.warning === 1 ? "is" : "are";
    return { tone: "amber", sentence: `${counted(presence.warning, "machine")} of ${counted(total, "machine")} ${verb} late with reports.` };
  }
  if (alarmed > 0) return { tone: "amber", sentence: alarmSentence(fleet) };
  return null;
}

function offlineSentence(fleet: Readonly<FleetState>, told: ReadonlySet<string>, alone: number, now_s: number): string {
  const offline = [...fleet.machines.values()].filter((card) => card.presence === "offline" && !told.has(card.id));
  // An outage names the first hundred of its machines: who the others are isn't known here.
  if (offline.length > alone) return `${counted(alone, "other machine")} ${alone === 1 ? "is" : "are"} offline.`;
  const only = offline.length === 1 ? offline[0] : undefined;
  if (only) return `${only.name} is offline${since(only.presence_since, now_s)}${becauseOf(only)}.`;
  const shared = sharedTrait(offline, fleet);
  const earliest = offline.reduce((first, card) => (card.presence_since < first ? card.presence_since : first), offline[0]?.presence_since ?? "");
  const among = shared ? `, ${shared.count} of them ${shared.trait}` : "";
  const at_s = parseTime_s(earliest);
  const first = at_s === null ? "" : `, the first since ${sinceTime(at_s, now_s)}`;
  return `${counted(offline.length, "machine")} are offline${among}${first}.`;
}

function becauseOf(card: CardView): string {
  const cause = causeWords(card.presence_cause);
  return cause === null ? "" : `: ${cause}`;
}

function since(iso: string, now_s: number): string {
  const at_s = parseTime_s(iso);
  return at_s === null ? "" : ` since ${sinceTime(at_s, now_s)}`;
}

// The tag or the network that most of them are in, unless most of the fleet is.
function sharedTrait(affected: readonly CardView[], fleet: Readonly<FleetState>) {
  if (affected.length < SHARED_MIN) return null;
  const counts = new Map<string, number>();
  for (const card of affected) for (const trait of traitsOf(card)) counts.set(trait, (counts.get(trait) ?? 0) + 1);
  let best: { trait: string; count: number } | null = null;
  for (const [trait, count] of counts) if (!best || count > best.count) best = { trait, count };
  if (!best || best.count < SHARED_MIN || best.count < affected.length * SHARED_PART) return null;
  let inFleet = 0;
  for (const card of fleet.machines.values()) if (traitsOf(card).includes(best.trait)) inFleet += 1;
  return inFleet > fleet.tally.total * FLEET_PART_MAX ? null : best;
}

function traitsOf(card: CardView): string[] {
  const traits = card.tags.map((tag) => `tagged ${tag}`);
  const network = /^(\d+\.\d+\.\d+)\.\d+$/.exec(card.ip ?? "")?.[1];
  if (network !== undefined) traits.push(`in network ${network}.0/24`);
  return traits;
}

const ALARM_WORDS: Record<Alarm, string> = { cpu: "its CPU is busy", memory: "its memory is short", disk: "a disk is nearly full" };

function alarmSentence(fleet: Readonly<FleetState>): string {
  const counts = { cpu: 0, memory: 0, disk: 0 };
  let first: CardView | undefined;
  for (const card of fleet.machines.values()) {
    if (!isAlarmed(card)) continue;
    first ??= card;
    for (const alarm of card.alarms) counts[alarm] += 1;
  }
  if (fleet.tally.alarmed === 1 && first) return `${first.name} needs a look: ${first.alarms.map((alarm) => ALARM_WORDS[alarm]).join(", ")}.`;
  const parts: string[] = [];
  if (counts.disk > 0) parts.push(`${counted(counts.disk, "disk")} nearly full`);
  if (counts.memory > 0) parts.push(`memory short on ${counts.memory}`);
  if (counts.cpu > 0) parts.push(`CPU busy on ${counts.cpu}`);
  return `${counted(fleet.tally.alarmed, "machine")} need a look: ${parts.join(", ")}.`;
}
