// How the fleet's networks are, gathered by the server from what each machine says of its own.
// As soon as the API's document has these shapes, they come from there.
import { request } from "./request";

export interface NetworkGroupView {
  /** A wireless network's name, or a gateway's address. */
  name: string;
  machines: number;
  troubled: number;
  latency_ms_median: number | null;
  latency_ms_worst: number | null;
  loss_percent_median: number | null;
  loss_percent_worst: number | null;
  signal_dbm_median: number | null;
}

export interface NetworkMachineView {
  machine_id: string;
  name: string;
  ssid: string | null;
  gateway: string | null;
  /** Null: it doesn't say. */
  trouble: string | null;
  severity: string | null;
  summary: string | null;
  evidence: string[];
  since: string | null;
  latency_ms: number | null;
  loss_percent: number | null;
}

export interface SpeedTestView {
  machine_id: string;
  timestamp: string;
  server: string;
  download: number | null;
  upload: number | null;
  ping: number | null;
  is_slow: boolean;
}

export interface NetworkView {
  /** Machines that report in time. */
  machines: number;
  /** Those that say how their network is. */
  measured: number;
  /** How many have trouble, by its place. */
  troubles: Record<string, number>;
  by_ssid: NetworkGroupView[];
  by_gateway: NetworkGroupView[];
  worst: NetworkMachineView[];
  speed_tests: SpeedTestView[];
}

export const fetchNetwork = (signal?: AbortSignal) => request<NetworkView>("GET", "/api/v2/network", undefined, signal);
