import net from "node:net";

/** Preloaded (`node --import`) into servers that would listen on every address: they listen on loopback. */
const listen = net.Server.prototype.listen as (...given: unknown[]) => net.Server;

net.Server.prototype.listen = function (this: net.Server, first: unknown, ...rest: unknown[]) {
  const isPort = typeof first === "number" || typeof first === "string";
  return isPort
    ? listen.call(this, Number(first), "127.0.0.1", ...rest)
    : listen.call(this, first, ...rest);
} as typeof net.Server.prototype.listen;
