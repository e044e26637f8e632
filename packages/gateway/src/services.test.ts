import { describe, expect, it } from "vitest";
import { runServices, type Service } from "./services.ts";

const SILENT = { debug: () => undefined, error: () => undefined };

describe("runServices", () => {
  const steps: string[] = [];
  const service = (name: string, change: Partial<Service<string>> = {}): Service<string> => ({
    name,
    start() {
      steps.push(`start ${name}`);
      return name;
    },
    async stop() {
      await new Promise((resolve) => setTimeout(resolve, 1));
      steps.push(`stop ${name}`);
    },
    ...change,
  });
  const fails = () => Promise.reject(new Error("no"));

  it("starts in order, hands on what each gives, and stops in reverse after the signal", async () => {
    steps.length = 0;
    const running = await runServices(async ({ start, stopping }) => {
      stopping.addEventListener("abort", () => steps.push("stopping"));
      const one = await start(service("one"));
      return `${one} and ${await start(service("two"))}`;
    }, SILENT);
    expect(running.value).toBe("one and two");
    await Promise.all([running.stop(), running.stop()]);
    expect(steps).toEqual(["start one", "start two", "stopping", "stop two", "stop one"]);
  });

  it("stops what had started when one does not start, and throws why", async () => {
    steps.length = 0;
    const running = runServices(async ({ start }) => {
      await start(service("one"));
      await start(service("two", { stop: fails }));
      await start(service("three", { start: fails }));
    }, SILENT);
    await expect(running).rejects.toThrow("no");
    expect(steps).toEqual(["start one", "start two", "stop one"]);
  });

  it("stops what had started when something between two services fails", async () => {
    steps.length = 0;
    const running = runServices(async ({ start }) => {
      await start(service("one"));
      throw new Error("between");
    }, SILENT);
    await expect(running).rejects.toThrow("between");
    expect(steps).toEqual(["start one", "stop one"]);
  });

  it("stops the others when one does not stop, and says that it did not", async () => {
    steps.length = 0;
    const told: unknown[] = [];
    const running = await runServices(
      async ({ start }) => {
        await start(service("one"));
        await start(service("two", { stop: fails }));
        await start(service("three"));
      },
      { ...SILENT, error: (fields) => told.push(fields) },
    );
    await expect(running.stop()).rejects.toThrow("did not stop as it should: two");
    expect(steps.slice(3)).toEqual(["stop three", "stop one"]);
    expect(told).toEqual([expect.objectContaining({ service: "two" })]);
  });
});
