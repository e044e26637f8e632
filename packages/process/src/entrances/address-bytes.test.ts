import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addressBytes } from "./address-bytes.ts";

const hex = (text: string) => addressBytes(text)?.toString("hex");

describe("addressBytes", () => {
  it("reads every way of writing an address", () => {
    expect(hex("192.0.2.1")).toBe("c0000201");
    expect(hex("::ffff:192.0.2.1")).toBe("c0000201");
    expect(hex("::ffff:c000:0201")).toBe("c0000201");
    expect(hex("2001:db8::1")).toBe("20010db8000000000000000000000001");
    expect(hex("2001:DB8:0:0:0:0:0:1")).toBe("20010db8000000000000000000000001");
    expect(hex("fe80::1%eth0")).toBe("fe800000000000000000000000000001");
    expect(hex("::")).toBe("0".repeat(32));
    expect(hex("64:ff9b::192.0.2.33")).toBe("0064ff9b0000000000000000c0000221");
  });

  it("takes nothing else for an address", () => {
    for (const text of ["", "localhost", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1::2::3", "::1/64", "/tmp/socket"])
      expect(addressBytes(text)).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => [undefined, 4, 16].includes(addressBytes(text)?.length)));
  });

  it("agrees with the address's groups, shortened or not", () => {
    fc.assert(
      fc.property(fc.ipV6(), (text) => {
        // The platform's own reader of addresses is the reference.
        const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1);
        expect(hex(text)).toBe(hex(canonical));
      }),
    );
  });
});
