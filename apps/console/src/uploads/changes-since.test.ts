import { type PageNode, treeOf } from "@cairn/owner/browser/page-tree";
import { expect, it } from "vitest";
import { changesSince } from "./changes-since.ts";

const file = (name: string, bytes: string, lastModified = 1): PageNode => ({
  name,
  file: new File([bytes], name, { lastModified }),
});
const folder = (...children: PageNode[]): PageNode => ({ name: "folder", children });
const entriesOf = (node: PageNode) => treeOf(node).entries;

it("names files that went away, changed in size or time, or came, and says nothing where all is as it was", () => {
  const picked = entriesOf(
    folder(file("a", "1"), file("b", "2"), file("c", "3"), file("d", "4"), { name: "in", children: [file("e", "5")] }),
  );
  expect(changesSince(picked, picked)).toBeUndefined();
  const now = entriesOf(folder(file("a", "1"), file("c", "33"), file("d", "4", 2), file("new", "")));
  expect(changesSince(picked, now)).toEqual({ gone: ["b", "in/e"], changed: ["c", "d"], added: ["new"] });
});

it("calls a file that was picked by itself by its name", () => {
  expect(changesSince(entriesOf(file("alone", "1")), entriesOf(file("alone", "22")))).toEqual({
    gone: [],
    changed: ["alone"],
    added: [],
  });
});

it("names a file in whose place a folder is now", () => {
  const now = entriesOf(folder({ name: "a", children: [] }));
  expect(changesSince(entriesOf(folder(file("a", "1"))), now)?.gone).toEqual(["a"]);
});
