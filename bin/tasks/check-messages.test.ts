import { expect, it } from "vitest";
import { wrongMessages } from "./check-messages.ts";

const error = (message: string) => `throw new CairnError(${message}, { code: "x", kind: "input", next: "Do it." });`;

it.each([
  '"The disk is full"',
  '"the disk is full."',
  "`\u0024{path} is not there.`",
  "`Block \u0024{n} is bad`",
  'a ? "b" : "c."',
])("finds a message that is a sentence: %s", (message) => {
  expect(wrongMessages(error(message))).toEqual([message.startsWith("a ?") ? '"c."' : message]);
});

it.each([
  '"the disk is full"',
  "`\u0024{path} is not there`",
  '"PostgreSQL is away"',
  '"CAIRN_PORT is no port"',
  "said",
])("takes one that is not: %s", (message) => {
  expect(wrongMessages(error(message))).toEqual([]);
});
