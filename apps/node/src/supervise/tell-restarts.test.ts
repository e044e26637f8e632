import { CairnError } from "@cairn/protocol";
import { describe, expect, it, vi } from "vitest";
import { homeAt } from "../home/home.ts";
import type { UnitEvent } from "./supervise-children.ts";
import { tellRestarts, tellSilent } from "./tell-restarts.ts";

function told(event: UnitEvent, demo?: boolean): string {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  tellRestarts(homeAt("/a/home"), demo)(event);
  const text = write.mock.calls.map(([line]) => line).join("");
  write.mockRestore();
  return text;
}

it("says in one line which of those that were started together are still starting", () => {
  vi.useFakeTimers();
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    const tell = tellSilent();
    for (const name of ["provider-1", "provider-2", "provider-3"]) tell(name, `${name} waits`);
    vi.runAllTimers();
    tell("provider-2", "it waits");
    vi.runAllTimers();
    tell("provider-3", undefined);
    vi.runAllTimers();
    expect(write.mock.calls.map(([line]) => line)).toEqual([
      "cairn: provider-1, provider-2, provider-3 are still starting\n",
      "cairn: provider-2 is still starting: it waits\n",
      "cairn: provider-3 is still starting\n",
    ]);
  } finally {
    write.mockRestore();
    vi.useRealTimers();
  }
});

describe("what a supervisor reports", () => {
  it("is what ended, and whether it comes back", () => {
    const ended = { event: "ended", code: 1, signal: null, asked: false } as const;
    expect(told({ ...ended, name: "gateway", restartsInMilliseconds: 500 } as UnitEvent)).toContain("is started again");
    expect(told({ ...ended, name: "provider-2" } as UnitEvent)).toContain(
      "`cairn provider --directory /a/home/providers/2 --home /a/home`",
    );
    vi.stubEnv("CAIRN_CALLED_AS", "npx cairn");
    vi.stubEnv("CAIRN_HOME", "/a/home");
    expect(told({ ...ended, name: "provider-2" } as UnitEvent)).toContain(
      "`npx cairn provider --directory /a/home/providers/2`",
    );
    vi.unstubAllEnvs();
    expect(told({ ...ended, name: "provider-2", asked: true } as UnitEvent)).toBe("");
  });

  it("is not the kill that a demo tells of itself", () => {
    const ended = { event: "ended", name: "provider-2", code: null, asked: false } as const;
    expect(told({ ...ended, signal: "SIGKILL" } as UnitEvent, true)).toBe("");
    expect(told({ ...ended, signal: "SIGSEGV" } as UnitEvent, true)).toContain("provider-2 ended (SIGSEGV)");
    expect(told({ ...ended, signal: "SIGKILL" } as UnitEvent)).toContain("provider-2 ended (SIGKILL)");
  });

  it("is a record of the children that could not be written, and what to do", () => {
    const error = new CairnError("no space left on device", { code: "home-unreadable", kind: "unavailable" });
    const said = told({ event: "unrecorded", name: "children.json", error });
    expect(said).toContain("could not be written to /a/home (no space left on device)");
    expect(said).toContain("free space there");
  });
});
