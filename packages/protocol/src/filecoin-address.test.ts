import fc from "fast-check";
import { getAddress } from "viem";
import { expect, it } from "vitest";
import { address0xToF410, addressOfText } from "./filecoin-address.ts";
import type { Address } from "./words.ts";

/** Made with iso-filecoin 7.4.7: `fromEthAddress(address, "mainnet")`; the first also stands in Filecoin's documentation. */
const VECTORS: [Address, string][] = [
  ["0xd388ab098ed3e84c0d808776440b48f685198498", "f410f2oekwcmo2pueydmaq53eic2i62crtbeyuzx2gmy"],
  ["0x0000000000000000000000000000000000000000", "f410faaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaonc6iji"],
  ["0xffffffffffffffffffffffffffffffffffffffff", "f410f77777777777777777777777777777777dligzoq"],
  ["0x52963ef50e27e06d72d59fcb4f3c2a687be3cfef", "f410fkkld55ioe7qg24wvt7fu6pbknb56ht7pt4zamxa"],
  ["0x1ed1c97900fb842d269cff0524b32f51d8bd95fc", "f410fd3i4s6ia7occ2ju474csjmzpkhml3fp4o6ksihi"],
  ["0x4afab0ff438e88ca2f5b170a679fc84f27d61e32", "f410fjl5lb72dr2emul23c4fgph6ij4t5mhrs3r263ly"],
  ["0xafd42b0630edf3c44e4d333ff6436b500fbfe02c", "f410fv7kcwbrq5xz4itsngm77mq3lkah37ybmq5uvzoq"],
  ["0xa51cb86dfcdb21756fba86c54f866099e9c5278f", "f410fuuolq3p43mqxk352q3cu7btathu4kj4pr5o2a4y"],
];

it.each(VECTORS)("%s is %s and back, on both kinds of network", (address, text) => {
  expect(address0xToF410(address)).toBe(text);
  expect(addressOfText(text)).toBe(address);
  const test = text.replace(/^f/, "t");
  expect([address0xToF410(address, "t"), addressOfText(test)]).toEqual([test, address]);
});

const addresses = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes): Address => `0x${Buffer.from(bytes).toString("hex")}`);

it("goes forth and back for every address, and takes none with a digit changed", () => {
  fc.assert(
    fc.property(addresses, fc.nat(38), fc.nat(30), (address, place, by) => {
      const text = address0xToF410(address);
      expect(addressOfText(text)).toBe(address);
      if (text.startsWith("f0")) return;
      const digits = "abcdefghijklmnopqrstuvwxyz234567";
      const at = 5 + place;
      const other = digits[(digits.indexOf(text[at]!) + 1 + by) % 32]!;
      if (other === text[at]) return;
      const bent = text.slice(0, at) + other + text.slice(at + 1);
      expect(() => addressOfText(bent)).toThrow(expect.objectContaining({ code: "bad-address" }));
    }),
  );
});

it("takes mixed capitals only where they are EIP-55's", () => {
  // Of EIP-55 itself.
  const right = "0x52908400098527886E0F7030069857D2E4169EE7";
  const mixed = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359";
  for (const text of [right, mixed, mixed.toLowerCase(), `0x${mixed.slice(2).toUpperCase()}`])
    expect(addressOfText(text)).toBe(text.toLowerCase());
  fc.assert(
    fc.property(addresses, fc.nat(39), (address, place) => {
      const text = getAddress(address);
      expect(addressOfText(text)).toBe(address);
      const at = 2 + place;
      const bent = `${text.slice(0, at)}${other(text.charAt(at))}${text.slice(at + 1)}`;
      if (bent === text || bent === bent.toLowerCase() || bent.slice(2) === bent.slice(2).toUpperCase()) return;
      expect(() => addressOfText(bent)).toThrow(expect.objectContaining({ code: "bad-address" }));
    }),
  );
});

/** The letter in the other case. */
const other = (letter: string) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase());

it("writes a masked id as the actor's id", () => {
  const masked: Address = `0xff${"0".repeat(22)}00000000000004d2`;
  expect([address0xToF410(masked), addressOfText("f01234")]).toEqual(["f01234", masked]);
});

it.each([
  "",
  "0x12",
  "f1abjxfbp274xpdqcpuaykwkfb43omjotacm2p3za",
  "f410f",
  "f099999999999999999999",
  `0x${"g".repeat(40)}`,
])("refuses %j", (text) =>
  expect(() => addressOfText(text)).toThrow(expect.objectContaining({ code: "bad-address", kind: "input" })),
);
