import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { putRecordsSuite } from "@cairn/owner/put-records.suite";
import { afterAll } from "vitest";
import { homeAt } from "../home/home.ts";
import { putRecords } from "./put-record.ts";

const directory = mkdtempSync(join(tmpdir(), "cairn-puts-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const lookupKey = new Uint8Array(32).fill(7);

putRecordsSuite("PutRecords: in a home", async () => putRecords(homeAt(directory), { lookupKey }));
