import assert from "node:assert/strict";
import { test } from "node:test";
import { RefusedError } from "../../errors.ts";
import { addressFault, safeAddresses } from "./address-guard.ts";

const PRIVATE = [
  "127.0.0.1",
  "127.255.255.254",
  "::1",
  "::ffff:127.0.0.1",
  "::127.0.0.1",
  "64:ff9b::7f00:1",
  "10.1.2.3",
  "172.16.0.1",
  "192.168.1.1",
  "100.64.0.1",
  "169.254.1.1",
  "fe80::1%eth0",
  "fd12:3456::1",
  "fec0::1",
  "2002:7f00:1::",
  "2001::1",
  "192.0.2.1",
  "198.18.0.1",
  "240.0.0.1",
  "2001:db8::1",
];
const NEVER = [
  "0.0.0.0",
  "::",
  "::ffff:0.0.0.0",
  "255.255.255.255",
  "224.0.0.1",
  "ff02::1",
  "169.254.169.254",
  "::ffff:169.254.169.254",
  "64:ff9b::a9fe:a9fe",
  "100.100.100.200",
  "168.63.129.16",
  "fd00:ec2::254",
  "not an address",
];
const PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808"];

for (const address of PRIVATE)
  test(`addressFault refuses ${address} unless allow_private`, () => {
    assert.match(addressFault(address, false) ?? "", /allow_private is not set/);
    assert.equal(addressFault(address, true), undefined);
  });

for (const address of NEVER)
  test(`addressFault refuses ${address} whatever is configured`, () => {
    assert.ok(addressFault(address, false));
    assert.ok(addressFault(address, true));
  });

for (const address of PUBLIC)
  test(`addressFault has nothing against ${address}`, () => {
    assert.equal(addressFault(address, false), undefined);
  });

test("safeAddresses refuses a name with one private address among public ones", async () => {
  await assert.rejects(
    safeAddresses("mixed.example", false, async () => ["93.184.216.34", "10.0.0.5"]),
    (error) =>
      error instanceof RefusedError &&
      error.code === "forbidden" &&
      /mixed\.example is at 10\.0\.0\.5, which is refused: .*"private"/.test(error.message),
  );
});

test("safeAddresses does not look up a literal address", async () => {
  const never = () => Promise.reject(new Error("looked up"));
  assert.deepEqual(await safeAddresses("[2606:4700::1]", false, never), ["2606:4700::1"]);
  await assert.rejects(safeAddresses("[::1]", false, never), /loopback/);
});

test("safeAddresses says which name has no address", async () => {
  await assert.rejects(
    safeAddresses("gone.example", false, async () => []),
    /No address found for gone\.example/,
  );
});
