/** What every server of ours puts before its routes: who may call it, how often, how slowly, and with how much. */
export { addressBytes } from "./address-bytes.ts";
export { clientAddress, networkOf, proxyTest } from "./client-address.ts";
export { EntranceRefusal, noRoom, tooManyRequests } from "./entrance-refusal.ts";
export { CONNECTION_LIMITS, type Guard, guardConnections, HEADER_LIMITS, isLoopback } from "./guard-connections.ts";
export { hostCheck } from "./host-check.ts";
export { bodyTooLarge, readBody } from "./read-body.ts";
export { sampleLog } from "./sample-log.ts";
export { TrafficLimits, type TrafficSettings } from "./traffic-limits.ts";
