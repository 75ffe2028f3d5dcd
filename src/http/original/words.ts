import type { Approval } from "../../approvals/list-approvals.ts";
import type { StoredMessage } from "../../message.ts";

/** All that the original's client shows of a call that waits, in its own words, then in English. */
export function describe(approval: Approval): string {
  const { tool, args } = approval;
  if (approval.kind === "outcome_unknown")
    return `${approval.reason}\n\n${tool} ${args}\n\n${CHOICES_UNKNOWN}`;
  return `准备调用 ${tool} 工具：
- 参数为: ${args}

是否允许继续？
输入 'yes' 接受工具调用
输入 'no' 拒绝工具调用
输入 'edit' 修改工具参数后调用工具
输入 'response' 不调用工具直接反馈信息

About to call the tool ${tool}:
- arguments: ${args}

May it go on?
Enter 'yes' to accept the call
Enter 'no' to reject the call
Enter 'edit' to change the arguments and call the tool
Enter 'response' to answer without calling the tool`;
}

const CHOICES_UNKNOWN = `输入 'yes' 用同一幂等键再执行一次
输入 'no' 不再执行
输入 'response' 说明实际结果

Enter 'yes' to run it again with the same idempotency key
Enter 'no' to leave it as it is
Enter 'response' to say what happened`;

/** A message as the original serialises it. */
export function originalMessage(message: StoredMessage): Record<string, unknown> {
  const { type, content, id } = message;
  if (message.type === "ai")
    return {
      type,
      content,
      id,
      name: null,
      tool_calls: (message.tool_calls ?? []).map((call) => ({ ...call, type: "tool_call" })),
    };
  if (message.type === "tool")
    return {
      type,
      content,
      id,
      name: message.name,
      tool_call_id: message.tool_call_id,
      status: message.status,
    };
  return { type, content, id, name: null };
}
