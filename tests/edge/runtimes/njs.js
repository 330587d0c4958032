
// Appended to the edge function: runs it on a list of events. njs -p DIRECTORY -t module FILE EVENTS RESULTS, where
// DIRECTORY holds the module `cloudfront`.
import fs from 'fs';

async function runAll() {
    const results = [];
    const events = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
    for (let i = 0; i < events.length; i++) {
        cf.origins.length = 0;
        const value = await handler(events[i]);
        results.push({ value: value, origins: cf.origins.slice() });
    }
    fs.writeFileSync(process.argv[3], JSON.stringify(results));
}

runAll();
