// The filter's language: words that must all be true.
//   studio            name, host name, address, model or tag contains it
//   tag:ci,studio     is one of these       os: name: ip: model: is: work alike
//   disk>85 load>=4   numbers               cpu mem disk load temp battery
//   -tag:ci           not
import type { CardView } from "../api/wire";
import { PRESENCES } from "../presence/presence";
import { isAlarmed } from "../live/fleetState";

export type Admit = (card: CardView) => boolean;

export interface Filter {
  admit: Admit;
  /** A sentence when a part of it means nothing; that part is then left out. */
  complaint: string | null;
}

const NUMBERS: Record<string, (card: CardView) => number | null | undefined> = {
  cpu: (card) => card.cpu_percent,
  mem: (card) => card.memory_percent,
  memory: (card) => card.memory_percent,
  disk: (card) => card.disk_percent,
  load: (card) => card.load_1,
  temp: (card) => card.temperature_c,
  battery: (card) => card.battery_percent,
};

const TEXTS: Record<string, (card: CardView, wanted: string) => boolean> = {
  is: (card, wanted) => (wanted === "alarm" ? isAlarmed(card) : card.presence === wanted),
  os: (card, wanted) => card.os === wanted || card.os_version.toLowerCase().includes(wanted),
  tag: (card, wanted) => card.tags.some((tag) => tag.toLowerCase() === wanted),
  name: (card, wanted) => contains(card.name, wanted) || contains(card.hostname, wanted),
  ip: (card, wanted) => contains(card.ip, wanted),
  model: (card, wanted) => contains(card.model, wanted),
};

const STATES = [...PRESENCES, "alarm"];
const WORD = /-?(?:[a-z]+:)?"[^"]*"?|\S+/gi;

export function parseFilter(text: string): Filter {
  const parts: Admit[] = [];
  let complaint: string | null = null;
  for (const word of splitWords(text)) {
    const negated = word.startsWith("-") && word.length > 1;
    const part = parseWord(negated ? word.slice(1) : word);
    if (typeof part === "string") complaint ??= part;
    else parts.push(negated ? (card) => !part(card) : part);
  }
  return { admit: (card) => parts.every((part) => part(card)), complaint };
}

export function splitWords(text: string): string[] {
  return text.match(WORD) ?? [];
}

function parseWord(word: string): Admit | string {
  const number = /^([a-z]+)(>=|<=|>|<|=)(.*)$/i.exec(word);
  if (number) return parseNumber(number[1] ?? "", number[2] ?? "", number[3] ?? "");
  const text = /^([a-z]+):(.*)$/i.exec(word);
  if (text) return parseText(text[1] ?? "", text[2] ?? "");
  const wanted = unquote(word).toLowerCase();
  return (card) => mentions(card, wanted);
}

function parseNumber(name: string, sign: string, value: string): Admit | string {
  const read = own(NUMBERS, name.toLowerCase());
  if (!read) return `'${name}' is no number of a machine. Try ${Object.keys(NUMBERS).join(", ")}.`;
  const limit = Number(value.replace(/%$/, ""));
  if (value === "" || Number.isNaN(limit)) return `'${name}${sign}' needs a number after it.`;
  return (card) => {
    const actual = read(card);
    if (typeof actual !== "number") return false; // unknown is never more or less
    switch (sign) {
      case ">": return actual > limit;
      case "<": return actual < limit;
      case ">=": return actual >= limit;
      case "<=": return actual <= limit;
      default: return Math.round(actual) === limit;
    }
  };
}

function parseText(key: string, value: string): Admit | string {
  const matches = own(TEXTS, key.toLowerCase());
  if (!matches) return `'${key}:' is nothing a machine has. Try ${Object.keys(TEXTS).join(":, ")}:.`;
  const wanted = unquote(value).toLowerCase().split(",").filter((each) => each !== "");
  if (wanted.length === 0) return `'${key}:' needs a word after it.`;
  const strange = key.toLowerCase() === "is" && wanted.find((each) => !STATES.includes(each));
  if (strange) return `No machine is '${strange}'. Try ${STATES.join(", ")}.`;
  return (card) => wanted.some((each) => matches(card, each));
}

function mentions(card: CardView, wanted: string): boolean {
  return (
    contains(card.name, wanted) ||
    contains(card.hostname, wanted) ||
    contains(card.ip, wanted) ||
    contains(card.model, wanted) ||
    card.tags.some((tag) => contains(tag, wanted))
  );
}

function contains(text: string | null | undefined, wanted: string): boolean {
  return typeof text === "string" && text.toLowerCase().includes(wanted);
}

function unquote(text: string): string {
  return text.replaceAll('"', "");
}

// Not plain indexing: 'constructor:x' must not find what every object has.
function own<Value>(table: Record<string, Value>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** The word that filters by one text; quoted where it holds a space. */
export function filterWord(key: string, value: string): string {
  return /\s/.test(value) ? `${key}:"${value.replaceAll('"', "")}"` : `${key}:${value.replaceAll('"', "")}`;
}

export function hasWord(text: string, word: string): boolean {
  return splitWords(text).includes(word);
}

/** Adds the word, or takes it out; other words with the same key give way when `alone`. */
export function toggleWord(text: string, word: string, alone = false): string {
  const key = word.slice(0, word.indexOf(":") + 1);
  const words = splitWords(text);
  if (words.includes(word)) return words.filter((each) => each !== word).join(" ");
  const kept = alone ? words.filter((each) => !each.startsWith(key)) : words;
  return [...kept, word].join(" ");
}
