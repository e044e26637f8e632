import fc from "fast-check";
import { expect, it } from "vitest";
import { addressesOf, withAddresses } from "./named-providers.ts";

const ONE = `0x42142056${"a".repeat(32)}`;
const OTHER = `0x42142056${"b".repeat(32)}`;
const THIRD = `0x9999aaaa${"c".repeat(32)}`;
const known = {
  local: [{ name: "gateway" }, { name: "provider-1", provider: ONE.toUpperCase().replace("0X", "0x") }],
  addresses: async () => [ONE, OTHER, THIRD],
};

it("takes providers by their names in this home, by the start of an address, and by all of it", async () => {
  const stranger = `0x${"5".repeat(40)}`;
  expect(await addressesOf(known, ["provider-1", "0x9999aaaa", "0x9999AAAA…", stranger])).toEqual([
    ...[ONE, THIRD, THIRD],
    stranger,
  ]);
  expect(await withAddresses(known, { only: ["0x9999aaaa"], block: ["provider-1"], k: 1 })).toEqual({
    ...{ only: [THIRD], block: [ONE], k: 1 },
  });
  expect(await withAddresses(known, {})).toEqual({});
});

it("refuses what names none or several, in a sentence", async () => {
  await expect(addressesOf(known, ["0x42142056"])).rejects.toMatchObject({
    code: "bad-options",
    message: `0x42142056 stands for 2 providers: ${ONE}, ${OTHER}`,
  });
  for (const text of ["provider-9", "gateway", "0x77777777", "0x9999", "", "constructor"])
    await expect(addressesOf(known, [text])).rejects.toMatchObject({ message: `there is no provider "${text}"` });
  await fc.assert(
    fc.asyncProperty(fc.string(), async (text) => {
      await expect(addressesOf(known, [`${text}!`])).rejects.toMatchObject({ code: "bad-options", kind: "input" });
    }),
  );
});
