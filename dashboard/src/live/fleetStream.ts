// The line to the server: one EventSource, its health, and how it comes back.
import { useSyncExternalStore } from "react";
import { Refusal } from "../api/request";
import { currentUser } from "../api/session";
import type { DeltaFrame, SnapshotFrame, TickFrame } from "../api/wire";
import { fleetStore } from "./fleetStore";
import { learnServerTime } from "./serverClock";

export type Connection = "connecting" | "live" | "lost";

/** The server speaks at least every 5 s; this much silence means nobody is there. */
const SILENCE_MAX_MS = 12_000;
const WATCH_INTERVAL_MS = 1000;
const RETRY_FIRST_MS = 1000;
const RETRY_MAX_MS = 15_000;
const PATH = "/api/fleet/stream";

class FleetStream {
  private source: EventSource | null = null;
  private retry_ms = RETRY_FIRST_MS;
  private retryTimer: number | undefined;
  private watchTimer: number | undefined;
  private onSessionEnd: () => void = () => {};
  private connection: Connection = "connecting";
  private listeners = new Set<() => void>();
  /** When this page last heard from the server, on this page's own clock. */
  heardAt_ms = 0;
  private openedAt_ms = 0;

  start(onSessionEnd: () => void): void {
    this.onSessionEnd = onSessionEnd;
    this.heardAt_ms = Date.now();
    this.watchTimer = window.setInterval(() => this.watch(), WATCH_INTERVAL_MS);
    this.open();
  }

  stop(): void {
    window.clearInterval(this.watchTimer);
    window.clearTimeout(this.retryTimer);
    this.source?.close();
    this.source = null;
    this.become("connecting");
  }

  current = (): Connection => this.connection;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private open(): void {
    window.clearTimeout(this.retryTimer);
    this.source?.close();
    const source = new EventSource(PATH);
    this.openedAt_ms = Date.now();
    this.source = source;
    source.addEventListener("snapshot", (event) => {
      const heard_ms = this.hear();
      fleetStore.receive(() => ({ kind: "snapshot", frame: read<SnapshotFrame>(event, heard_ms) }));
    });
    source.addEventListener("delta", (event) => {
      const heard_ms = this.hear();
      fleetStore.receive(() => ({ kind: "delta", frame: read<DeltaFrame>(event, heard_ms) }));
    });
    source.addEventListener("tick", (event) => {
      read<TickFrame>(event, this.hear());
    });
    source.addEventListener("error", () => this.failed(source));
  }

  private hear(): number {
    this.heardAt_ms = Date.now();
    this.retry_ms = RETRY_FIRST_MS;
    this.become("live");
    return this.heardAt_ms;
  }

  // A broken line is retried by the browser itself, with the last event's id. A
  // refusal (an HTTP error) is final for it: then the session may have ended.
  private failed(source: EventSource): void {
    if (source !== this.source) return;
    this.become("lost");
    if (source.readyState === EventSource.CLOSED) void this.askWhy();
  }

  private async askWhy(): Promise<void> {
    try {
      await currentUser();
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) {
        this.onSessionEnd();
        return;
      }
    }
    this.retryLater();
  }

  private retryLater(): void {
    window.clearTimeout(this.retryTimer);
    // Up to half again as long, at random, so that pages don't come back all at once.
    const wait_ms = this.retry_ms * (1 + Math.random() / 2);
    this.retryTimer = window.setTimeout(() => this.open(), wait_ms);
    this.retry_ms = Math.min(this.retry_ms * 2, RETRY_MAX_MS);
  }

  // A laptop that slept, or a network that swallows packets, closes nothing: only
  // the silence tells.
  private watch(): void {
    if (Date.now() - Math.max(this.heardAt_ms, this.openedAt_ms) < SILENCE_MAX_MS) return;
    this.become("lost");
    this.open();
  }

  private become(connection: Connection): void {
    if (connection === this.connection) return;
    this.connection = connection;
    document.documentElement.dataset.connection = connection;
    for (const listener of this.listeners) listener();
  }
}

function read<Frame extends { server_time: string }>(event: MessageEvent, heard_ms: number): Frame {
  const frame = JSON.parse(event.data as string) as Frame;
  learnServerTime(frame.server_time, heard_ms);
  return frame;
}

export const fleetStream = new FleetStream();

export function useConnection(): Connection {
  return useSyncExternalStore(fleetStream.subscribe, fleetStream.current);
}
