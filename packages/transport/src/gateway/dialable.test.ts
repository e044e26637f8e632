import { type AddressInfo, createServer, isIP } from "node:net";
import { describe, expect, it } from "vitest";
import { callHttp } from "../http/call-http.ts";
import { lookupPublic, parseEndpoint, publicLookup } from "./dialable.ts";

describe("parseEndpoint", () => {
  it.each([
    "http://provider.example",
    "https://provider.example:8443",
    "http://203.0.113.7:4401",
    "http://[2001:db8::1]:80",
  ])("takes %s", (endpoint) => expect(parseEndpoint(endpoint, false).protocol).toMatch(/^https?:$/));

  it.each([
    "",
    "provider.example",
    "ftp://provider.example",
    "file:///etc/passwd",
    "http://user:pass@provider.example",
    "http://provider.example/path",
    "http://provider.example/?q",
    `http://${"a".repeat(300)}.example`,
  ])("refuses %j on any network", (endpoint) => {
    expect(() => parseEndpoint(endpoint, true)).toThrowError(/not an endpoint/);
  });

  it.each([
    "http://127.0.0.1:4400",
    "http://10.1.2.3",
    "http://192.168.0.1",
    "http://169.254.169.254",
    "http://[::1]",
    "http://[fd00::1]",
    "http://[::ffff:127.0.0.1]",
    "http://[::127.0.0.1]",
    "http://[::ffff:0:127.0.0.1]",
    "http://[64:ff9b:1::7f00:1]",
    "http://[2002:7f00:1::]",
    "http://[fec0::1]",
    "http://0x7f000001",
    "http://2130706433",
  ])("refuses the private %s unless told otherwise", (endpoint) => {
    expect(() => parseEndpoint(endpoint, false)).toThrowError(/not an endpoint/);
    expect(parseEndpoint(endpoint, true)).toBeInstanceOf(URL);
  });
});

describe("lookupPublic", () => {
  it("gives no private address for a name", async () => {
    const error = await new Promise((resolve) => lookupPublic("localhost", { all: true }, (found) => resolve(found)));
    expect(error).toMatchObject({ code: "bad-endpoint" });
  });

  it("looks at each answer of a name that changes where it leads, and dials none that is private", async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const answers = [["203.0.113.9"], ["127.0.0.1"], ["::ffff:127.0.0.1", "10.0.0.1"]];
    let asked = 0;
    const rebinding = ((_name: string, _options: object, callback: (error: null, found: object[]) => void) => {
      const found = answers[asked++] ?? ["127.0.0.1"];
      callback(
        null,
        found.map((address) => ({ address, family: isIP(address) })),
      );
    }) as never;
    const lookup = publicLookup(rebinding);
    const look = () =>
      new Promise((resolve) => lookup("evil.example", { all: true }, (error, found) => resolve(error ?? found)));
    expect(await look()).toEqual([{ address: "203.0.113.9", family: 4 }]);
    expect(await look()).toMatchObject({ code: "bad-endpoint" });
    // The name was public when somebody looked; the connection is made by its own look, which is not.
    const call = callHttp({ url: new URL(`http://evil.example:${port}/`), lookup, fresh: true });
    await expect(call).rejects.toMatchObject({ code: "bad-endpoint" });
    expect(asked).toBe(3);
    expect(connections).toBe(0);
    await new Promise((resolve) => server.close(resolve));
  });
});
