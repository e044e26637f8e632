/**
 * Objects that die together after a number of steps, as a process does: a step is the moment before or after any of their methods works.
 * Whatever is called afterwards throws.
 */
export function mortality(steps: number): { dying<T extends object>(target: T): T } {
  let left = steps;
  const step = () => {
    if (left-- <= 0) throw new Error("dead");
  };
  return {
    dying: (target) =>
      new Proxy(target, {
        get(object, name) {
          const value = Reflect.get(object, name);
          if (typeof value !== "function") return value;
          return async (...args: unknown[]) => {
            step();
            const result = await value.apply(object, args);
            step();
            return result;
          };
        },
      }),
  };
}
