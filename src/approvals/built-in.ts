import { policySchema } from "../policy-schema.ts";
import { compilePolicy } from "./compile-policy.ts";

/**
 * In force where no policy is configured: what is free runs, what asks is decided by who asked, within a day. No rule
 * for guarded and dashboard, so that these are denied until a policy names who approves them.
 */
export const BUILT_IN = compilePolicy(
  policySchema.parse({
    rules: [
      { name: "built-in: free", match: { tier: "free" }, effect: "run" },
      { name: "built-in: ask", match: { tier: "ask" }, approvers: ["requester"] },
    ],
    // Cards name what taints, but only a policy acts on it: only a policy can say when it is over.
    taint: { trusted: ["*"] },
  }),
);
