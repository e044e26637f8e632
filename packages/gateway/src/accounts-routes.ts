import type { FastifyPluginAsync } from "fastify";
import { coinRoutes } from "./coin-routes.ts";
import { fiatRoutes } from "./fiat-routes.ts";
import { figureRoutes } from "./figure-routes.ts";
import type { GatewayContext } from "./gateway-context.ts";
import { limitRoutes } from "./limit-routes.ts";
import { noticeRoutes } from "./notice-routes.ts";
import { sessionRoutes } from "./session-routes.ts";
import { tokenRoutes } from "./token-routes.ts";
import { userRoutes } from "./user-routes.ts";
import { walletRoutes } from "./wallet-routes.ts";

/** Who may use this gateway, how much, and what it comes to. */
export function accountsRoutes(gateway: GatewayContext): FastifyPluginAsync {
  const plugins = [
    ...[sessionRoutes, tokenRoutes, userRoutes, walletRoutes, coinRoutes, limitRoutes, noticeRoutes],
    ...[figureRoutes, fiatRoutes],
  ];
  return async (server) => {
    for (const plugin of plugins) await server.register(plugin(gateway));
  };
}
