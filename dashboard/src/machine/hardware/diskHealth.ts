// The disks' own word on their health: the section `disk_health`. The wire's shape ends here.
import { reasonWords } from "../report";
import { type Json, numberIn, objectIn, objectsIn, textIn } from "../untrusted";
import { DISK_WORN_PERCENT } from "./limits";

export interface DiskHealth {
  name: string;
  kind: string | null;
  model: string | null;
  serial: string | null;
  size_bytes: number | null;
  smart_status: string | null;
  health_percent: number | null;
  temperature_c: number | null;
  power_on_hours: number | null;
  reallocated_sectors: number | null;
  pending_sectors: number | null;
  uncorrectable_errors: number | null;
  critical_warning: number | null;
  bytes_written: number | null;
  /** Why its health isn't known. */
  why: string | null;
}

export function readDiskHealth(value: unknown): DiskHealth[] {
  return objectsIn(objectIn(value).disks).map((disk) => ({
    name: textIn(disk.name) ?? "?", kind: textIn(disk.kind), model: textIn(disk.model), serial: textIn(disk.serial), size_bytes: numberIn(disk.size_bytes),
    smart_status: textIn(disk.smart_status), health_percent: numberIn(disk.health_percent), temperature_c: numberIn(disk.temperature_c),
    power_on_hours: numberIn(disk.power_on_hours), reallocated_sectors: numberIn(disk.reallocated_sectors), pending_sectors: numberIn(disk.pending_sectors),
    uncorrectable_errors: numberIn(disk.uncorrectable_errors), critical_warning: numberIn(disk.critical_warning), bytes_written: numberIn(disk.bytes_written),
    why: whyOf(disk),
  }));
}

function whyOf(disk: Json): string | null {
  const reason = textIn(disk.unavailable);
  const detail = textIn(disk.detail);
  if (reason === null) return null;
  return detail === null ? reasonWords(reason) : `${reasonWords(reason)} (${detail})`;
}

export interface DiskTrouble {
  tone: "red" | "amber";
  words: string;
}

/** What is wrong with a disk, the gravest of it; null when nothing is, or nothing is known. */
export function diskTrouble(disk: DiskHealth): DiskTrouble | null {
  if (disk.smart_status === "failed") return { tone: "red", words: "it says itself that it fails" };
  if (above(disk.critical_warning)) return { tone: "red", words: "it warns of its own failure" };
  if (above(disk.uncorrectable_errors)) return { tone: "amber", words: `${disk.uncorrectable_errors ?? 0} errors it could not mend` };
  if (above(disk.pending_sectors)) return { tone: "amber", words: `${disk.pending_sectors ?? 0} sectors may be bad` };
  if (disk.health_percent !== null && disk.health_percent <= DISK_WORN_PERCENT) return { tone: "amber", words: `${Math.round(disk.health_percent)} % of its life is left` };
  if (above(disk.reallocated_sectors)) return { tone: "amber", words: `${disk.reallocated_sectors ?? 0} bad sectors were replaced` };
  return null;
}

function above(count: number | null): boolean {
  return count !== null && count > 0;
}
