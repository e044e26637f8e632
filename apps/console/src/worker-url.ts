/** Where `src/workers/NAME.worker.ts` was built to: `new Worker(workerUrl("NAME.worker"), { type: "module" })`. */
export function workerUrl(name: string): string {
  const built = document.querySelector<HTMLMetaElement>('meta[name="workers"]')?.content.split(" ") ?? [];
  const file = built.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  if (file === undefined) throw new Error(`there is no worker ${name}`);
  return `/console/${file}`;
}
