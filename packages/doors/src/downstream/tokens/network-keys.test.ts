import { describe, expect, it } from "vitest";
import { networkKeys } from "./network-keys.ts";

const key = new Uint8Array(32).fill(7);

describe("networkKeys", () => {
  it("counts one IPv6 /64 as one network and tells its addresses apart", () => {
    const one = networkKeys(key, "2001:db8:1:2::1");
    const other = networkKeys(key, "2001:db8:1:2:ffff::9");
    expect(other.networkKey).toEqual(one.networkKey);
    expect(other.ipHash).not.toEqual(one.ipHash);
    expect(networkKeys(key, "2001:db8:1:3::1").networkKey).not.toEqual(one.networkKey);
  });

  it("tells every IPv4 address apart, and takes the mapped form for the same one", () => {
    const one = networkKeys(key, "192.0.2.1");
    expect(networkKeys(key, "::ffff:192.0.2.1")).toEqual(one);
    expect(networkKeys(key, "192.0.2.2").networkKey).not.toEqual(one.networkKey);
    expect(one.ipHash).not.toEqual(one.networkKey);
  });

  it("depends on the node's key", () => {
    expect(networkKeys(new Uint8Array(32), "192.0.2.1").networkKey).not.toEqual(
      networkKeys(key, "192.0.2.1").networkKey,
    );
  });

  it("refuses what is no address", () => {
    expect(() => networkKeys(key, "unix:")).toThrow(expect.objectContaining({ code: "downstream-no-ip-address" }));
  });
});
