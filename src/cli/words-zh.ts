import { approvalsZh } from "./words-approvals-zh.ts";
import type { Words } from "./words-en.ts";

/** 终端客户端的中文用语，与 `words-en.ts` 逐条对应。 */
export const zh: Words = {
  language: "zh",
  locale: "zh-CN",
  you: "您",
  prompt: "输入消息，或 help 查看命令",
  leaveHint: "再按一次 Ctrl-C 退出，也可输入 exit。",
  bye: "再见。您的会话会保留。",

  greeting: (user, model) => `Countersign · ${user} · ${model}`,
  session: (title, expires) => `会话“${title}”，${expires}`,
  newSession: "这是一个新会话，从您的第一条消息开始。",
  untitled: "未命名",
  expires: (time) => `${time} 过期`,
  neverExpires: "永不过期",
  expired: "已过期",
  seconds: (seconds) => `${seconds} 秒`,
  never: "永不",

  thinking: "思考中…（Ctrl-C 停止）",
  queued: (ahead) => `前面还有 ${ahead} 条消息，排队中…`,
  stopping: "正在停止…（再按一次 Ctrl-C 退出）",
  resumedByWorker: "执行曾中断，现从中断处继续。",
  lost: "连接已断开，正在重试…",
  back: "已重新连接。",
  discarded: (reason) => `以上已输出的内容作废：${reason}`,
  steered: (text) => `已在执行中采纳：${text}`,
  failed: (message) => `执行失败：${message}`,
  stopped: (by, reason) => `已停止${by && `（${by}）`}${reason && `：${reason}`}。`,
  doneBefore: (tools) => `停止前已完成：${tools}`,
  noAnswer: "（没有回答）",

  states: {
    queued: "排队中",
    running: "执行中",
    waiting: "等待确认",
    completed: "已完成",
    failed: "失败",
    stopped: "已停止",
  },
  lastRun: (input, state) => `最近一次：“${input}”，${state}。`,
  noRuns: "尚无任何消息。",

  ...approvalsZh,

  nothingRuns: "没有正在执行的任务。",
  granted: (tool: string, grant: string, by: string) =>
    `${tool} 依据授权 ${grant} 执行，授权人：${by}。`,
  pickSession: "选择哪个会话？",
  noSessions: "没有其他会话。",
  noSuchSession: (pick) => `没有第 ${pick} 个会话；输入 history 查看列表。`,
  closed: "已关闭",
  earlier: (count) => `… 更早的 ${count} 条消息`,
  restored: (title) => `已回到会话“${title}”。`,
  memories: "关于您的长期记忆：",
  noMemories: "还没有关于您的长期记忆。用 memory add <文字> 添加。",
  remembered: (text) => `已记住：${text}`,
  forgotten: (text) => `已忘记：${text}`,
  noSuchMemory: (which) => `没有第 ${which} 条记忆；输入 memory 查看列表。`,
  expiryIs: (expiry) => `本会话${expiry}。`,
  changeWhich: "修改哪一项？",
  nothing: "不修改",
  none: "无",
  newValue: (name) => `${name}的新值（default 表示默认值）：`,
  isSet: (name, value) => `${name}现为 ${value}。`,
  byDefault: (value) => `${value}（默认）`,
  notAllowedHere: "（此密钥无权查看）",
  settingNames: {
    title: "标题",
    model: "模型",
    language: "语言",
    system_prompt: "系统提示词",
    while_running: "执行中收到消息时",
    while_waiting: "等待确认时收到消息",
    expiry: "有效期",
    default_expiry: "新会话的有效期",
  },
  settingValues:
    "可选值：language en|zh · while_running queue|steer|interrupt · while_waiting beside|queue|withdraw · expiry、default_expiry <秒>|never|default",

  unknownCommand: (name) =>
    `没有命令 /${name}；输入 help 查看命令。若要原样发送，请在行首加一个空格。`,
  usage: (name) => `/${name} 的用法不对，请看 help。`,
  help: `status                        当前会话的状态
new                           新会话；/new <标题> 可命名
history [序号]                历史会话：查看并恢复
approvals [序号]              等待您或他人确认的调用：查看并决定
withdraw [序号]               撤回您发起的调用
why                           谁在何时作了什么决定
grants [revoke <序号>]        经您同意或为您免确认执行的授权
policies                      现行规则
policies explain <工具> {json} [as <级别>] [after <来源>,…]  某个调用会命中哪条规则及原因
stop                          停止正在执行或等待的任务（执行时按 Ctrl-C）
setting [名称 值]             查看和修改设置
expiry [秒数|never|default]   本会话的有效期
memory [add <文字>|forget <序号>]  长期记忆
help, exit

命令前可加也可不加斜杠。若要发送与命令相同的文字，请在行首加一个空格，或写：say status
管道输入时，用一行回答最近显示的一项：accept、edit {json}、respond 文字、reject [文字]。
accept for 1h 使同类调用在一段时间内免确认：accept for <10m|1h|1d> [<n> uses] [session|place] [fixed <参数>,…|fixed none]；未指明时全部参数固定。`,

  unreachable: (url, reason) =>
    `${url} 没有响应（${reason}）。服务器在运行吗？用 npm start 启动，或用 --url 指定其他地址。`,
  noKey: "服务器需要 API 密钥，请设置 COUNTERSIGN_API_KEY；npm run api-key 可生成密钥。",
  wrongKey: "服务器不接受此 API 密钥（COUNTERSIGN_API_KEY）。",
  forbidden: (detail) => `不允许此操作：${detail}`,
  unexpected: (url) => `${url} 上的服务不是 Countersign，或版本不同。`,
  tooMany: "请求过多，请稍候。",
  gone: (detail) => `已不存在：${detail}`,
  options: "npm run chat -- [--user <名称>] [--url <http://…>] [--language en|zh]",
  badOption: (detail) => detail,
  badUrl: (url) => `--url 应为 http 地址，而不是“${url}”。`,
  badLanguage: (language) => `--language 应为 en 或 zh，而不是“${language}”。`,
};
