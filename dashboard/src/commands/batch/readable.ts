// A program's output as text for a page: what steers a terminal is taken out, and what turns
// the direction of writing is made visible, so that no output can look like another.

// eslint-disable-next-line no-control-regex -- these are what is looked for
const STEERING = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-_]/g;
// eslint-disable-next-line no-control-regex -- all but tab and line feed
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const DIRECTION = /[\u202a-\u202e\u2066-\u2069]/g;

export function readable(text: string): string {
  return text.replaceAll(STEERING, "").replaceAll("\r\n", "\n").replaceAll(CONTROL, "").replaceAll(DIRECTION, "\u25a1");
}
