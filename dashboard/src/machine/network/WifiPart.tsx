// The wireless network: how well it is heard, and which one it is.
import { count, decibels, megabits } from "../../format/quantities";
import { Age } from "../../live/Age";
import { FactList, known } from "../FactList";
import { Nothing, Part } from "../Part";
import { type Report, whyMissing } from "../report";
import type { Wifi } from "./networkReport";

export function WifiPart({ report, wifi }: { report: Report; wifi: Wifi | null }) {
  return (
    <Part title="Wi-Fi" note={wifi?.interface ?? undefined}>
      {wifi === null && <Nothing>{whyMissing(report, "wifi")}</Nothing>}
      {wifi !== null && (wifi.is_connected === false ? <Nothing>Not in a wireless network.</Nothing> : <FactList facts={factsOf(wifi)} />)}
    </Part>
  );
}

const WEAK = new Set(["poor", "unusable"]);

function factsOf(wifi: Wifi) {
  const isWeak = wifi.quality !== null && WEAK.has(wifi.quality);
  return [
    { label: "Network", value: wifi.ssid, why: "the system hides its name" },
    { label: "Signal", value: wifi.signal_dbm === null ? null : `${decibels(wifi.signal_dbm)}${wifi.quality === null ? "" : `, ${wifi.quality}`}`, tone: isWeak ? "amber" as const : undefined },
    ...known([
      { label: "Noise", value: wifi.noise_dbm === null ? null : decibels(wifi.noise_dbm) },
      { label: "Rate", value: wifi.rate_mbps === null ? null : megabits(wifi.rate_mbps) },
      { label: "Channel", value: channelOf(wifi) },
      { label: "Radio", value: wifi.phy_mode },
      { label: "Sealed by", value: wifi.security },
      { label: "Access point", value: wifi.bssid },
      { label: "Roamed", value: wifi.roams === null ? null : <>{count(wifi.roams)} times{wifi.last_roam_at !== null && <>, last <Age since={wifi.last_roam_at} suffix=" ago" /></>}</> },
    ]),
  ];
}

function channelOf({ channel, band, width_mhz }: Wifi): string | null {
  const parts = [channel === null ? null : String(channel), band, width_mhz === null ? null : `${width_mhz} MHz wide`];
  return parts.every((part) => part === null) ? null : parts.filter((part) => part !== null).join(", ");
}
