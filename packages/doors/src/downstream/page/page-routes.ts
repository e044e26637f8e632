import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";
import type pg from "pg";
import { pageHtml } from "./page-html.ts";
import { readViewData, readViewQuery } from "./view-data.ts";

export interface PageOptions {
  pool: pg.Pool;
  /** Seconds since 1970. */
  now(): number;
  /** What the licence of the location data asks to be shown: `Locator.attribution`. */
  attribution: string;
}

/** Everything comes from this node, and nothing runs or is styled but its own files. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
};

const ASSETS: Record<string, string> = {
  "page.css": "text/css; charset=utf-8",
  "live.js": "text/javascript; charset=utf-8",
  "patch.js": "text/javascript; charset=utf-8",
  "view.js": "text/javascript; charset=utf-8",
  "icon.svg": "image/svg+xml",
};

/**
 * The operator's live page: `GET /downstream`, its files, and `GET /downstream/data` with the same figures as JSON. Reads only. It needs no
 * login, and shows no more of a farmer than the status routes do.
 */
export function downstreamPage({ pool, now, attribution }: PageOptions): FastifyPluginAsync {
  const read = (request: FastifyRequest) => {
    const search = new URLSearchParams(request.url.split("?", 2)[1] ?? "");
    return readViewData(pool, readViewQuery(search), now(), `${request.protocol}://${request.host}`);
  };
  return async (server) => {
    server.addHook("onRequest", async (_request, reply) => {
      reply.headers(HEADERS);
    });
    server.get("/downstream", async (request, reply) => {
      const html = pageHtml(await read(request), attribution);
      return reply.type("text/html; charset=utf-8").header("cache-control", "no-store").send(html);
    });
    server.get("/downstream/", (_request, reply) => reply.redirect("/downstream", 308));
    server.get("/downstream/data", async (request, reply) => {
      const data = await read(request);
      return reply.header("cache-control", "no-store").send(data);
    });
    for (const [name, type] of Object.entries(ASSETS)) {
      const content = readFileSync(new URL(`assets/${name}`, import.meta.url));
      const tag = `"${createHash("sha256").update(content).digest("hex").slice(0, 16)}"`;
      server.get(`/downstream/${name}`, (request: FastifyRequest, reply: FastifyReply) => {
        reply.header("etag", tag).header("cache-control", "no-cache");
        if (request.headers["if-none-match"] === tag) return reply.code(304).send();
        return reply.type(type).send(content);
      });
    }
  };
}
