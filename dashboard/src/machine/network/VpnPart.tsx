// Tunnels that are up, and VPN services that the system knows.
import { Nothing, Part } from "../Part";
import styles from "../Part.module.css";
import { type Report, whyMissing } from "../report";
import type { Tunnel, Vpn } from "./networkReport";

export function VpnPart({ report, vpn }: { report: Report; vpn: Vpn | null }) {
  if (vpn === null) return <Part title="VPN"><Nothing>{whyMissing(report, "vpn")}</Nothing></Part>;
  const idle = vpn.services.filter((service) => service.status !== "connected");
  return (
    <Part title="VPN" note={vpn.connected === true ? "connected" : "not connected"}>
      {vpn.tunnels.length === 0 ? <Nothing>No tunnel is up.</Nothing> : (
        <table className={styles.table}>
          <tbody>{vpn.tunnels.map((tunnel) => <TunnelRow key={tunnel.name} tunnel={tunnel} />)}</tbody>
        </table>
      )}
      {idle.length > 0 && <Nothing>{`Known and not connected: ${idle.map((service) => service.name).join(", ")}`}</Nothing>}
    </Part>
  );
}

function TunnelRow({ tunnel }: { tunnel: Tunnel }) {
  const through = tunnel.has_default_route === true ? "everything goes through it" : tunnel.routes === null ? "" : `${tunnel.routes} networks behind it`;
  return (
    <tr>
      <td title={tunnel.addresses.join("\n")}>{tunnel.name} <span className={styles.quiet}>{tunnel.addresses[0] ?? ""}</span></td>
      <td>{tunnel.kind ?? "–"}</td>
      <td className={styles.quiet}>{through}</td>
    </tr>
  );
}
