import { createHash } from "node:crypto";

const SECRET = /^[\w-]{43}$/;
/** RFC 6265bis, 4.1.3.2: such a cookie was set over https by this very host, for all of its paths, and goes to no other. */
const HOST_PREFIX = "__Host-";
/** Paths that most requests of the console lie below. */
const PLANTED = ["/api", "/api/", "/api/v1", "/api/v1/"];

/**
 * The cookie of a gateway's sessions. Browsers keep cookies by host, whatever the port: the name says whose it is, so that gateways of one host do not
 * take each other's sessions away. Gateways of one database share their users, and with them the name.
 */
export class SessionCookie {
  readonly #plain: string;
  readonly #secure: string;

  /** @param id of the database */
  constructor(id: string) {
    this.#plain = `cairn_session_${createHash("sha256").update(`cairn/session-cookie/1 ${id}`).digest("hex").slice(0, 8)}`;
    this.#secure = `${HOST_PREFIX}${this.#plain}`;
  }

  /** As pages that came by http have it; over https `__Host-` stands before it. */
  get name(): string {
    return this.#plain;
  }

  /**
   * The secret in a request's header `cookie`; empty where there is none. What was set over https counts first: by http somebody else may have set the
   * other, at another port or on the way. Of two different ones by one name neither counts: browsers send the one of the longer path first, which is
   * none that this gateway sets.
   */
  secretIn(header: string | undefined): string {
    const found = new Map<string, Set<string>>();
    for (const part of (header ?? "").split(";")) {
      const [name = "", value = ""] = part.trim().split("=", 2);
      if ((name === this.#plain || name === this.#secure) && SECRET.test(value))
        found.set(name, (found.get(name) ?? new Set()).add(value));
    }
    const [secret = "", ...others] = found.get(this.#secure) ?? found.get(this.#plain) ?? [];
    return others.length === 0 ? secret : "";
  }

  /**
   * A header `set-cookie`: for this gateway alone, for no script, and with no request that another site's page begins.
   * @param secure the page came by https
   */
  set(secret: string, { seconds, secure }: { seconds: number; secure: boolean }): string {
    const attributes = `Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}`;
    return secure ? `${this.#secure}=${secret}; ${attributes}; Secure` : `${this.#plain}=${secret}; ${attributes}`;
  }

  /** Headers `set-cookie` that end both, and what others planted beside them. */
  clear(): string[] {
    return [...[false, true].map((secure) => this.set("", { seconds: 0, secure })), ...this.clearPlanted()];
  }

  /**
   * Headers `set-cookie` that end what another server of this host set by the same name for the paths of the API. For longer paths there are too many:
   * requests below them bring both values, and have no session.
   */
  clearPlanted(): string[] {
    return PLANTED.map((path) => `${this.#plain}=; Path=${path}; HttpOnly; SameSite=Strict; Max-Age=0`);
  }
}
