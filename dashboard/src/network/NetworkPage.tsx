// Network health of the whole fleet: one verdict, what was lost together, then by wireless
// network, by gateway, the worst machines, and the last speed tests.
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { fetchNetwork } from "../api/network";
import type { NetworkView } from "../api/wire";
import { OutageLines } from "../fleet/OutageLines";
import verdictStyles from "../fleet/VerdictLine.module.css";
import { useFleetTotals } from "../live/fleetStore";
import notice from "../shell/Notice.module.css";
import { GroupTable } from "./GroupTable";
import styles from "./NetworkPage.module.css";
import { networkVerdict } from "./networkVerdict";
import { SpeedTable } from "./SpeedTable";
import { WorstTable } from "./WorstTable";

const REFETCH_MS = 10_000;

export default function NetworkPage() {
  const network = useQuery({ queryKey: ["network"], queryFn: ({ signal }) => fetchNetwork(signal), refetchInterval: REFETCH_MS });
  useEffect(() => {
    document.title = "Network · ATLAS";
  }, []);
  if (network.data) return <Network network={network.data} />;
  if (network.error) return <div className={notice.notice}><h1>Network</h1><p>This can't be shown: {network.error.message}</p></div>;
  return null;
}

function Network({ network }: { network: NetworkView }) {
  const { outages } = useFleetTotals();
  const { tone, sentence } = networkVerdict(network);
  return (
    <div className={`${styles.page} live`}>
      <h1 className="visually-hidden">Network</h1>
      <div role="status" className={styles.verdicts}>
        <p className={`${verdictStyles.verdict} ${tone === "amber" ? verdictStyles.amber : styles.calm}`} data-testid="network-verdict">{sentence}</p>
        <OutageLines outages={outages} />
      </div>
      {network.measured > 0 && (
        <>
          <WorstTable worst={network.worst} />
          <div className={styles.pair}>
            <GroupTable title="By wireless network" kind="Wi-Fi" groups={network.by_ssid} empty="No machine says which one it is in." hasSignal />
            <GroupTable title="By gateway" kind="Gateway" groups={network.by_gateway} empty="No machine says which one it is behind." />
          </div>
          <SpeedTable tests={network.speed_tests} />
        </>
      )}
    </div>
  );
}
