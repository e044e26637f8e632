import type { IncomingMessage } from "node:http";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clientAddress, networkOf, plainAddress } from "./client-address.ts";

function from(remoteAddress: string | undefined, forwarded?: string): IncomingMessage {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  const socket = { remoteAddress };
  return { headers, socket, connection: socket } as unknown as IncomingMessage;
}

describe("clientAddress", () => {
  it("is the socket's peer where no proxy is trusted, whatever is claimed", () => {
    const address = clientAddress([]);
    expect(address(from("198.51.100.7", "203.0.113.9"))).toBe("198.51.100.7");
    expect(address(from("::ffff:198.51.100.7"))).toBe("198.51.100.7");
    expect(address(from(undefined))).toBe("127.0.0.1");
  });

  it("is what a trusted proxy saw, and never what stands before an untrusted one", () => {
    const address = clientAddress(["loopback", "10.0.0.0/8"]);
    expect(address(from("127.0.0.1", "203.0.113.9"))).toBe("203.0.113.9");
    expect(address(from("::ffff:127.0.0.1", "203.0.113.9"))).toBe("203.0.113.9");
    expect(address(from("127.0.0.1", "203.0.113.9, 10.1.2.3"))).toBe("203.0.113.9");
    expect(address(from("127.0.0.1", "8.8.8.8, 203.0.113.9, 10.1.2.3"))).toBe("203.0.113.9");
    expect(address(from("198.51.100.7", "203.0.113.9"))).toBe("198.51.100.7");
    expect(address(from(undefined, "2001:db8::7"))).toBe("2001:db8::7");
  });

  it("takes addresses with ports, and the proxy's own for what is no address", () => {
    const address = clientAddress(["loopback"]);
    expect(address(from("127.0.0.1", "203.0.113.9:4711"))).toBe("203.0.113.9");
    expect(address(from("127.0.0.1", "[2001:db8::7]:4711"))).toBe("2001:db8::7");
    expect(address(from("127.0.0.1", "unknown"))).toBe("127.0.0.1");
    fc.assert(
      fc.property(fc.string(), (claimed) => {
        expect(plainAddress(address(from("127.0.0.1", claimed)))).toBeDefined();
      }),
    );
  });

  it("refuses a list of proxies that is none", () => {
    expect(() => clientAddress(["example.org"])).toThrow(TypeError);
  });
});

describe("networkOf", () => {
  it("is an IPv4 address, or an IPv6 /64", () => {
    expect(networkOf("203.0.113.9")).toBe("203.0.113.9");
    expect(networkOf("2001:db8:1:2::1")).toBe(networkOf("2001:db8:1:2:ffff::9"));
    expect(networkOf("2001:db8:1:2::1")).not.toBe(networkOf("2001:db8:1:3::1"));
  });
});
