// Every disk: how full, and how much is left.
import { bytes, percent } from "../../format/quantities";
import styles from "./Disks.module.css";
import { Meter } from "../Meter";
import { Nothing, Part } from "../Part";
import { type Disk, type Report, whyMissing } from "../report";

const AMBER_PERCENT = 90;

export function Disks({ report }: { report: Report }) {
  return (
    <Part title="Disks">
      {report.disks.length === 0 ? <Nothing>{whyMissing(report, "disks")}</Nothing> : (
        <ul className={styles.disks}>
          {report.disks.map((disk) => <DiskLine key={`${disk.mountpoint} ${disk.device ?? ""}`} disk={disk} />)}
        </ul>
      )}
    </Part>
  );
}

function DiskLine({ disk }: { disk: Disk }) {
  return (
    <li>
      <div className={styles.words}>
        <span className={styles.name} title={[disk.device, disk.fstype].filter((each) => each !== null).join(", ")}>{disk.mountpoint}</span>
        <span className={styles.size}>{bytes(disk.free)} free of {bytes(disk.total)}</span>
        <span className={styles.percent}>{percent(disk.percent)}</span>
      </div>
      <Meter percent={disk.percent} amberFrom={AMBER_PERCENT} />
    </li>
  );
}
