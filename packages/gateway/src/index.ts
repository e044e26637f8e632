export type { GatewayContext } from "./gateway-context.ts";
export { createHttpServer } from "./http-server.ts";
export { migrateGateway } from "./migrate-gateway.ts";
export { quotePlanToJson } from "./package-json.ts";
export { findPrincipal, principalOf } from "./principal-of.ts";
export { providerRoutes } from "./provider-routes.ts";
export { type GatewayOptions, type RunningGateway, runGateway } from "./run-gateway.ts";
