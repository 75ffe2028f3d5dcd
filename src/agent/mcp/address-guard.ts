import { lookup } from "node:dns/promises";
import ipaddr from "ipaddr.js";
import { messageOf, RefusedError } from "../../errors.ts";

/** All addresses of a host name, as text. Rejects when there are none. */
export type Resolve = (hostname: string) => Promise<string[]>;

export async function resolveAll(hostname: string): Promise<string[]> {
  const found = await lookup(hostname, { all: true, order: "verbatim" });
  return found.map((one) => one.address);
}

/** Where clouds hand out credentials: refused whatever the configuration allows. 168.63.129.16 looks public and is Azure's. */
const METADATA = new Set(["169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254"]);

/** No peer lives here, so `allow_private` does not open them either. */
const NEVER = new Set(["unspecified", "broadcast", "multicast"]);

/**
 * Why an MCP server must not be reached at this address, or undefined when it may be. Only what
 * is plainly public is fine by itself: every other range (private, loopback, link-local, unique
 * local, carrier-grade NAT, tunnels, reserved) needs `allowPrivate`.
 */
export function addressFault(address: string, allowPrivate: boolean): string | undefined {
  if (!ipaddr.isValid(address)) return "it is not an IP address";
  const ip = innermost(ipaddr.parse(address));
  if (METADATA.has(ip.toString())) return "it is a cloud's metadata address";
  const range = ip.range();
  if (NEVER.has(range)) return `it is in the range "${range}", where no server is`;
  if (range === "unicast" || allowPrivate) return;
  return `it is in the range "${range}", and allow_private is not set`;
}

/** The IPv4 address inside an IPv4-mapped, IPv4-compatible or NAT64 one: that is where the packets go. */
function innermost(ip: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (ip.kind() === "ipv4") return ip;
  const bytes = ip.toByteArray();
  const prefix = bytes.slice(0, 12).map((byte) => byte.toString(16).padStart(2, "0"));
  const compatible = prefix.join("") === "0".repeat(24) && bytes.slice(12, 15).some((b) => b > 0);
  const mapped = prefix.join("") === `${"0".repeat(20)}ffff`;
  const nat64 = prefix.join("") === `0064ff9b${"0".repeat(16)}`;
  return compatible || mapped || nat64 ? new ipaddr.IPv4(bytes.slice(12)) : ip;
}

/**
 * The addresses of a host, once every one of them was found harmless. One bad address among good
 * ones refuses the host: which of them gets used is up to whoever answers the question.
 */
export async function safeAddresses(
  hostname: string,
  allowPrivate: boolean,
  resolve: Resolve,
): Promise<string[]> {
  const literal = hostname.replace(/^\[(.*)\]$/, "$1");
  const addresses = ipaddr.isValid(literal) ? [literal] : await named(hostname, resolve);
  for (const address of addresses) {
    const fault = addressFault(address, allowPrivate);
    if (fault)
      throw new RefusedError(
        "forbidden",
        `${hostname} is at ${address}, which is refused: ${fault}`,
      );
  }
  return addresses;
}

async function named(hostname: string, resolve: Resolve): Promise<string[]> {
  const addresses = await resolve(hostname).catch((cause: unknown) => {
    throw new RefusedError("unavailable", `No address found for ${hostname}: ${messageOf(cause)}`, {
      cause,
    });
  });
  if (addresses.length === 0)
    throw new RefusedError("unavailable", `No address found for ${hostname}`);
  return addresses;
}
