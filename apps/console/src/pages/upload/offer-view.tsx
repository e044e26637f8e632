import { perGibMonth } from "@cairn/core/price";
import { coins } from "../../format/coins.ts";
import { exactTime } from "../../format/time.ts";
import { Button, Coins, type Column, Facts, Figure, Figures, Id, State, Table, Time } from "../../kit/index.ts";
import { type Answer, answersOf } from "../../uploads/answers.ts";
import type { Stage } from "../../uploads/upload-list.ts";
import { upload } from "../../words/upload.ts";

const words = upload.offer;

const SAID = {
  chosen: () => words.chosen,
  spare: () => words.spareAnswer,
  refused: ({ reason }: Answer) => words.refused(reason ?? words.noReason),
  passed: ({ reason }: Answer) => words.passed(reason ?? words.noReason),
};
const MOODS = { chosen: "good", spare: "off", refused: "warn", passed: "off" } as const;

const COLUMNS: readonly Column<Answer>[] = [
  { key: "provider", title: words.columns.provider, cell: ({ provider }) => <Id of={provider} /> },
  { key: "region", title: words.columns.place, cell: ({ region }) => region },
  {
    key: "answer",
    title: words.columns.answer,
    cell: (answer) => <State mood={MOODS[answer.verdict]}>{SAID[answer.verdict](answer)}</State>,
  },
  {
    key: "parts",
    title: words.columns.holds,
    number: true,
    cell: ({ parts }) => (parts === 0 ? "" : words.holds(parts)),
  },
  { key: "price", title: words.columns.price, number: true, cell: ({ price }) => coins(perGibMonth(price)) },
];

/** What it costs and who keeps it, before anything is agreed. */
export function OfferView({ stage }: { stage: Extract<Stage, { at: "offered" }> }) {
  const { offer, agree, discard } = stage;
  const { plan, agreed, packed } = offer;
  const { maxEscrow, repairReserve } = agreed.offer.mandate;
  const { price } = agreed.offer;
  const total = maxEscrow + repairReserve;
  return (
    <section className="offer stack" aria-label={words.title}>
      <h3>{words.title}</h3>
      <Figures>
        <Figure name={words.total} value={<Coins of={total.toString()} />} />
        <Figure name={words.until} value={<Time at={plan.endsAt} />} note={exactTime(plan.endsAt)} />
        <Figure name={words.balance} value={<Coins of={agreed.balance.toString()} />} />
        <Figure name={words.after} value={<Coins of={(agreed.balance - total).toString()} />} />
      </Figures>
      <Facts
        of={[
          [words.packed, upload.files(packed.files, packed.bytes)],
          [words.price, <Sum key="p" of={price} note={words.priceNote} />],
          [words.spare, <Sum key="s" of={maxEscrow - price} note={words.spareNote} />],
          [words.reserve, <Sum key="r" of={repairReserve} note={words.reserveNote} />],
          [words.valid, <Time key="v" at={plan.validUntil} />],
        ]}
      />
      {plan.warnings.map((warning) => (
        <State key={warning} mood="warn">
          {warning}
        </State>
      ))}
      <h3>{words.providers}</h3>
      <Table label={words.providers} columns={COLUMNS} rows={answersOf(offer)} rowKey={({ provider }) => provider} />
      <p className="soft">{words.chainNote}</p>
      <p>{words.undo}</p>
      <div className="row">
        <Button kind="main" onClick={agree}>
          {words.agree}
        </Button>
        <Button onClick={discard}>{words.discard}</Button>
      </div>
    </section>
  );
}

const Sum = ({ of, note }: { of: bigint; note: string }) => (
  <>
    <Coins of={of.toString()} /> <span className="soft">{note}</span>
  </>
);
