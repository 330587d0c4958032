// Prints the ThumbHash of each image in the JSON file: [[width, height, base64 of its RGBA], …].
import { readFileSync } from 'node:fs';
import { rgbaToThumbHash } from 'thumbhash';

const images = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const hashes = images.map(([width, height, rgba]) => rgbaToThumbHash(width, height, Buffer.from(rgba, 'base64')));
console.log(JSON.stringify(hashes.map((hash) => Buffer.from(hash).toString('base64'))));
