// Services: those that failed first, the others on request.
import { useState } from "react";
import { Age } from "../../live/Age";
import { Button } from "../../shell/Button";
import { Nothing } from "../Part";
import styles from "../Part.module.css";
import type { Report } from "../report";
import { SectionPart } from "../SectionPart";
import { readServices, type Services } from "./services";

export function ServicesPart({ id, report }: { id: string; report: Report }) {
  return (
    <SectionPart id={id} title="Services" name="services" report={report}>
      {(value) => <ServiceList services={readServices(value)} />}
    </SectionPart>
  );
}

function ServiceList({ services }: { services: Services }) {
  const [all, setAll] = useState(false);
  const counts = [services.running === null ? null : `${services.running} run`, services.total === null ? null : `${services.total} known to ${services.manager ?? "the system"}`];
  return (
    <>
      {services.failed.length === 0 && <Nothing>None failed.</Nothing>}
      {(services.failed.length > 0 || all) && (
        <table className={styles.table}>
          <tbody>
            {services.failed.map((each) => (
              <tr key={`failed ${each.name}`}>
                <td title={each.name}>{each.name}</td>
                <td className={styles.red}>{`failed${each.status === null ? "" : `: ${each.status}`}`}</td>
                <td className={`${styles.medium} ${styles.number} ${styles.quiet}`}>{each.since !== null && <Age since={each.since} suffix=" ago" />}</td>
              </tr>
            ))}
            {all && services.services.map((each) => (
              <tr key={each.name}><td title={each.name}>{each.name}</td><td className={styles.quiet} colSpan={2}>{each.state}</td></tr>
            ))}
          </tbody>
        </table>
      )}
      <Nothing>
        {counts.filter((each) => each !== null).join(", ")}
        {services.isCut && ", the list is cut"}{" "}
        {services.services.length > 0 && <Button tone="quiet" aria-expanded={all} onClick={() => setAll(!all)}>{all ? "Show less" : "Show all"}</Button>}
      </Nothing>
    </>
  );
}
