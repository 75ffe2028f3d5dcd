import type { Approval } from "#db/schema/approvals.ts";
import type { FieldError, Form } from "../adapter.ts";
import type { Language, Review } from "../events.ts";
import { applyEdit } from "../forms/apply-edit.ts";
import { fieldsOf } from "../forms/form-fields.ts";
import { jsonText } from "../forms/hidden.ts";

const WORDS = {
  en: {
    edit: "Edit the arguments",
    respond: "Answer instead",
    view: "All arguments",
    answer: "Your answer",
    args: "Arguments",
  },
  zh: { edit: "修改参数", respond: "直接反馈", view: "全部参数", answer: "反馈内容", args: "参数" },
} as const;

const MOST_ANSWER = 10_000;

/** The form of an approval, whole: a surface pages it by its own limits (src/forms/pages). */
export function formOf(approval: Approval, type: Form["type"], language: Language): Form {
  const words = WORDS[language];
  const form = {
    approvalId: approval.id,
    digest: approval.editedDigest ?? approval.digest,
    type,
    title: `${words[type]}: ${approval.tool}`,
    page: 0,
    pages: 1,
  };
  const args = currentArgs(approval);
  switch (type) {
    case "edit":
      return { ...form, fields: fieldsOf(approval.parameters, args) };
    case "respond":
      return {
        ...form,
        fields: [
          {
            path: "/message",
            label: words.answer,
            required: true,
            type: "text",
            minLength: 1,
            maxLength: MOST_ANSWER,
          },
        ],
      };
    case "view":
      return {
        ...form,
        fields: [
          { path: "", label: words.args, required: false, type: "json", value: jsonText(args, 2) },
        ],
      };
    default: {
      const never: never = type;
      return never;
    }
  }
}

/** What a person answered by a form: a review, or what is wrong at which field. */
export function reviewOf(
  approval: Approval,
  type: Form["type"],
  values: Record<string, unknown>,
  language: Language,
): { ok: true; review: Review } | { ok: false; errors: FieldError[] } {
  switch (type) {
    case "edit": {
      const edited = applyEdit(currentArgs(approval), approval.parameters, values, { language });
      return edited.ok ? { ok: true, review: { type: "edit", args: edited.args } } : edited;
    }
    case "respond": {
      const message = values["/message"];
      if (typeof message === "string" && message.trim() !== "")
        return { ok: true, review: { type: "respond", message } };
      return {
        ok: false,
        errors: [
          { path: "/message", message: language === "zh" ? "不能为空" : "should not be empty" },
        ],
      };
    }
    case "view":
      return { ok: true, review: { type: "accept" } };
    default: {
      const never: never = type;
      return never;
    }
  }
}

function currentArgs(approval: Approval): Record<string, unknown> {
  return JSON.parse(approval.editedArgs ?? approval.args) as Record<string, unknown>;
}
