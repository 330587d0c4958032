/** A server of uploads in parts, API and store in one, that stores parts and fails on request. */

import { createHash } from "node:crypto";

import { problem, reply, scripted } from "./scripted-server.mjs";

/** S3's: the MD5 of the part. */
const etagOf = (body) => `"${createHash("md5").update(body).digest("hex")}"`;

/**
 * @param {{partSize: number, fail?: (request: any, state: any) => any}} options `fail` may handle a request instead, with any
 *   step of a scripted server
 */
export async function partServer({ partSize, fail = () => undefined }) {
  const state = { uploads: new Map(), keys: new Map(), begun: 0, sent: [], signed: [], aborted: 0 };
  const routes = {
    "POST /api/v2/uploads": ({ body, headers }) => {
      const declared = JSON.parse(body);
      const key = headers["idempotency-key"];
      const isNew = !state.keys.has(key);
      if (isNew) state.keys.set(key, `u${(state.begun += 1)}`);
      const id = state.keys.get(key);
      const count = Math.ceil(declared.size_bytes / partSize);
      if (isNew) state.uploads.set(id, { ...declared, count, parts: new Map() });
      const upload = { id, part_size: partSize, part_count: count, expires_at: "2999-01-01T00:00:00Z" };
      return reply(201, { success: true, asset_id: `a-${id}`, url: "u", filename: declared.filename, size_bytes: declared.size_bytes, upload });
    },
    "POST /api/v2/uploads/*/parts": ({ body, headers }) => {
      const { upload_id: id, part_numbers: numbers } = JSON.parse(body);
      const { count, size_bytes: size } = state.uploads.get(id);
      state.signed.push(numbers);
      const signed = (part_number) => ({
        part_number, method: "PUT", url: `http://${headers.host}/bucket/${id}/${part_number}`, headers: { "x-signed": `${part_number}` },
        size: part_number < count ? partSize : size - partSize * (count - 1),
      });
      return reply(200, { parts: numbers.map(signed) });
    },
    "PUT /bucket/*": ({ path, headers, body }) => {
      const [, , id, number] = path.split("/");
      const { authorization, "content-type": type, "x-signed": signature } = headers;
      if (authorization || type || signature !== number) return reply(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>");
      const { isCompleted, isDeleted } = state.uploads.get(id);
      if (isCompleted || isDeleted) return reply(404, "<Error><Code>NoSuchUpload</Code><Message>No</Message></Error>");
      state.sent.push(Number(number));
      state.uploads.get(id).parts.set(Number(number), body);
      return reply(200, "", { etag: etagOf(body) });
    },
    "GET /api/v2/uploads/*": ({ path }) => {
      const upload = state.uploads.get(new URL(path, "http://h").searchParams.get("upload_id"));
      if (!upload || upload.isDeleted) return problem(404);
      if (upload.isCompleted) return reply(200, { status: "completed", parts: [] });
      return reply(200, { status: "uploading", parts: [...upload.parts].map(([part_number, body]) => ({ part_number, size: body.length, etag: etagOf(body) })) });
    },
    "DELETE /api/v2/uploads/*": ({ path }) => {
      const upload = state.uploads.get(new URL(path, "http://h").searchParams.get("upload_id"));
      if (!upload || upload.isDeleted) return problem(404);
      if (upload.isCompleted) return problem(409);
      Object.assign(upload, { isDeleted: true, parts: new Map() });
      state.aborted += 1;
      return reply(200, { success: true, message: "aborted" });
    },
    "POST /api/v2/uploads/*/complete": ({ body }) => {
      const upload = state.uploads.get(JSON.parse(body).upload_id);
      if (!upload || upload.isDeleted) return problem(404);
      if (upload.parts.size < upload.count) return problem(409);
      upload.isCompleted = true;
      return reply(201, { success: true, asset_id: `a-${JSON.parse(body).upload_id}`, url: "u", filename: upload.filename, size_bytes: upload.size_bytes });
    },
  };
  const response = (request) => {
    const line = `${request.method} ${request.path.split("?")[0]}`;
    const [, route] = Object.entries(routes).findLast(([pattern]) => new RegExp(`^${pattern.replace("*", ".+")}$`).test(line)) ?? [];
    return fail(request, state) ?? route?.(request) ?? problem(404);
  };
  const server = await scripted(...Array(500).fill(response));
  /** @param {string} id */
  const bytes = (id) => {
    const { parts } = state.uploads.get(id);
    return Buffer.concat([...parts.keys()].toSorted((one, other) => one - other).map((number) => parts.get(number)));
  };
  return { ...server, state, bytes };
}
