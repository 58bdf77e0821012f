import { expect, test } from "vitest";
import type { NetworkGroupView, NetworkView } from "../api/wire";
import { networkVerdict } from "./networkVerdict";

const group = (name: string, machines: number, troubled: number): NetworkGroupView => ({
  name, machines, troubled, latency_ms_median: null, latency_ms_worst: null, loss_percent_median: null, loss_percent_worst: null, signal_dbm_median: null,
});
const view = (changes: Partial<NetworkView>): NetworkView => ({ machines: 10, measured: 10, troubles: {}, by_ssid: [], by_gateway: [], worst: [], speed_tests: [], ...changes });

test("well, unknown and troubled are three things", () => {
  expect(networkVerdict(view({}))).toEqual({ tone: "good", sentence: "All is well on 10 machines." });
  expect(networkVerdict(view({ measured: 0 })).tone).toBe("plain");
  expect(networkVerdict(view({ troubles: { wifi: 1 } })).sentence).toBe("1 of 10 machines has trouble: in the Wi-Fi.");
});

test("the network that most of the trouble is in is named, when most of it is troubled", () => {
  const troubles = { local_network: 4, provider: 1 };
  expect(networkVerdict(view({ troubles, by_ssid: [group("office", 5, 4)] })).sentence).toBe("5 of 10 machines have trouble: 4 in the local network, 1 beyond the gateway, with the provider; 4 of them in the Wi-Fi office.");
  expect(networkVerdict(view({ troubles, by_ssid: [group("office", 50, 4)], by_gateway: [group("10.0.0.1", 6, 5)] })).sentence).toContain("behind 10.0.0.1");
});
