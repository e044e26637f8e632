import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { exactBody } from "./exact-body.ts";

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("exactBody", () => {
  it("gives exactly what was asked for, or says what came", async () => {
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.nat(600), async (sent, length) => {
        const whole = Buffer.concat(sent);
        const source = Readable.from(sent.map((chunk) => Buffer.from(chunk)));
        const reading = collect(exactBody(source, length));
        if (whole.length === length) expect((await reading).equals(whole)).toBe(true);
        else {
          await expect(reading).rejects.toMatchObject({ code: whole.length > length ? "long-read" : "short-read" });
          expect(source.destroyed).toBe(true);
        }
      }),
    );
  });

  it("gives out no byte beyond the length", async () => {
    const seen: number[] = [];
    const source = Readable.from([Buffer.alloc(10), Buffer.alloc(10)]);
    await expect(
      (async () => {
        for await (const chunk of exactBody(source, 15)) seen.push(chunk.length);
      })(),
    ).rejects.toMatchObject({ code: "long-read" });
    expect(seen).toEqual([10]);
  });

  it("times the peer", async () => {
    const source = new Readable({ read() {} });
    source.push(Buffer.alloc(5));
    await expect(collect(exactBody(source, 10, 0.1))).rejects.toMatchObject({ code: "provider-timeout" });
    expect(source.destroyed).toBe(true);
  });

  it("leaves a peer that is never silent, and sends next to nothing", async () => {
    const source = new Readable({ read() {} });
    const trickle = setInterval(() => source.push(Buffer.alloc(1)), 20);
    try {
      await expect(collect(exactBody(source, 1000, 0.2))).rejects.toMatchObject({ code: "provider-timeout" });
    } finally {
      clearInterval(trickle);
    }
    expect(source.destroyed).toBe(true);
  });

  it("waits for a slow peer that goes on", async () => {
    const source = new Readable({ read() {} });
    let sent = 0;
    const going = setInterval(() => {
      source.push(Buffer.alloc(8_192));
      sent += 8_192;
      if (sent === 122_880) {
        clearInterval(going);
        source.push(null);
      }
    }, 50);
    expect(await collect(exactBody(source, 122_880, 0.5))).toHaveLength(122_880);
  });

  it("does not time a slow reader", async () => {
    const source = Readable.from([Buffer.alloc(5), Buffer.alloc(5)]);
    let total = 0;
    for await (const chunk of exactBody(source, 10, 0.05)) {
      await delay(150);
      total += chunk.length;
    }
    expect(total).toBe(10);
  });

  it("lets go of the source when the reader stops", async () => {
    const source = Readable.from([Buffer.alloc(5), Buffer.alloc(5)]);
    for await (const _ of exactBody(source, 10)) break;
    expect(source.destroyed).toBe(true);
  });
});
