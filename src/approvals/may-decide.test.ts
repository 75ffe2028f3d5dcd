import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Directory, Standing } from "../adapter.ts";
import { type Decider, mayDecide } from "./may-decide.ts";
import type { Rule } from "./rule.ts";

const rule: Rule = {
  name: "large refunds",
  approvers: ["@finance"],
  groups: { finance: ["slack-group:T1:S1", "slack:T1:U5"], leads: ["slack:T1:U7"] },
  quorum: 2,
  excludeRequester: true,
  allowed: ["accept", "reject"],
  oneRejectionEnds: true,
  ladder: [
    { afterMs: 600_000, kind: "remind", to: ["slack:T1:U9"] },
    { afterMs: 1_800_000, kind: "escalate", to: ["@leads"] },
    { afterMs: 3_600_000, kind: "escalate", to: ["discord:7"] },
  ],
  expiresInMs: 7_200_000,
  askIn: "approvers",
  grants: true,
};
const decider: Decider = {
  actor: "slack:T1:U2",
  requester: "slack:T1:U1",
  place: "slack:T1:C1:17.2",
  from: "slack:T1:D2",
  stage: 0,
};

/** People as a platform knows them: who is in which group, and how somebody stands where. */
function directoryOf(
  groups: Record<string, string[]>,
  standing: (actor: string, place: string) => Standing = () => "member",
): Directory {
  return {
    standing: async (actor, place) => standing(actor, place),
    inGroup: async (actor, group) => groups[group]?.includes(actor) ?? false,
    members: async (group) => groups[group] ?? [],
    nameOf: async (actor) => actor,
  };
}

const finance = directoryOf({ "slack-group:T1:S1": ["slack:T1:U1", "slack:T1:U2"] });
const never = new AbortController().signal;

async function says(
  more: Partial<Decider> = {},
  { of = rule, directory = finance, signal = never } = {},
): Promise<string> {
  const answer = await mayDecide(of, { ...decider, ...more }, directory, signal);
  return answer.yes ? "yes" : answer.why;
}

describe("mayDecide on chat", () => {
  test("lets a member of an approving group decide, and somebody named", async () => {
    assert.equal(await says(), "yes");
    assert.equal(await says({ actor: "slack:T1:U5" }), "yes");
  });

  test("refuses everybody else, who is only reminded among them", async () => {
    for (const actor of ["slack:T1:U3", "slack:T1:U9", "slack:T2:U5"])
      assert.equal(await says({ actor }), "not an approver");
  });

  test("refuses the requester where the rule excludes them, member or not", async () => {
    assert.equal(await says({ actor: decider.requester }), "the person who asked may not decide");
    const of = { ...rule, excludeRequester: false };
    assert.equal(await says({ actor: decider.requester }, { of }), "yes");
  });

  test("lets those decide to whom it was escalated, from then on", async () => {
    assert.equal(await says({ actor: "slack:T1:U7" }), "not an approver");
    assert.equal(await says({ actor: "slack:T1:U7", stage: 1 }), "yes");
    assert.equal(
      await says({ actor: "discord:7", stage: 1, from: "discord:1:2" }),
      "not an approver",
    );
    assert.equal(await says({ actor: "discord:7", stage: 2, from: "discord:1:2" }), "yes");
  });

  for (const [standing, words] of [
    ["guest", "guests may not decide"],
    ["external", "people from outside may not decide"],
    ["none", "they can't see where it is asked"],
  ] as const)
    test(`refuses an approver whose standing is ${standing}`, async () => {
      const directory = directoryOf({ "slack-group:T1:S1": ["slack:T1:U2"] }, () => standing);
      assert.equal(await says({}, { directory }), words);
      assert.equal(await says({ actor: "slack:T1:U5" }, { directory }), words);
    });

  test("asks how somebody stands where they are asked", async () => {
    const directory = directoryOf({}, (_, place) => (place === "slack:T1:D2" ? "member" : "none"));
    const actor = "slack:T1:U5";
    assert.equal(await says({ actor }, { directory }), "yes");
    const of = { ...rule, askIn: "place" };
    assert.equal(await says({ actor }, { of, directory }), "they can't see where it is asked");
  });

  test("lets members of the place decide, and nobody of another platform for it", async () => {
    const of = { ...rule, approvers: ["members"] };
    const directory = directoryOf({}, (_, place) => (place === decider.place ? "member" : "none"));
    const from = decider.place;
    assert.equal(await says({ actor: "slack:T1:U3", from }, { of, directory }), "yes");
    assert.equal(await says({ actor: "slack:T1:U3" }, { of }), "yes");
    assert.equal(
      await says({ actor: "discord:3", from: "discord:1:2" }, { of }),
      "not an approver",
    );
  });

  test("says no where nobody knows the platform's people", async () => {
    assert.deepEqual(await mayDecide(rule, decider, undefined, never), {
      yes: false,
      why: "nobody here knows the people of slack",
    });
  });

  test("says no where the platform can't be read", async () => {
    const broken: Directory = { ...finance, inGroup: () => Promise.reject(new Error("502")) };
    assert.equal(await says({}, { directory: broken }), "who they are can't be looked up now: 502");
    assert.equal(await says({ actor: "slack:T1:U5" }, { directory: broken }), "yes");
    const blind: Directory = { ...finance, standing: () => Promise.reject(new Error("502")) };
    assert.equal(
      await says({ actor: "slack:T1:U5" }, { directory: blind }),
      "who they are can't be looked up now: 502",
    );
    assert.match(await says({}, { directory: {} as Directory }), /can't be looked up now/);
  });

  test("says no where the platform does not answer in time", async () => {
    const silent: Directory = { ...finance, standing: () => new Promise(() => {}) };
    const aborted = AbortSignal.abort(new Error("stopped"));
    assert.equal(
      await says({}, { directory: silent, signal: aborted }),
      "who they are can't be looked up now: stopped",
    );
    assert.equal(
      await says({}, { directory: silent }),
      "who they are can't be looked up now: no result within 2 s",
    );
  });

  test("takes a group that the rule does not hold for nobody", async () => {
    const of = { ...rule, approvers: ["@constructor", "@gone"] };
    assert.equal(await says({}, { of }), "not an approver");
  });
});

describe("mayDecide over the API", () => {
  const of = { ...rule, approvers: ["scope:approvals", "api:ops%2Fmara"] };
  const actor = "api:ops%2Falice";

  test("lets a key of the right scope decide, and a user by name", async () => {
    const scopes = new Set(["runs", "approvals"]);
    assert.equal(await says({ actor, scopes }, { of }), "yes");
    assert.equal(await says({ actor: "api:ops%2Fmara" }, { of }), "yes");
  });

  test("refuses a key without the scope, and one that is named alike", async () => {
    assert.equal(await says({ actor }, { of }), "not an approver");
    const scopes = new Set(["approvals:dashboard"]);
    assert.equal(await says({ actor, scopes }, { of }), "not an approver");
  });

  test("lets no caller pass for a member of a chat's group", async () => {
    const everybody: Directory = { ...finance, inGroup: async () => true };
    assert.equal(await says({ actor }, { directory: everybody }), "not an approver");
  });
});
