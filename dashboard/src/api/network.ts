// How the fleet's networks are, gathered by the server from what each machine says of its own.
import { request } from "./request";
import type { NetworkView } from "./wire";

export const fetchNetwork = (signal?: AbortSignal) => request<NetworkView>("GET", "/api/v2/network", undefined, signal);
