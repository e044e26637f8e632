import { hashOf, NOWHERE, type Place } from "../../files/place.ts";
import { files as words } from "../../words/files.ts";

/** The way from all packages to here; each step is a link. */
export function Crumbs({ place, packageName }: { place: Place; packageName: string }) {
  const steps = [
    { name: words.top, to: NOWHERE },
    { name: packageName, to: { ...place, path: [] as string[] } },
    ...place.path.map((name, at) => ({ name, to: { ...place, path: place.path.slice(0, at + 1) } })),
  ];
  return (
    <nav className="crumbs" aria-label={words.where}>
      <ol>
        {steps.map(({ name, to }, at) => (
          <li key={hashOf(to)}>
            {at === steps.length - 1 ? <span aria-current="page">{name}</span> : <a href={`#${hashOf(to)}`}>{name}</a>}
          </li>
        ))}
      </ol>
    </nav>
  );
}
