import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isBelow } from "@cairn/doors";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from "fastify";

/** As `console.json` of a built console says. */
interface Described {
  /** Where the shell stands; its own script finds the page. */
  paths: string[];
  files: string[];
}

/** A console that was built, as the gateway serves it: all of it in memory. */
export interface BuiltConsole {
  shell: Buffer;
  paths: readonly string[];
  files: ReadonlyMap<string, { content: Buffer; gzip: Buffer | undefined }>;
}

/**
 * Nothing runs or is styled but the console's own files, and nothing is asked but this gateway. WASM is for hashing and ciphers; `blob:` is for
 * previews of what was decrypted in the page, which stands in frames without scripts.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "media-src blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self'",
  "frame-src blob:",
  "object-src 'none'",
  "manifest-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");
const HEADERS = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=()",
};
const TYPES = new Map(
  Object.entries({
    css: "text/css; charset=utf-8",
    js: "text/javascript; charset=utf-8",
    json: "application/json; charset=utf-8",
    svg: "image/svg+xml",
    wasm: "application/wasm",
  }),
);
/** Names change with what is in them. */
const FOR_EVER = "public, max-age=31536000, immutable";
const FILES = "/console/";
/** Below these nobody is shown a page. */
const NO_PAGES = ["/api", "/console"];

/** @param directory as `node bin/run.mjs console` makes it */
export function readConsole(directory: string): BuiltConsole {
  const { paths, files } = JSON.parse(readFileSync(join(directory, "console.json"), "utf8")) as Described;
  const there = new Set(readdirSync(directory));
  return {
    shell: readFileSync(join(directory, "shell.html")),
    paths,
    files: new Map(
      files.map((name) => {
        const gzip = there.has(`${name}.gz`) ? readFileSync(join(directory, `${name}.gz`)) : undefined;
        return [name, { content: readFileSync(join(directory, name)), gzip }];
      }),
    ),
  };
}

/**
 * The console: its shell at `/` and where its pages stand, its files below `/console/`. What a door has below one of these paths is the door's.
 * A browser that is sent to any other address gets the shell with status 404: the shell says that nothing is there. Programs get the error.
 */
export function consoleRoutes({ shell, paths, files }: BuiltConsole, doors: readonly string[]): FastifyPluginAsync {
  const atDoor = isBelow(doors);
  const isPageless = isBelow([...doors, ...NO_PAGES]);
  const send = (reply: FastifyReply) =>
    reply.headers(HEADERS).header("cache-control", "no-store").type("text/html; charset=utf-8").send(shell);
  const open = { config: { access: "open" }, schema: { hide: true } } as const;
  return async (server) => {
    for (const path of paths) {
      if (atDoor(path)) continue;
      server.get(path, open, (_request, reply) => send(reply));
      if (path !== "/") server.get(`${path}/*`, open, (_request, reply) => send(reply));
    }
    server.get("/*", open, (request, reply) => {
      const navigates = /\btext\/html\b/.test(request.headers.accept ?? "") && !isPageless(request.url);
      return navigates ? send(reply.code(404)) : reply.callNotFound();
    });
    server.get(`${FILES}:name`, open, (request: FastifyRequest, reply: FastifyReply) => {
      const { name } = request.params as { name: string };
      const file = files.get(name);
      if (file === undefined) return reply.callNotFound();
      const zipped = file.gzip !== undefined && /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
      if (zipped) reply.header("content-encoding", "gzip");
      return reply
        .headers(HEADERS)
        .header("cache-control", FOR_EVER)
        .header("vary", "accept-encoding")
        .type(TYPES.get(name.slice(name.lastIndexOf(".") + 1)) ?? "application/octet-stream")
        .send(zipped ? file.gzip : file.content);
    });
  };
}
