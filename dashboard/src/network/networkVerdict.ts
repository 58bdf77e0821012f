// The sentence on top of the network page: where most of the trouble is, and what those machines share.
import type { NetworkGroupView, NetworkView } from "../api/wire";
import { count, counted } from "../format/quantities";
import { whereInFleet } from "../machine/network/trouble";

export interface NetworkVerdict {
  tone: "amber" | "good" | "plain";
  sentence: string;
}

/** So many machines of a network with trouble are news about the network, not about them. */
const SHARED_MIN = 2;
const SHARED_PART = 0.5;

export function networkVerdict(network: NetworkView): NetworkVerdict {
  if (network.measured === 0) return { tone: "plain", sentence: "No machine says how its network is." };
  const troubles = Object.entries(network.troubles).toSorted(([, few], [, many]) => many - few);
  const troubled = troubles.reduce((sum, [, machines]) => sum + machines, 0);
  if (troubled === 0) return { tone: "good", sentence: `All is well on ${counted(network.measured, "machine")}.` };
  const shared = sharedNetwork(network, troubled);
  const where = troubles.map(([trouble, machines]) => (troubles.length === 1 ? whereInFleet(trouble) : `${machines} ${whereInFleet(trouble)}`)).join(", ");
  const verb = troubled === 1 ? "has" : "have";
  return { tone: "amber", sentence: `${count(troubled)} of ${counted(network.measured, "machine")} ${verb} trouble: ${where}${shared}.` };
}

// The network that most of the troubled machines are in, when most of it is troubled as well.
function sharedNetwork(network: NetworkView, troubled: number): string {
  const find = (groups: readonly NetworkGroupView[]) =>
    groups.find((group) => group.troubled >= SHARED_MIN && group.troubled >= troubled * SHARED_PART && group.troubled >= group.machines * SHARED_PART);
  const wifi = find(network.by_ssid);
  if (wifi) return `; ${wifi.troubled} of them in the Wi-Fi ${wifi.name}`;
  const gateway = find(network.by_gateway);
  return gateway ? `; ${gateway.troubled} of them behind ${gateway.name}` : "";
}
