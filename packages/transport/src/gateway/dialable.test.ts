import { describe, expect, it } from "vitest";
import { lookupPublic, parseEndpoint } from "./dialable.ts";

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
});
