import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { httpUrl, listenError, localUrl } from "./listening.ts";

function listen(host: string, port = 0): Promise<{ address: AddressInfo; close: () => void }> {
  return new Promise((resolve, reject) => {
    const server = createServer((_, response) => response.end("here"));
    server.once("error", reject);
    server.listen(port, host, () => resolve({ address: server.address() as AddressInfo, close: () => server.close() }));
  });
}

describe("the URL of what listens", () => {
  it.each(["127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::", "localhost"])("leads to it: %s", async (host) => {
    const { address, close } = await listen(host);
    const url = localUrl(address);
    expect(new URL(url).href).toBe(`${url}/`);
    expect(await (await fetch(url)).text()).toBe("here");
    close();
  });

  it("has an IPv6 address in brackets, and an IPv4 address within it as that", () => {
    expect(httpUrl("2001:db8::7", 80)).toBe("http://[2001:db8::7]:80");
    expect(localUrl({ address: "::ffff:127.0.0.2", port: 1 })).toBe("http://127.0.0.2:1");
  });
});

describe("a host or port that cannot be used", () => {
  it("is named, with what to set", async () => {
    const settings = { hostSetting: "CAIRN_HOST", portSetting: "--port" };
    const { address, close } = await listen("127.0.0.1");
    const failed = async (host: string, port: number) =>
      listenError(await listen(host, port).catch((error: unknown) => error), { host, port, ...settings });
    expect(await failed("127.0.0.1", address.port)).toMatchObject({
      code: "port-taken",
      next: expect.stringContaining("--port"),
    });
    for (const host of ["192.0.2.7", "2001:db8::7", "no.such.host.invalid", "not a host"]) {
      expect(await failed(host, 0)).toMatchObject({
        code: "address-unusable",
        message: expect.stringContaining(host),
        next: expect.stringContaining("CAIRN_HOST"),
      });
    }
    close();
  });
});
