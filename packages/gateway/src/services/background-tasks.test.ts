import { expect, it } from "vitest";
import { backgroundTasks } from "./background-tasks.ts";

it("is stopped when every loop has ended, also where one failed before", async () => {
  const service = backgroundTasks();
  const { run } = await service.start();
  let end: () => void = () => undefined;
  let [hasEnded, isStopped] = [false, false];
  const failed = Promise.reject(new Error("a loop failed"));
  failed.catch(() => undefined);
  run(failed);
  const other = new Promise<void>((resolve) => {
    end = resolve;
  });
  run(
    other.then(() => {
      hasEnded = true;
    }),
  );
  const stopped = Promise.resolve(service.stop()).finally(() => {
    isStopped = true;
  });
  stopped.catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(isStopped).toBe(false);
  end();
  await expect(stopped).rejects.toThrow("a loop failed");
  expect(hasEnded).toBe(true);
});
