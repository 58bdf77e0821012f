import { expect, test } from "vitest";
import type { CardView } from "../api/wire";
import { filterWord, hasWord, parseFilter, splitWords, toggleWord } from "./filter";
import { testCard } from "./testCard";

const mac = testCard({ id: "mac-1", tags: ["studio", "first floor"], disk_percent: 91, alarms: ["disk"] });
const box = testCard({ id: "build-2", os: "linux", os_version: "Debian 12", ip: "10.9.0.1", model: null, presence: "offline", disk_percent: null });

const admits = (text: string, card: CardView) => parseFilter(text).admit(card);

test.each([
  ["", true, true],
  ["mac", true, false],
  ["MAC", true, false],
  ["os:linux", false, true],
  ["os:macos,linux", true, true],
  ["tag:studio", true, false],
  ['tag:"first floor"', true, false],
  ["-tag:studio", false, true],
  ["is:offline", false, true],
  ["is:online,offline", true, true],
  ["is:alarm", true, false],
  ["disk>85", true, false],
  ["disk<=91", true, false],
  ["disk>85%", true, false],
  ["ip:10.9", false, true],
  ["mac disk>95", false, false],
])("%j admits mac: %j, box: %j", (text, ofMac, ofBox) => {
  expect(admits(text, mac)).toBe(ofMac);
  expect(admits(text, box)).toBe(ofBox);
});

test("an unknown number is neither more nor less", () => {
  expect(admits("disk<100", box)).toBe(false);
});

test.each(["colour:red", "disk>", "speed>3", "is:tired", "tag:", "constructor:x"])("complains about %j and shows the rest", (text) => {
  const filter = parseFilter(text);
  expect(filter.complaint).not.toBeNull();
  expect(filter.admit(mac)).toBe(true);
});

test("what an agent calls a tag can't break the language", () => {
  const word = filterWord("tag", '"><script> x');
  expect(splitWords(word)).toEqual([word]);
});

test("toggling adds a word, takes it out, and replaces its kind when alone", () => {
  expect(toggleWord("mac", "is:offline")).toBe("mac is:offline");
  expect(toggleWord("mac is:offline", "is:offline")).toBe("mac");
  expect(toggleWord("mac is:offline", "is:online", true)).toBe("mac is:online");
  expect(hasWord("mac is:online", "is:online")).toBe(true);
});
