import { CairnError } from "@cairn/protocol/errors";
import { describe, expect, it } from "vitest";
import { untilDetached } from "./until-detached.ts";

/** As the server words it, word for word. */
const ATTACHED = "FATAL:  pre-existing shared memory block (key 2236422, ID 98352) is still in use";
const refused = (output: string) =>
  new CairnError("the database server did not start", {
    code: "database-start-failed",
    kind: "unavailable",
    next: "Mend what it names.",
    details: { output },
  });

describe("untilDetached", () => {
  it("starts again while the server before is attached, and throws any other failure at once", async () => {
    const ends: (() => string)[] = [
      () => {
        throw refused(ATTACHED);
      },
      () => {
        throw refused(ATTACHED);
      },
      () => "running",
    ];
    expect(await untilDetached(async () => ends.shift()!(), { longest: 60_000, pause: 1 })).toBe("running");
    expect(ends).toEqual([]);

    let starts = 0;
    const other = untilDetached(async () => {
      starts++;
      throw refused("FATAL:  lock file is empty");
    });
    await expect(other).rejects.toMatchObject({ code: "database-start-failed" });
    expect(starts).toBe(1);
  });

  it("gives up when nothing lets go", async () => {
    const start = async () => {
      throw refused(ATTACHED);
    };
    await expect(untilDetached(start, { longest: 0, pause: 1 })).rejects.toMatchObject({
      details: { output: ATTACHED },
    });
  });
});
