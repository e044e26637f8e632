import { expect, it } from "vitest";
import { doneOf, firstOf, type There } from "./steps.ts";

const all: There = { hasKey: true, deposit: 1n, hasPhrase: true, packages: 1 };

it("ticks each step that is done, and begins at the first that is not", () => {
  expect(doneOf(all)).toEqual({ key: true, wallet: true, phrase: true, folder: true });
  const lacking: [Partial<There>, string][] = [
    [{ hasKey: false }, "key"],
    [{ deposit: 0n }, "wallet"],
    [{ hasPhrase: false }, "phrase"],
    [{ packages: 0 }, "folder"],
    [{ deposit: 0n, hasPhrase: false, packages: 0 }, "wallet"],
    [{}, "folder"],
  ];
  for (const [lack, step] of lacking) expect([lack, firstOf(doneOf({ ...all, ...lack }))]).toEqual([lack, step]);
  expect(doneOf({ ...all, deposit: 0n })).toMatchObject({ key: true, wallet: false, phrase: true, folder: true });
  // What another browser made says nothing of this one's key.
  expect(doneOf({ ...all, hasKey: false })).toEqual({ key: false, wallet: false, phrase: false, folder: true });
});
