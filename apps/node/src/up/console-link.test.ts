import { expect, it } from "vitest";
import { linkOf } from "./console-link.ts";

it("a link leads to a page of its own gateway, whatever stands in the path", () => {
  const made = [
    undefined,
    "files",
    "/files",
    "/files#in=00ff/Photos",
    "//elsewhere.example/x",
    "https://elsewhere.example",
    "../x",
  ].map((path) => linkOf("http://127.0.0.1:4180/", "s3cret", path));
  expect(made).toEqual([
    "http://127.0.0.1:4180/#link=s3cret",
    "http://127.0.0.1:4180/files#link=s3cret",
    "http://127.0.0.1:4180/files#link=s3cret",
    "http://127.0.0.1:4180/files#link=s3cret&in=00ff/Photos",
    "http://127.0.0.1:4180/elsewhere.example/x#link=s3cret",
    "http://127.0.0.1:4180/https://elsewhere.example#link=s3cret",
    "http://127.0.0.1:4180/x#link=s3cret",
  ]);
});
