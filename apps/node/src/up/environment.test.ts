import { hostCheck } from "@cairn/process/entrances";
import { describe, expect, it } from "vitest";
import { chainUrlOf, checkEnvironment, doorPort, gatewayNames, portOf, trustedProxies } from "./environment.ts";

describe("gatewayNames", () => {
  const serves = (environment: NodeJS.ProcessEnv, host: string) =>
    hostCheck({ names: gatewayNames(environment), pages: "own" })({
      headers: { host },
      socket: { localAddress: "192.0.2.1" },
    }) === undefined;

  it("are those that were told, and the one that the gateway listens at", () => {
    const environment = {
      CAIRN_HOST: " Box.example ",
      CAIRN_ALLOWED_HOSTS: "cairn.example, https://other.example:8443",
    };
    for (const host of ["box.example:7460", "cairn.example", "other.example", "localhost:1", "192.0.2.1:7460"]) {
      expect([host, serves(environment, host)]).toEqual([host, true]);
    }
    expect(serves(environment, "evil.example")).toBe(false);
  });

  it.each(["", "0.0.0.0", "::", "192.0.2.9", "fe80::1%eth0"])("take no address for a name: %s", (host) => {
    expect(gatewayNames({ CAIRN_HOST: host })).toEqual([]);
    expect(serves({ CAIRN_HOST: host }, "evil.example")).toBe(false);
  });
});

describe("settings of the environment", () => {
  it("are named when they are none", () => {
    expect([{}, { X: "" }, { X: "0" }, { X: "65535" }].map((one) => portOf("X", one))).toEqual([
      undefined,
      undefined,
      0,
      65_535,
    ]);
    for (const text of ["x", "-1", "65536", "1.5"]) {
      expect(() => portOf("CAIRN_CHAIN_PORT", { CAIRN_CHAIN_PORT: text })).toThrowError(
        expect.objectContaining({ code: "bad-settings", message: `CAIRN_CHAIN_PORT is "${text}", which is no port` }),
      );
    }
    expect(trustedProxies({ CAIRN_TRUSTED_PROXIES: " loopback, 10.0.0.0/8 " })).toEqual(["loopback", "10.0.0.0/8"]);
    expect(() => trustedProxies({ CAIRN_TRUSTED_PROXIES: "foo" })).toThrowError(
      expect.objectContaining({
        code: "bad-settings",
        message: expect.stringContaining('CAIRN_TRUSTED_PROXIES is "foo"'),
      }),
    );
  });

  it.each([
    "CAIRN_ARCHIVE",
    "CAIRN_CHAIN_FINALITY",
    "CAIRN_PIECE_LIMIT",
    "CAIRN_TRUSTED_PROXIES",
    "CAIRN_SHARED",
    "CAIRN_PUBLIC_URL",
    "CAIRN_LOG",
  ])("are refused under one code, by name, before anything starts: %s", (name) => {
    expect(() => checkEnvironment({ [name]: "" })).not.toThrow();
    expect(() => checkEnvironment({ [name]: "foo" })).toThrowError(
      expect.objectContaining({ code: "bad-settings", message: expect.stringContaining(`${name} is "foo"`) }),
    );
  });

  it("name a chain, which an option names first", () => {
    const environment = { CAIRN_CHAIN_URL: " wss://b.example/key " };
    expect(chainUrlOf(undefined, {})).toBeUndefined();
    expect(chainUrlOf(undefined, environment)).toBe("wss://b.example/key");
    expect(chainUrlOf("http://a.example", environment)).toBe("http://a.example");
    for (const [name, option, told] of [
      ["--chain", "ftp://a.example", {}],
      ["CAIRN_CHAIN_URL", undefined, { CAIRN_CHAIN_URL: "a.example" }],
    ] as const) {
      expect(() => chainUrlOf(option, told)).toThrowError(
        expect.objectContaining({ code: "bad-settings", message: expect.stringContaining(`${name} is "`) }),
      );
    }
  });
});

describe("doorPort", () => {
  const port = { port: 5002, setting: "CAIRN_POWERGATE_PORT" };

  it("is the door's own, or the one that is named, unless it is off", () => {
    expect(doorPort(port, {})).toEqual(port);
    expect(doorPort(port, { CAIRN_POWERGATE_PORT: "6000" })).toEqual({ ...port, port: 6000 });
    expect(doorPort(port, { CAIRN_POWERGATE_PORT: "off" })).toBeUndefined();
    expect(doorPort(port, { CAIRN_DOOR_PORTS: "off" })).toBeUndefined();
    expect(() => doorPort(port, { CAIRN_POWERGATE_PORT: "x" })).toThrow("no port");
  });
});
