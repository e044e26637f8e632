import { expect, it } from "vitest";
import { submissionId } from "./submission-id.ts";

it("names a submission by its deals in any order, and tells other deals, acts and attempts apart", () => {
  const id = submissionId("cancel", ["0x01", "0x02"]);
  expect(submissionId("cancel", ["0x02", "0x01"])).toBe(id);
  const others = [
    submissionId("cancel", ["0x01"]),
    submissionId("expire", ["0x01", "0x02"]),
    submissionId("cancel", ["0x01", "0x02"], "again"),
  ];
  expect(new Set([id, ...others]).size).toBe(4);
});
