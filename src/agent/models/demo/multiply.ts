import { type Call, isBound, type Turn } from "./turn.ts";

export const MULTIPLY = "multiply";

const NUMBER = String.raw`-?\d+(?:\.\d+)?`;
const PRODUCT = new RegExp(
  String.raw`(?:(?:what is|what's|how much is|calculate|计算|算)\s*)?(?:` +
    String.raw`(?<a>${NUMBER})\s*(?:乘以?|times|multiplied by|[x×*])\s*(?<b>${NUMBER})|` +
    String.raw`multiply\s+(?<c>${NUMBER})\s+(?:by|and|with)\s+(?<d>${NUMBER}))`,
  "giu",
);

/** One call for each product that is asked for. */
export function products(said: string, turn: Turn): Call[] {
  if (!isBound(turn, MULTIPLY)) return [];
  return [...said.matchAll(PRODUCT)].map(({ groups = {} }) => ({
    name: MULTIPLY,
    args: { a: Number(groups.a ?? groups.c), b: Number(groups.b ?? groups.d) },
  }));
}

export function withoutProducts(said: string): string {
  return said.replaceAll(PRODUCT, "");
}
