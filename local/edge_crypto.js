// The part of CloudFront's module `crypto` that the edge function uses, for QuickJS, which has none and may not call
// Python while it has a time limit: createHmac('sha256', key).update(text).digest('base64url'), all of it ASCII.
const crypto = (() => {
    const BLOCK = 64;
    const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

    const fraction = (number) => ((number - Math.floor(number)) * 2 ** 32) | 0;
    const primes = [];
    for (let candidate = 2; primes.length < 64; candidate++) {
        if (primes.every((prime) => candidate % prime)) {
            primes.push(candidate);
        }
    }
    const CONSTANTS = primes.map((prime) => fraction(Math.cbrt(prime)));
    const START = primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
    const rotated = (word, bits) => (word >>> bits) | (word << (32 - bits));

    // FIPS 180-4, section 6.2.
    function sha256(bytes) {
        const padded = bytes.concat(0x80);
        while (padded.length % BLOCK !== BLOCK - 8) {
            padded.push(0);
        }
        padded.push(0, 0, 0, 0, ...wordBytes(bytes.length * 8));
        let hash = START;
        for (let start = 0; start < padded.length; start += BLOCK) {
            hash = compressed(hash, padded.slice(start, start + BLOCK));
        }
        return hash.flatMap(wordBytes);
    }

    function compressed(hash, block) {
        const words = [];
        for (let i = 0; i < 16; i++) {
            words.push((block[4 * i] << 24) | (block[4 * i + 1] << 16) | (block[4 * i + 2] << 8) | block[4 * i + 3]);
        }
        for (let i = 16; i < 64; i++) {
            const [a, b] = [words[i - 15], words[i - 2]];
            const sigma0 = rotated(a, 7) ^ rotated(a, 18) ^ (a >>> 3);
            const sigma1 = rotated(b, 17) ^ rotated(b, 19) ^ (b >>> 10);
            words.push((words[i - 16] + sigma0 + words[i - 7] + sigma1) | 0);
        }
        let [a, b, c, d, e, f, g, h] = hash;
        for (let i = 0; i < 64; i++) {
            const sum1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
            const first = (h + sum1 + ((e & f) ^ (~e & g)) + CONSTANTS[i] + words[i]) | 0;
            const sum0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
            const second = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
            [a, b, c, d, e, f, g, h] = [(first + second) | 0, a, b, c, (d + first) | 0, e, f, g];
        }
        return [a, b, c, d, e, f, g, h].map((word, i) => (word + hash[i]) | 0);
    }

    function wordBytes(word) {
        return [word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff];
    }

    function base64url(bytes) {
        let text = '';
        for (let i = 0; i < bytes.length; i += 3) {
            const bits = (bytes[i] << 16) | ((bytes[i + 1] || 0) << 8) | (bytes[i + 2] || 0);
            for (let j = 0; j < Math.min(bytes.length - i, 3) + 1; j++) {
                text += ALPHABET[(bits >>> (18 - 6 * j)) & 63];
            }
        }
        return text;
    }

    const ascii = (text) => Array.from(text, (character) => character.charCodeAt(0));

    return {
        createHmac: (algorithm, key) => {
            if (algorithm !== 'sha256' || key.length > BLOCK) {
                throw new Error('only sha256, and keys of at most 64 characters');
            }
            const block = ascii(key.padEnd(BLOCK, '\0'));
            const pad = (byte) => block.map((each) => each ^ byte);
            let inner = pad(0x36);
            return {
                update(text) {
                    inner = inner.concat(ascii(text));
                    return this;
                },
                digest: (encoding) => {
                    if (encoding !== 'base64url') {
                        throw new Error('only base64url');
                    }
                    return base64url(sha256(pad(0x5c).concat(sha256(inner))));
                },
            };
        },
    };
})();
