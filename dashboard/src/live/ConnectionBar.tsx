// Across the top while the line to the server is down: how old is what you see?
import { useEffect, useState } from "react";
import { duration } from "../format/times";
import { fleetStream, useConnection } from "./fleetStream";
import styles from "./Connection.module.css";

export function ConnectionBar() {
  const connection = useConnection();
  return (
    <div role="alert" className={styles.alert}>
      {connection === "lost" && <LostLine />}
    </div>
  );
}

function LostLine() {
  const [now_ms, setNow_ms] = useState(() => Date.now());
  useEffect(() => {
    const timer = window.setInterval(() => setNow_ms(Date.now()), 1000);
    return () => window.clearInterval(timer);
  }, []);
  const age_s = (now_ms - fleetStream.heardAt_ms) / 1000;
  return (
    <p className={styles.bar} data-testid="connection-lost">
      <svg viewBox="0 0 12 12" aria-hidden="true"><path d="M6 1.4 11.2 10.4H.8Z" /></svg>
      <span>
        <strong>No connection to the server.</strong>{" "}
        {/* The age counts on every second: said once is enough for a screen reader. */}
        <span aria-hidden="true">What you see is {duration(age_s)} old. Trying again…</span>
      </span>
    </p>
  );
}
