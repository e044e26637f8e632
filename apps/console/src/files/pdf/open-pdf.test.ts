import { expect, it } from "vitest";
import type { AskPage, NumberedAnswer, PdfAnswer } from "./messages.ts";
import { askPdf } from "./open-pdf.ts";

const drawn = (page: number) => ({ picture: {} as ImageBitmap, text: `page ${page}`, page, pages: 9 });

/** What draws stands at the other end of a channel of Node's own. */
function opened(mostMilliseconds?: number) {
  const { port1, port2 } = new MessageChannel();
  const asks: AskPage[] = [];
  let told = () => undefined as unknown;
  port2.onmessage = ({ data }: MessageEvent<AskPage>) => {
    asks.push(data);
    told();
  };
  const worker = { ended: 0, onerror: undefined as unknown, terminate };
  function terminate() {
    worker.ended += 1;
  }
  const pdf = askPdf(new Uint8Array(3), port1, worker, mostMilliseconds);
  const answer = (answered: NumberedAnswer) => port2.postMessage(answered);
  const asked = async (count: number) => {
    while (asks.length < count) await new Promise<void>((resolve) => (told = resolve));
  };
  return { pdf, asks, asked, answer, worker };
}

it("gives each of two pages that are asked for at once its own picture, in whatever order they come", async () => {
  const { pdf, asks, asked, answer, worker } = opened();
  const both = Promise.all([pdf.page({ page: 2, width: 100 }), pdf.page({ page: 3, width: 100 })]);
  await asked(2);
  expect(asks.map(({ page, bytes }) => [page, bytes?.length])).toEqual([
    [2, 3],
    [3, undefined],
  ]);
  for (const { number, page } of asks.toReversed()) answer({ ...drawn(page), number });
  expect((await both).map((one: PdfAnswer) => "page" in one && one.page)).toEqual([2, 3]);
  pdf.close();
  expect(worker.ended).toBe(1);
});

it("ends what draws only when a page did not come: those that came keep it", async () => {
  const { pdf, asks, asked, answer, worker } = opened(300);
  const first = pdf.page({ page: 1, width: 100 });
  const second = pdf.page({ page: 2, width: 100 });
  await asked(2);
  for (const { number, page } of asks) answer({ ...drawn(page), number });
  await Promise.all([first, second]);
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(worker.ended).toBe(0);
  expect(await pdf.page({ page: 3, width: 100 })).toEqual({ problem: "slow" });
  expect(worker.ended).toBe(1);
  pdf.close();
});
