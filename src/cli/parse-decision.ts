import type { Review } from "../events.ts";
import { type GrantRequest, parseGrant } from "./grant-request.ts";
import { parseArgs } from "./parse-args.ts";

/** What a person decides: with an acceptance perhaps that calls like it need not be asked about for a while. */
export type Answer = Review | { type: "accept"; grant: GrantRequest };

/** A decision as typed on one line; `ask`: what it needs is still to be asked for. */
export type TypedDecision = Answer | { type: "edit" | "respond"; ask: true };

/**
 * `accept`, `accept for 1h 3 uses`, `edit {json}`, `respond words`, `reject [words]`, and the words of the original
 * client: `yes`, `no`, `response`. `faulty`: it can only be meant as a decision, but says something else than it may.
 */
export function parseDecision(word: string, rest: string): TypedDecision | "faulty" | undefined {
  switch (word) {
    case "accept":
    case "yes": {
      if (rest === "") return { type: "accept" };
      const wanted = /^for\s+(.+)$/is.exec(rest)?.[1];
      if (wanted === undefined) return undefined;
      const grant = parseGrant(wanted);
      return grant ? { type: "accept", grant } : "faulty";
    }
    case "no":
      return rest === "" ? { type: "reject" } : undefined;
    case "reject":
      return rest === "" ? { type: "reject" } : { type: "reject", message: rest };
    case "respond":
    case "response":
      return rest === "" ? { type: "respond", ask: true } : { type: "respond", message: rest };
    case "edit": {
      if (rest === "") return { type: "edit", ask: true };
      const args = parseArgs(rest);
      return args && { type: "edit", args };
    }
    default:
      return undefined;
  }
}
