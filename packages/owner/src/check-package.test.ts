import { describe, expect, it } from "vitest";
import { faultOf, nextOf } from "./check-package.ts";

it.each([
  [["damaged", "wrong-proof"], "They are being rebuilt from the others; "],
  [["silent", "silent"], "They will be rebuilt unless it comes back; "],
  [
    ["silent", "damaged"],
    "The others are being rebuilt. Those of a silent provider will be rebuilt unless it comes back; ",
  ],
  [["refused"], "They will be rebuilt unless they are proved again; "],
  [
    ["refused", "damaged"],
    "The others are being rebuilt. Those that were not shown will be rebuilt unless they are proved again; ",
  ],
])("of shards that are %j, check does not say more than is being done", (results, words) => {
  expect(nextOf(results.map((result) => ({ result })))).toBe(`${words}follow it with \`cairn events --follow\`.`);
});

describe("a shard whose provider does not answer this gateway", () => {
  const shard = (at: number, result: string, detail: string) => ({
    ...{ piece: 0, shard: at, provider: `0x${String(at).repeat(40)}` },
    result,
    detail,
  });
  const strange = "not-my-gateway: this provider answers that only to gateways that it dials";

  it("is not checked, and neither damaged nor being rebuilt", () => {
    const fault = faultOf(
      [0, 1, 2, 3].map((at) => shard(at, "refused", strange)),
      2,
    );
    expect(fault).toMatchObject({ code: "not-checked", kind: "unavailable" });
    expect(fault.message).toBe("4 of 4 shards were not checked: their providers do not serve this gateway");
    expect(fault.next).toMatch(/^No damage was found\..*gateway that stored it/);
    expect(`${fault.message} ${fault.next}`).not.toMatch(/sound|rebuilt/);
    const own = faultOf([shard(0, "unchecked", "chain-unreachable: no answer"), shard(1, "sound", "")], 1);
    expect(own.message).toBe("1 of 2 shards were not checked: the gateway itself failed meanwhile");
    expect(own).toMatchObject({ code: "not-checked", next: expect.stringContaining("later") });
    const busy = faultOf([shard(0, "refused", "busy: too much at once"), shard(1, "sound", "")], 1);
    expect(busy).toMatchObject({ code: "not-checked", message: expect.stringContaining("1 of 2") });
  });

  it("hides no damage of the others, nor what its provider lost", () => {
    const fault = faultOf([shard(0, "refused", strange), shard(1, "damaged", "bytes 0-10"), shard(2, "sound", "")], 2);
    expect(fault).toMatchObject({ code: "not-sound", kind: "corrupt" });
    expect(fault.message).toMatch(/^1 of 3 shards are not sound: shard 1 .* is damaged; 1 more were not checked: /);
    expect(fault.next).toContain("They are being rebuilt");
    expect(faultOf([shard(0, "refused", "unknown-deal: this provider has no deal 0x1")], 1).code).toBe("not-sound");
  });
});

it("does not say that a piece with too few sound shards is being rebuilt", () => {
  const shard = (piece: number, at: number, result: string) => ({
    piece,
    shard: at,
    provider: "0x1",
    result,
    detail: "",
  });
  const enough = [shard(0, 0, "sound"), shard(0, 1, "sound"), shard(0, 2, "damaged"), shard(0, 3, "silent")];
  expect(faultOf(enough, 2).next).toContain("The others are being rebuilt");
  const few = [shard(1, 0, "sound"), shard(1, 1, "damaged"), shard(1, 2, "silent")];
  const { next } = faultOf([...enough, ...few], 2);
  expect(next).toMatch(/^Of piece 1 1 shard is known to be whole, and 2 are needed/);
  expect(next).not.toMatch(/being rebuilt|will be rebuilt/);
  expect(faultOf([shard(0, 0, "damaged"), shard(0, 1, "silent")], 1).next).toContain("no shard is known to be whole");
});
