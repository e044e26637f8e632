import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HostCheckSettings, hostCheck } from "./host-check.ts";

const ask = (settings: HostCheckSettings, headers: Record<string, string>, localAddress = "127.0.0.1") =>
  hostCheck(settings)({ headers, socket: { localAddress } })?.code;

describe("hostCheck", () => {
  const settings: HostCheckSettings = { names: ["cairn.example", "https://Store.Example:8443/x"], pages: "own" };

  it.each(["localhost", "LOCALHOST:43000", "127.0.0.1:1", "[::1]:80", "cairn.example", "store.example:8443"])(
    "serves %s",
    (host) => expect(ask(settings, { host })).toBeUndefined(),
  );

  it.each([
    "",
    "evil.example",
    "cairn.example.evil.example",
    "127.0.0.1.evil.example:80",
    "localhost.evil.example",
    "localhost@evil.example",
    "localhost:80:80",
    "evil.example/localhost",
    "[::2]",
    "10.0.0.1",
    "0x7f000001",
    "127.1",
  ])("refuses %j", (host) => expect(ask(settings, { host })).toBe("wrong-host"));

  it("refuses a request without Host", () => expect(ask(settings, {})).toBe("wrong-host"));

  it("serves the address that the connection came in at", () => {
    expect(ask(settings, { host: "192.0.2.7:43000" }, "192.0.2.7")).toBeUndefined();
    expect(ask(settings, { host: "192.0.2.7:43000" }, "::ffff:192.0.2.7")).toBeUndefined();
    expect(ask(settings, { host: "[2001:db8:0::7]" }, "2001:db8::7")).toBeUndefined();
    expect(ask(settings, { host: "192.0.2.8" }, "192.0.2.7")).toBe("wrong-host");
  });

  it("serves own pages where there are any, and no others", () => {
    const host = "localhost:43000";
    expect(ask(settings, { host, origin: "http://localhost:43000" })).toBeUndefined();
    for (const origin of ["http://evil.example", "http://localhost:3000", "https://localhost", "null", "", "file://"]) {
      expect(ask(settings, { host, origin })).toBe("foreign-page");
    }
    expect(ask({ pages: "none" }, { host, origin: "http://localhost:43000" })).toBe("foreign-page");
  });

  it("takes by https no page of its own name that came by http, by the socket or a trusted proxy's word", () => {
    const host = "cairn.example";
    const isProxy = (address: string) => address === "10.0.0.9";
    const code = (socket: object, origin: string, proto?: string) =>
      hostCheck({ ...settings, isProxy })({
        headers: {
          host,
          origin: `${origin}://${host}`,
          ...(proto === undefined ? {} : { "x-forwarded-proto": proto }),
        },
        socket: { localAddress: "10.0.0.1", ...socket },
      })?.code;
    const [tls, plain, proxy] = [{ encrypted: true }, {}, { remoteAddress: "::ffff:10.0.0.9" }];
    expect([code(tls, "https"), code(tls, "http")]).toEqual([undefined, "foreign-page"]);
    expect([code(plain, "http"), code(plain, "https")]).toEqual([undefined, undefined]);
    for (const proto of ["https", "HTTPS, http"]) {
      expect([code(proxy, "https", proto), code(proxy, "http", proto)]).toEqual([undefined, "foreign-page"]);
    }
    expect([code(proxy, "https", "http"), code(proxy, "http", "http")]).toEqual(["foreign-page", undefined]);
    // Anybody else's word is none.
    for (const proto of ["http", "https"]) {
      expect(code({ encrypted: true, remoteAddress: "10.0.0.8" }, "http", proto)).toBe("foreign-page");
      expect(code({ encrypted: true, remoteAddress: "10.0.0.8" }, "https", proto)).toBeUndefined();
    }
  });

  it("lets a protocol's own clients call it what they like, but no foreign page", () => {
    const any: HostCheckSettings = { pages: "own", anyHost: true };
    expect(ask(any, { host: "whatever.example" })).toBeUndefined();
    expect(ask(any, {})).toBeUndefined();
    expect(ask(any, { host: "whatever.example", origin: "http://evil.example" })).toBe("foreign-page");
  });

  it("answers any text", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (host, origin) => {
        expect([undefined, "wrong-host", "foreign-page"]).toContain(ask(settings, { host, origin }));
      }),
    );
  });

  it("takes no name that cannot be one", () => {
    expect(() => hostCheck({ names: ["two words"], pages: "own" })).toThrowError(/no host name/);
  });
});
