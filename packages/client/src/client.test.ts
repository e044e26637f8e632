import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CairnClient } from "./client.ts";

describe("a list in pages", () => {
  let server: Server;
  let client: CairnClient;
  let asked: (string | null)[];
  let answer: (after: string | null) => unknown;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const after = new URL(request.url ?? "", "http://127.0.0.1").searchParams.get("after");
      asked.push(after);
      const page = answer(after);
      response
        .setHeader("content-type", "application/json")
        .end(typeof page === "string" ? page : JSON.stringify(page));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    client = new CairnClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: "t" });
  });
  afterAll(() => new Promise((done) => server.close(done)));

  const listed = async (pages: (after: string | null) => unknown) => {
    asked = [];
    answer = pages;
    return client.recoverable();
  };
  const entry = (digit: string) => ({ documentHash: `0x${digit.repeat(64)}`, deals: 4, known: null });

  it("is read to its end, page after page", async () => {
    const pages: Record<string, unknown> = {
      null: { packages: [entry("a"), entry("b")], next: "b" },
      b: { packages: [entry("c")], next: null },
    };
    expect(await listed((after) => pages[String(after)])).toEqual([entry("a"), entry("b"), entry("c")]);
    expect(asked).toEqual([null, "b"]);
  });

  it("ends at a page without anything, whatever cursor comes with it", async () => {
    expect(await listed(() => ({ packages: [], next: "more" }))).toEqual([]);
    expect(asked).toEqual([null]);
  });

  it("ends when a gateway makes up page after page", async () => {
    // Written once: the eleven answers are slow enough where the machine is busy.
    const page = JSON.stringify({ packages: Array.from({ length: 100_000 }, () => entry("a")), next: "more" });
    await expect(listed(() => page)).rejects.toMatchObject({ code: "bad-answer" });
    expect(asked).toHaveLength(11);
  });

  it.each([[[]], [{}], [{ packages: "all", next: null }], [{ packages: [0], next: null }], [null]])(
    "is no page: %j",
    async (page) => {
      await expect(listed(() => page)).rejects.toMatchObject({ code: "bad-answer" });
    },
  );
});
