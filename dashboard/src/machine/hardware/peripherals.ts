// What is plugged in: the section `peripherals`. The wire's shape ends here.
import { type Json, objectIn, objectsIn, textIn } from "../untrusted";

export interface Device {
  kind: "display" | "USB" | "Bluetooth";
  name: string;
  detail: string | null;
  title: string | null;
}

/** Displays first, then what is at USB, then Bluetooth. */
export function readPeripherals(value: unknown): Device[] {
  const { displays, usb, bluetooth } = objectIn(value);
  const nameOf = (each: Json) => textIn(each.name) ?? "?";
  const joined = (parts: (string | null)[], by: string) => parts.filter((part) => part !== null).join(by) || null;
  return [
    ...objectsIn(displays).map((each): Device => ({ kind: "display", name: nameOf(each), detail: joined([textIn(each.resolution), textIn(each.connector)], ", "), title: null })),
    ...objectsIn(usb).map((each): Device => {
      const id = joined([textIn(each.vendor_id), textIn(each.product_id)], ":");
      return { kind: "USB", name: nameOf(each), detail: textIn(each.vendor), title: joined([id, textIn(each.serial)], ", ") };
    }),
    ...objectsIn(bluetooth).map((each): Device => ({ kind: "Bluetooth", name: nameOf(each), detail: textIn(each.kind), title: null })),
  ];
}
