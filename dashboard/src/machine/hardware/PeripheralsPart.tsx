// What is plugged in.
import { Nothing } from "../Part";
import styles from "../Part.module.css";
import type { Report } from "../report";
import { SectionPart } from "../SectionPart";
import { readPeripherals } from "./peripherals";

const SHOWN_MAX = 30;

export function PeripheralsPart({ id, report }: { id: string; report: Report }) {
  return (
    <SectionPart id={id} title="Plugged in" name="peripherals" report={report}>
      {(value) => {
        const devices = readPeripherals(value);
        if (devices.length === 0) return <Nothing>Nothing is.</Nothing>;
        return (
          <>
            <table className={styles.table}>
              <tbody>
                {devices.slice(0, SHOWN_MAX).map((device, index) => (
                  // Two of a kind have the same name.
                  <tr key={`${device.kind} ${device.name} ${index}`}>
                    <td title={[device.name, device.title].filter((each) => each !== null).join("\n")}>{device.name} <span className={styles.quiet}>{device.detail}</span></td>
                    <td className={`${styles.medium} ${styles.quiet}`}>{device.kind}</td>
                  </tr>
                ))}
              </tbody>
            </table>
            {devices.length > SHOWN_MAX && <Nothing>{`and ${devices.length - SHOWN_MAX} more`}</Nothing>}
          </>
        );
      }}
    </SectionPart>
  );
}
