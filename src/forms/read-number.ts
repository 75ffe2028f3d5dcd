const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/**
 * A number as JSON writes it, and nothing that means different things in different countries: "1,5" is refused, not
 * read as 15. Refused too is what a double cannot hold as it was written, such as 9007199254740993.
 */
export function readNumber(
  text: string,
): { value: number } | { fault: "comma" | "number" | "inexact" } {
  if (/^[\d.,'\u00A0\u202F -]*\d[.,'\u00A0\u202F ]\d/.test(text) && !NUMBER.test(text))
    return { fault: "comma" };
  if (!NUMBER.test(text)) return { fault: "number" };
  return isExact(text) ? { value: Number(text) } : { fault: "inexact" };
}

/** Whether the double that is read from `text`, a number of JSON, is written with the same digits. */
export function isExact(text: string): boolean {
  const value = Number(text);
  return Number.isFinite(value) && digitsOf(text) === digitsOf(String(value));
}

/** The significant digits and their place, sign left out: "1.50" and "15e-1" give the same. */
function digitsOf(text: string): string {
  const [, whole = "", part = "", exponent = "0"] =
    /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + part).replace(/^0+/, "");
  const short = digits.replace(/0+$/, "");
  if (short === "") return "0";
  return `${short}e${Number(exponent) - part.length + digits.length - short.length}`;
}
