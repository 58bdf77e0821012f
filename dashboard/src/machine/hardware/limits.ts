// From where on something deserves a look, for the parts and for what stands out alike.

/** Makers call a battery worn below this part of what it held when new. */
export const BATTERY_WORN_PERCENT = 80;
/** A drive with less of its life left should be replaced before it says so. */
export const DISK_WORN_PERCENT = 10;
