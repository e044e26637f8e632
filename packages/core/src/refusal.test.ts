import { CairnError, type ErrorKind, ProviderRefusal } from "@cairn/protocol";
import { describe, expect, it } from "vitest";
import type { SubmissionResult } from "./ports/ledger.ts";
import { faultOf, isTooLong, sendForEach, submitRefusal } from "./refusal.ts";

const taken: SubmissionResult = { transaction: "0x01", block: 1, ok: true };
const inVain: SubmissionResult = { transaction: "0x02", block: 2, ok: false, revert: "over" };
const away = new CairnError("the chain is away", { code: "chain-unreachable", kind: "unavailable" });
const foreseen = new CairnError("not yours", { code: "reverted", kind: "conflict" });
const throwing = (error: Error) => async () => {
  throw error;
};

describe("faultOf", () => {
  const of = (code: ConstructorParameters<typeof CairnError>[1]["code"], kind: ErrorKind) => ({ code, kind });
  const ours = [of("chain-unreachable", "unavailable"), of("stopping", "unavailable"), of("busy", "unavailable")];
  const unknown = [of("provider-unreachable", "unavailable"), of("provider-timeout", "unavailable")];
  const more = [of("provider-busy", "unavailable"), of("unreachable", "unavailable"), of("short-read", "corrupt")];

  it("blames nobody for what this process could not do, and waits for who was not heard", () => {
    expect(faultOf(new TypeError("a mistake"))).toBe("ours");
    for (const one of ours) expect(faultOf(new CairnError("x", one))).toBe("ours");
    for (const one of [...unknown, ...more]) expect(faultOf(new CairnError("x", one))).toBe("unknown");
    expect(faultOf(new CairnError("x", of("wrong-proof", "corrupt")))).toBe("theirs");
  });

  it("lets no code that a provider chose excuse it", () => {
    for (const one of [...ours, ...unknown, ...more]) expect(faultOf(new ProviderRefusal("x", one))).toBe("theirs");
  });

  it("takes nobody's own word for having sent too much", () => {
    const long = of("long-read", "corrupt");
    expect(isTooLong(new CairnError("x", long))).toBe(true);
    expect(isTooLong(new ProviderRefusal("x", long))).toBe(false);
    expect(isTooLong(new CairnError("x", of("short-read", "corrupt")))).toBe(false);
  });
});

describe("submitRefusal", () => {
  it("gives the refusal that the node foresaw, and that of a transaction mined in vain", async () => {
    expect(await submitRefusal(async () => taken)).toBeUndefined();
    expect(await submitRefusal(throwing(foreseen))).toBe(foreseen);
    expect(await submitRefusal(async () => inVain)).toMatchObject({ code: "reverted", message: "over" });
  });

  it("throws what is not the contract's word", async () => {
    await expect(submitRefusal(throwing(away))).rejects.toBe(away);
  });
});

describe("sendForEach", () => {
  it("sends once while nothing is refused, and nothing about nothing", async () => {
    const sent: number[][] = [];
    const send = async (items: readonly number[]) => {
      sent.push([...items]);
      return taken;
    };
    expect(await sendForEach([1, 2, 3], send)).toEqual([]);
    expect(await sendForEach([], send)).toEqual([]);
    expect(sent).toEqual([[1, 2, 3]]);
  });

  it("halves what is refused together until the bad ones stand alone, and names them", async () => {
    const sent: number[][] = [];
    const send = async (items: readonly number[]) => {
      sent.push([...items]);
      return items.includes(2) ? inVain : taken;
    };
    expect(await sendForEach([1, 2, 3], send)).toMatchObject([{ item: 2, refusal: { message: "over" } }]);
    expect(sent).toEqual([[1, 2, 3], [1, 2], [3], [1], [2]]);
  });

  it("takes no more blocks than halving does, whichever are bad", async () => {
    const items = Array.from({ length: 32 }, (_, i) => i);
    for (const bad of [[5], [0, 31], [3, 4, 17, 18, 30], items]) {
      let blocks = 0;
      let waiting: (() => void)[] = [];
      // All that is sent before a block is made is in it.
      const nextBlock = () =>
        new Promise<void>((resolve) => {
          if (waiting.push(resolve) > 1) return;
          setImmediate(() => {
            blocks++;
            const included = waiting;
            waiting = [];
            for (const include of included) include();
          });
        });
      const done: number[] = [];
      const refused = await sendForEach(items, async (some) => {
        await nextBlock();
        if (some.some((item) => bad.includes(item))) return inVain;
        done.push(...some);
        return taken;
      });
      expect(refused.map(({ item }) => item)).toEqual(bad);
      expect(done.toSorted((x, y) => x - y)).toEqual(items.filter((item) => !bad.includes(item)));
      expect(blocks).toBeLessThanOrEqual(6);
    }
  });

  it("sends what is still open together where the others needed nothing any more", async () => {
    const sent: number[][] = [];
    const send = async (items: readonly number[]) => {
      sent.push([...items]);
      return items.includes(1) ? inVain : taken;
    };
    expect(await sendForEach([1, 2, 3, 4], send, async () => [2, 3, 4])).toEqual([]);
    expect(sent).toEqual([
      [1, 2, 3, 4],
      [2, 3, 4],
    ]);
  });

  it("sends what is still open alone, though it is only one, and blames nothing for what was refused together", async () => {
    const sent: number[][] = [];
    const send = async (items: readonly number[]) => {
      sent.push([...items]);
      return items.includes(1) ? inVain : taken;
    };
    expect(await sendForEach([1, 2], send, async () => [2])).toEqual([]);
    expect(sent).toEqual([[1, 2], [2]]);
  });

  it("stops after the first failure that is no refusal, and what was sent with it", async () => {
    const sent: number[][] = [];
    const send = async (items: readonly number[]) => {
      sent.push([...items]);
      if (items.length > 1) return inVain;
      throw away;
    };
    await expect(sendForEach([1, 2], send)).rejects.toBe(away);
    expect(sent).toEqual([[1, 2], [1], [2]]);
  });
});
