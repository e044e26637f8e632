import { expect, it, vi } from "vitest";
import { leave, store, usersStore } from "./store.ts";

// Modules are shared by the test files of a worker: uploads, too, forget what is a user's then, and listen no more.
vi.stubGlobal("removeEventListener", () => undefined);

it("tells who listens of every change, until they stop", () => {
  const { get, set, subscribe } = store(1);
  const told = vi.fn();
  const stop = subscribe(() => told(get()));
  set(2);
  stop();
  set(3);
  expect(told.mock.calls).toEqual([[2]]);
});

it("forgets what is a user's when they leave, and nothing else", () => {
  const names = usersStore<readonly string[]>([]);
  const theme = store("dark");
  names.set(["secret.pdf"]);
  theme.set("light");
  leave();
  expect(names.get()).toEqual([]);
  expect(theme.get()).toBe("light");
});
