// Runs edge/viewer-request.js as CloudFront would: alone in a realm without Node's globals and without eval,
// with a `cf` that records what was selected. Needs Node 20 or later and nothing else:
// node --test tests/edge/viewer-request.test.mjs
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import vm from 'node:vm';

const source = readFileSync(new URL('../../edge/viewer-request.js', import.meta.url), 'utf8');
const table = JSON.parse(readFileSync(new URL('cases.json', import.meta.url), 'utf8'));

const IMPORT = "import cf from 'cloudfront';\n";
const READ_ONLY = ['content-length', 'host', 'transfer-encoding', 'via'];

function loadHandler() {
    assert.ok(source.startsWith(IMPORT), 'the first line imports cf');
    const selected = [];
    const cf = { selectRequestOriginById: (id) => selected.push(id) };
    const realm = vm.createContext({ cf }, { codeGeneration: { strings: false, wasm: false } });
    const handler = vm.runInContext(`'use strict';${source.slice(IMPORT.length)}\nhandler;`, realm);
    return { handler, selected };
}

async function decide(request) {
    const { handler, selected } = loadHandler();
    const context = { eventType: 'viewer-request', requestId: table.request_id };
    const event = { version: '1.0', context, viewer: { ip: '203.0.113.9' }, request };
    const result = await handler(structuredClone(event));
    return { result: JSON.parse(JSON.stringify(result)), selected };
}

/** {name: 'a' or ['a', 'b']} as CloudFront's event holds it (developer guide, "multiValue array"). */
function fields(values = {}) {
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, field(value)]));
}

function field(value) {
    if (!Array.isArray(value)) {
        return { value };
    }
    return { value: value[0], multiValue: value.map((each) => ({ value: each })) };
}

function viewerRequest({ method, uri, query, headers, cookies }) {
    return { method, uri, querystring: fields(query), headers: fields(headers), cookies: fields(cookies) };
}

function withoutReadOnly(headers) {
    return Object.fromEntries(Object.entries(headers).filter(([name]) => !READ_ONLY.includes(name)));
}

function onlyReadOnly(headers) {
    return Object.fromEntries(Object.entries(headers).filter(([name]) => READ_ONLY.includes(name)));
}

function checkAnswer({ result, selected }, expected) {
    assert.deepEqual(selected, [], 'an answer selects no origin');
    assert.equal(result.statusCode, expected.status);
    assert.equal(typeof result.statusDescription, 'string');
    assert.deepEqual(result.headers, fields(expected.headers));
    assert.equal(result.body.encoding, 'text');
    assert.deepEqual(JSON.parse(result.body.data), expected.problem);
}

function checkForwarded({ result, selected }, request, decision) {
    const toApi = decision.origin === 'api';
    assert.deepEqual(selected, [decision.origin], 'exactly one origin is selected');
    assert.deepEqual(Object.keys(result).sort(), Object.keys(request).sort());
    assert.equal(result.method, request.method);
    assert.equal(result.uri, decision.uri ?? request.uri);
    assert.deepEqual(result.querystring, toApi ? request.querystring : {});
    assert.deepEqual(result.cookies, toApi ? request.cookies : {});
    assert.deepEqual(withoutReadOnly(result.headers), fields(decision.headers));
    assert.deepEqual(onlyReadOnly(result.headers), onlyReadOnly(request.headers));
}

for (const { name, request: viewer, decision } of table.cases) {
    test(name, async () => {
        const request = viewerRequest(viewer);
        const outcome = await decide(request);
        if (decision.answer) {
            checkAnswer(outcome, table.answers[decision.answer]);
        } else {
            checkForwarded(outcome, request, decision);
        }
    });
}

function* oddPaths() {
    const path = table.asset_path;
    for (let at = 0; at < path.length; at += 1) {
        yield path.slice(0, at);
    }
    for (const odd of table.never_an_asset.insertions) {
        for (let at = 0; at <= path.length; at += 1) {
            yield path.slice(0, at) + odd + path.slice(at);
            const replaced = path.slice(0, at) + odd + path.slice(at + 1);
            if (replaced !== path) {
                yield replaced;
            }
        }
    }
}

test('no odd path reaches the assets bucket, and none is rewritten', async () => {
    const { handler, selected } = loadHandler();
    for (const uri of oddPaths()) {
        const result = await handler({ context: {}, request: viewerRequest({ method: 'GET', uri }) });
        const origin = selected.pop();
        assert.equal(origin, uri.startsWith('/api/') ? 'api' : 'site', JSON.stringify(uri));
        assert.equal(result.uri, uri);
        assert.equal(selected.length, 0);
    }
});

test('an id in any case reaches the one lower-case key, and upper case elsewhere no asset', async () => {
    const { handler, selected } = loadHandler();
    const path = table.asset_path;
    const lastSlashAt = path.lastIndexOf('/');
    for (let at = 0; at < path.length; at += 1) {
        const uri = path.slice(0, at) + path.slice(at).toUpperCase();
        const result = await handler({ context: {}, request: viewerRequest({ method: 'GET', uri }) });
        const isAsset = at >= lastSlashAt;
        assert.equal(selected.pop() === 'assets', isAsset, uri);
        assert.equal(result.uri, isAsset ? path : uri);
    }
});

test('for GET and HEAD the path alone decides, so that the cache never mixes origins', async () => {
    const { handler, selected } = loadHandler();
    const paths = new Set(table.cases.map(({ request }) => request.uri));
    for (const uri of paths) {
        for (const { request } of table.cases) {
            for (const method of ['GET', 'HEAD']) {
                await handler({ context: {}, request: viewerRequest({ ...request, method, uri }) });
            }
        }
        assert.equal(new Set(selected.splice(0)).size, 1, uri);
    }
});

test('is smaller than CloudFront takes', () => {
    assert.ok(Buffer.byteLength(source) < 10_000);
});

// Not in the developer guide's list of features: a pattern for each, and a sample it must find.
const LACKING = {
    'for-of': [/\bfor\s*(?:await\s*)?\([^;)]*\bof\b/, 'for (const a of b) {}'],
    class: [/\bclass\b/, 'class A {}'],
    generator: [/\bfunction\s*\*/, 'function* a() {}'],
    'spread or rest': [/\.\.\./, 'f(...a)'],
    destructuring: [/\b(?:const|let|var)\s*[[{]|\(\s*[[{][^()]*\)\s*=>/, 'f(({ a }) => a)'],
    'default parameter': [/\bfunction\s*\w*\s*\([^)]*=|\([^()=]*\w\s*=[^=>][^()]*\)\s*=>/, 'f((a = 1) => a)'],
    'optional chaining or nullish coalescing': [/\?\.\D|\?\?/, 'a?.b'],
    'logical assignment': [/(?:\|\||&&)=/, 'a ||= b'],
    'dynamic code': [/\beval\b|\bFunction\b/, 'new Function(a)'],
    'a module besides the one import': [/\b(?:require|export|import)\b/, "require('fs')"],
    timer: [/\bset(?:Timeout|Interval|Immediate)\b/, 'setTimeout(a, 1)'],
};

test('uses no syntax that the runtime lacks', () => {
    const code = source
        .slice(IMPORT.length)
        .replace(/\/\/.*$/gm, '')
        .replace(/'(?:[^'\\\n]|\\.)*'/g, "''");
    for (const [name, [pattern, sample]] of Object.entries(LACKING)) {
        assert.match(sample, pattern, `the pattern for ${name} works`);
        assert.doesNotMatch(code, pattern, name);
    }
});
