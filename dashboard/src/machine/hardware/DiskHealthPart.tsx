// Every physical disk and how long it may last.
import { bytes, celsius, counted, percent } from "../../format/quantities";
import { Nothing } from "../Part";
import styles from "../Part.module.css";
import type { Report } from "../report";
import { SectionPart } from "../SectionPart";
import { type DiskHealth, diskTrouble, readDiskHealth } from "./diskHealth";

const HOURS_OF_YEAR = 8766;

export function DiskHealthPart({ id, report }: { id: string; report: Report }) {
  return (
    <SectionPart id={id} title="Disks' health" name="disk_health" report={report}>
      {(value) => {
        const disks = readDiskHealth(value);
        if (disks.length === 0) return <Nothing>No physical disk.</Nothing>;
        return (
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Disk</th>
                <th scope="col">Health</th>
                <th scope="col" className={`${styles.narrow} ${styles.number} ${styles.spare}`}>Heat</th>
                <th scope="col" className={`${styles.medium} ${styles.number} ${styles.spare}`}>Was on for</th>
              </tr>
            </thead>
            <tbody>{disks.map((disk) => <DiskRow key={disk.name} disk={disk} />)}</tbody>
          </table>
        );
      }}
    </SectionPart>
  );
}

function DiskRow({ disk }: { disk: DiskHealth }) {
  const trouble = diskTrouble(disk);
  const size = disk.size_bytes === null ? null : bytes(disk.size_bytes);
  const title = [disk.model, disk.serial && `serial number ${disk.serial}`, disk.bytes_written === null ? null : `${bytes(disk.bytes_written)} written in its life`].filter((each) => each !== null).join("\n");
  return (
    <tr>
      <td title={title}>{disk.name} <span className={styles.quiet}>{[disk.model, size, disk.kind].filter((each) => each !== null).join(", ")}</span></td>
      <td className={`${styles.wrap} ${trouble ? styles[trouble.tone] : ""}`}>{trouble?.words ?? healthOf(disk)}</td>
      <td className={`${styles.number} ${styles.spare}`}>{celsius(disk.temperature_c)}</td>
      <td className={`${styles.number} ${styles.spare}`}>{hoursOf(disk.power_on_hours)}</td>
    </tr>
  );
}

function healthOf(disk: DiskHealth) {
  const passed = disk.smart_status === "passed" ? "passed its own test" : null;
  const left = disk.health_percent === null ? null : `${percent(disk.health_percent)} of its life left`;
  const known = [passed, left].filter((each) => each !== null).join(", ");
  return known === "" ? <span className={styles.quiet}>{`– ${disk.why ?? "it doesn't say"}`}</span> : known;
}

function hoursOf(hours: number | null): string {
  if (hours === null) return "–";
  return hours < HOURS_OF_YEAR ? counted(Math.round(hours / 24), "day") : `${(hours / HOURS_OF_YEAR).toFixed(1)} years`;
}
