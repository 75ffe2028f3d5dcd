import type { Message } from "./announcements.ts";

type Listener = (message: Message) => void;

/** Who in this process wants to hear what. */
export type Subscribers = {
  /** Hands the message over in a microtask. */
  publish(topic: string, message: Message): void;
  /** Hands over what another process published. No messages at all are a gap. */
  receive(messages: [topic: string, message: Message][] | undefined): void;
  subscribe(topic: string, listener: Listener): Disposable;
  topics(): string[];
  onGap(listener: () => void): Disposable;
  gap(): void;
};

/** `onUnused` hears of a topic that lost its last subscriber. */
export function openSubscribers(options: { onUnused?(topic: string): void } = {}): Subscribers {
  const topics = new Map<string, Set<{ listener: Listener }>>();
  const gapListeners = new Set<{ listener: () => void }>();
  function deliver(topic: string, message: Message): void {
    for (const { listener } of topics.get(topic) ?? []) call(() => listener(message));
  }
  function gap(): void {
    for (const { listener } of gapListeners) call(listener);
  }
  return {
    gap,
    receive(messages) {
      if (messages?.length === 0) return gap();
      for (const [topic, message] of messages ?? []) deliver(topic, message);
    },
    publish(topic, message) {
      queueMicrotask(() => deliver(topic, message));
    },
    subscribe(topic, listener) {
      const entry = { listener };
      const entries = topics.get(topic) ?? new Set();
      topics.set(topic, entries.add(entry));
      return disposable(() => {
        if (!entries.delete(entry) || entries.size > 0) return;
        topics.delete(topic);
        options.onUnused?.(topic);
      });
    },
    topics: () => [...topics.keys()],
    onGap(listener) {
      const entry = { listener };
      gapListeners.add(entry);
      return disposable(() => gapListeners.delete(entry));
    },
  };
}

function call(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    process.emitWarning(error instanceof Error ? error : String(error));
  }
}

const disposable = (dispose: () => void): Disposable => ({ [Symbol.dispose]: dispose });
