import type { TrafficLimits, TrafficSettings } from "@cairn/process/entrances";

/** `registrations` are requests for a new token, which cost signature checks. */
export type TrafficKind = "requests" | "registrations";
export type DownstreamLimits = TrafficLimits<TrafficKind>;

/**
 * A farmer with thousands of contracts makes about one request a second when it batches, and a few dozen when it does not; several may share
 * an address.
 */
export const DEFAULT_TRAFFIC: TrafficSettings<TrafficKind> = {
  rates: { requests: { perSecond: 200, burst: 2000 }, registrations: { perSecond: 2, burst: 30 } },
  heldBytes: { perNetwork: 8 * 1024 * 1024, total: 24 * 1024 * 1024 },
  networks: 50_000,
};
