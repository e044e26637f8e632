import { expect, it } from "vitest";
import { formatBytes } from "./format.ts";
import { contentWords } from "./ls.ts";

const row = { files: 0, bytes: 0, progress: { stage: "receiving", done: 0, total: 0 } };

it("says of an upload under way what was received, and nothing that is not known yet", () => {
  expect(contentWords({ ...row, state: "RECEIVING" })).toEqual(["—", "—"]);
  const progress = { ...row.progress, done: 5_000_000 };
  expect(contentWords({ ...row, state: "RECEIVING", progress })).toEqual(["—", "5.00 MB so far"]);
  expect(contentWords({ ...row, state: "STORED", files: 2, bytes: 1000 })).toEqual(["2", formatBytes(1000)]);
});
