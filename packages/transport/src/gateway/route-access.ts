/**
 * How a route knows whom it serves. `token`: by an API token, before a byte of the body is read. `signed`: by a signature or a secret of one
 * use in the request. `open`: it serves everybody. `door`: it is another protocol's, with limits of its own.
 */
export type RouteAccess = "token" | "signed" | "open" | "door";

declare module "fastify" {
  interface FastifyContextConfig {
    /** `token` unless set. */
    access?: RouteAccess;
    /** It is described as the WebSocket that it opens. */
    webSocket?: boolean;
  }
}
