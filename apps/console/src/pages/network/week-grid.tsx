import { useNow } from "../../kit/index.ts";
import { network } from "../../words/network.ts";
import { hourOfWeek, levelOf } from "./duty.ts";

const words = network.week;
const CELL = 20;
const GAP = 2;
const LEFT = 34;
const TOP = 18;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const clock = (hour: number) => `${String(hour).padStart(2, "0")}:00`;
const nameOf = (hour: number) => `${words.days[Math.floor(hour / 24)]} ${clock(hour % 24)} UTC`;

interface WeekProps {
  /** On duty in each of 168 hours. */
  counts: readonly number[];
  /** Who could be. */
  all: number;
  /** What it shows, in a sentence. */
  label: string;
}

/** The week as a grid of its 168 hours, and as a table. */
export function WeekGrid({ counts, all, label }: WeekProps) {
  const now = hourOfWeek(useNow(60));
  return (
    <div className="stack">
      <svg className="week" viewBox={`0 0 ${LEFT + 24 * CELL} ${TOP + 7 * CELL}`} role="img" aria-label={label}>
        {HOURS.filter((hour) => hour % 3 === 0).map((hour) => (
          <text key={hour} className="axis" x={LEFT + hour * CELL} y={TOP - 6}>
            {clock(hour)}
          </text>
        ))}
        {words.days.map((day, row) => (
          <text key={day} className="axis" x={0} y={TOP + row * CELL + CELL / 2 + 4}>
            {day}
          </text>
        ))}
        {counts.map((on, hour) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: the hours of a week are what they are
            key={hour}
            className="hour"
            data-level={levelOf(on, all)}
            data-now={hour === now || undefined}
            x={LEFT + (hour % 24) * CELL}
            y={TOP + Math.floor(hour / 24) * CELL}
            width={CELL - GAP}
            height={CELL - GAP}
            rx={3}
          >
            <title>{words.cell(nameOf(hour), on, all)}</title>
          </rect>
        ))}
      </svg>
      <p className="soft small">{words.now}</p>
      <details>
        <summary>{words.table}</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
        <section className="table-scroll" tabIndex={0} aria-label={words.table}>
          <table className="table week-table">
            <thead>
              <tr>
                <th scope="col">{words.hour}</th>
                {words.days.map((day) => (
                  <th key={day} scope="col" className="number">
                    {day}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {HOURS.map((hour) => (
                <tr key={hour}>
                  <th scope="row">{clock(hour)}</th>
                  {words.days.map((day, row) => {
                    const on = counts[row * 24 + hour] ?? 0;
                    return (
                      <td key={day} className="number">
                        {all === 1 ? (on === 1 ? words.on : words.off) : on}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </details>
    </div>
  );
}

const SMALL = { wide: 4, high: 3 };

/** The week in a cell of a table: seven rows of 24; `label` says it in words. */
export function SmallWeek({ hours, label }: { hours: readonly number[]; label: string }) {
  const path = (on: number) =>
    hours
      .flatMap((is, hour) =>
        is === on
          ? [
              `M${(hour % 24) * SMALL.wide} ${Math.floor(hour / 24) * SMALL.high}h${SMALL.wide - 1}v${SMALL.high - 1}h-${SMALL.wide - 1}z`,
            ]
          : [],
      )
      .join("");
  return (
    <svg className="small-week" viewBox={`0 0 ${24 * SMALL.wide} ${7 * SMALL.high}`} role="img" aria-label={label}>
      <title>{label}</title>
      <path className="on" d={path(1)} />
      <path className="off" d={path(0)} />
    </svg>
  );
}
