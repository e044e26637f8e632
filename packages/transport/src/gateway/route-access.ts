/**
 * How a route knows whom it serves. `token`: by an API token or the session of a user, before a byte of the body is read. `signed`: by a signature or a secret of one
 * use in the request. `open`: it serves everybody. `door`: it is another protocol's, with limits of its own.
 */
export type RouteAccess = "token" | "signed" | "open" | "door";

declare module "fastify" {
  interface FastifyContextConfig {
    /** `token` unless set. */
    access?: RouteAccess;
    /** What whoever calls a route of access `token` must be allowed (docs/accounts.md); `any`: nothing in particular. Every such route says it. */
    scope?: "read" | "write" | "admin" | "operate" | "any";
    /** It is described as the WebSocket that it opens. */
    webSocket?: boolean;
  }
}
