export { connectionRoutes } from "./gateway/connection-routes.ts";
export { keepAlive } from "./gateway/keep-alive.ts";
export { type GatewayTransport, openTransport, type TransportOptions } from "./gateway/open-transport.ts";
export { REPLACED } from "./gateway/provider-connection.ts";
export type { RouteAccess } from "./gateway/route-access.ts";
export { callHttp, type HttpAnswer, type HttpCall, readCapped } from "./http/call-http.ts";
export { failureOf } from "./http/failure-of.ts";
export { type Nonces, rememberNonces } from "./nonces.ts";
export * from "./registration-work.ts";
