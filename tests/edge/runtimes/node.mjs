// Runs the edge function on a list of events, in a realm without Node's globals and without eval.
// node node.mjs FUNCTION EVENTS RESULTS, all of them files. Needs Node 20 or later and nothing else.
import { readFileSync, writeFileSync } from 'node:fs';
import crypto from 'node:crypto';
import vm from 'node:vm';

const [, , functionFile, eventsFile, resultsFile] = process.argv;
const source = readFileSync(functionFile, 'utf8').replace(/^import \w+ from '\w+';\n/gm, '');
let origins = [];
const cf = {
    selectRequestOriginById: (id) => origins.push(id),
    createRequestOriginGroup: (group) => origins.push(JSON.parse(JSON.stringify(group))),
};
const realm = vm.createContext({ cf, crypto }, { codeGeneration: { strings: false, wasm: false } });
const handler = vm.runInContext(`'use strict';${source}\nhandler;`, realm);

const results = [];
for (const event of JSON.parse(readFileSync(eventsFile, 'utf8'))) {
    origins = [];
    const value = await handler(event);
    results.push({ value, origins });
}
writeFileSync(resultsFile, JSON.stringify(results));
