/** A server on this machine that handles each request with the next step of a script, and records the requests. */

import { createServer } from "node:http";
import { after } from "node:test";

/** The connection ends before the request's body is read. */
export const DROP = Symbol("drop");
/** The connection ends when the whole request has arrived, so it may have taken effect. */
export const DROP_AFTER_BODY = Symbol("drop after the body");
/** The connection ends in the middle of the response. */
export const CUT = Symbol("cut");
/** No response is sent. */
export const HANG = Symbol("hang");

/**
 * @param {number} status
 * @param {object | string | Buffer} body
 * @param {Record<string, string>} [headers]
 */
export function reply(status, body, headers = {}) {
  return { status, body: typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body), headers };
}

/** @param {number} status */
export function problem(status, headers = {}) {
  const body = { type: "urn:asset-upload-api:problem:test", title: "T", status, detail: `detail ${status}`, request_id: "r1" };
  return reply(status, body, { "content-type": "application/problem+json", ...headers });
}

/**
 * A response that ends after its first bytes.
 * @param {number} bytes
 * @param {ReturnType<typeof reply>} whole
 */
export function cutAfter(bytes, whole, { andHang = false } = {}) {
  return { ...whole, cutAfter: bytes, andHang };
}

/** @param {...(symbol | ReturnType<typeof reply> | ((request: any) => any))} script a function gets the request */
export async function scripted(...script) {
  const requests = [];
  const arrivals = [];
  const steps = [...script];
  const server = createServer((incoming, outgoing) => {
    const next = steps.shift();
    const request = { method: incoming.method, path: incoming.url, headers: incoming.headers, body: Buffer.alloc(0) };
    request.closed = new Promise((closed) => outgoing.on("close", closed));
    requests.push(request);
    arrivals.splice(0).forEach((arrived) => arrived());
    if (next === DROP) return incoming.socket.destroy();
    const chunks = [];
    incoming.on("data", (chunk) => chunks.push(chunk));
    incoming.on("end", () => {
      request.body = Buffer.concat(chunks);
      const step = typeof next === "function" ? next(request) : next;
      if (step === HANG) return;
      if (step === DROP || step === DROP_AFTER_BODY) return incoming.socket.destroy();
      if (step === CUT) {
        outgoing.writeHead(200, { "content-length": "1000", "content-type": "application/json" });
        outgoing.write('{"success": ');
        return setTimeout(() => incoming.socket.destroy(), 20);
      }
      const { status, body, headers, ...cut } = step ?? problem(418);
      outgoing.writeHead(status, { "content-type": "application/json", ...headers });
      if (!("cutAfter" in cut)) return outgoing.end(body);
      outgoing.flushHeaders();
      outgoing.write(body.subarray(0, cut.cutAfter));
      if (!cut.andHang) setTimeout(() => incoming.socket.destroy(), 20);
    });
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    requests,
    /** Resolves when the next request has arrived. */
    nextRequest: () => new Promise((arrived) => arrivals.push(arrived)),
  };
}
