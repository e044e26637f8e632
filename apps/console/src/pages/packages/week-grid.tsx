import { safety as words } from "../../words/packages.ts";
import { chance, levelOf, runsOfHours, runsOnDuty } from "./chance.ts";

const CELL = 16;
const LEFT = 34;
const TOP = 16;

/** How likely something cannot be read in each hour of the week: a picture, and its table. @param hours 168 */
export function WeekGrid({ hours }: { hours: readonly number[] }) {
  return (
    <figure className="week">
      <svg viewBox={`0 0 ${LEFT + 24 * CELL} ${TOP + 7 * CELL}`} role="img" aria-label={words.week}>
        {[0, 6, 12, 18].map((hour) => (
          <text key={hour} x={LEFT + hour * CELL} y={TOP - 5}>
            {String(hour).padStart(2, "0")}
          </text>
        ))}
        {words.days.map((day, at) => (
          <text key={day} x={0} y={TOP + at * CELL + 12}>
            {day}
          </text>
        ))}
        {hours.map((share, hour) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: an hour is its place in the week
            key={hour}
            x={LEFT + (hour % 24) * CELL}
            y={TOP + Math.floor(hour / 24) * CELL}
            width={CELL - 2}
            height={CELL - 2}
            rx={2}
            data-level={levelOf(share)}
          >
            <title>{`${words.daysLong[Math.floor(hour / 24)]} ${words.hours(hour % 24, (hour % 24) + 1)}: ${chance(share)}`}</title>
          </rect>
        ))}
      </svg>
      <Legend levels={new Set(hours.map(levelOf))} />
      <details>
        <summary>{words.asTable}</summary>
        <table className="table small">
          <thead>
            <tr>
              <th scope="col">{words.columns.when}</th>
              <th scope="col">{words.columns.chance}</th>
            </tr>
          </thead>
          <tbody>
            {runsOfHours(hours).map(({ day, from, to, share }) => (
              <tr key={`${day}-${from}`}>
                <th scope="row">
                  {words.daysLong[day]} {words.hours(from, to)}
                </th>
                <td>{chance(share)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

const Legend = ({ levels }: { levels: ReadonlySet<number> }) => (
  <ul className="legend">
    {words.levels.map((level, at) =>
      levels.has(at) ? (
        <li key={level} data-level={at}>
          {level}
        </li>
      ) : null,
    )}
  </ul>
);

/** The hours of the week in which a provider is on duty, as one line. @param label read out */
export function DutyLine({ duty, label }: { duty: string; label: string }) {
  return (
    <svg className="duty" viewBox="0 0 336 14" role="img" aria-label={label} preserveAspectRatio="none">
      <title>{label}</title>
      <rect className="ground" x={0} y={3} width={336} height={8} />
      {runsOnDuty(duty).map(([from, to]) => (
        <rect key={from} x={from * 2} y={3} width={(to - from) * 2} height={8} />
      ))}
      {[1, 2, 3, 4, 5, 6].map((day) => (
        <line key={day} x1={day * 48} x2={day * 48} y1={0} y2={14} />
      ))}
    </svg>
  );
}
