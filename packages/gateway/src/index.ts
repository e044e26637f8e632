export { authenticate } from "./authenticate.ts";
export type { GatewayContext } from "./gateway-context.ts";
export { createHttpServer } from "./http-server.ts";
export { migrateGateway } from "./migrate-gateway.ts";
export { quotePlanToJson } from "./package-json.ts";
export { providerRoutes } from "./provider-routes.ts";
export { type GatewayOptions, type RunningGateway, runGateway } from "./run-gateway.ts";
