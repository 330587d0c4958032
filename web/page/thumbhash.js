/** ThumbHashes (https://evanw.github.io/thumbhash/): pictures of about 25 bytes, painted before the real ones load. */

const SIDE = 32;
const CHROMA_GAIN = 1.25;
const MOST_TERMS = 8; // per axis, stored in three bits

/** Paints a base64 thumbhash on a canvas. */
export function paint(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const canvas = document.createElement("canvas");
  const { width, height, rgba } = decode(bytes);
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").putImageData(new ImageData(rgba, width, height), 0, 0);
  return canvas;
}

/** Decodes luminance, two chroma channels and alpha, each a mean and a few four-bit cosine terms. */
export function decode(bytes) {
  const low = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
  const high = bytes[3] | (bytes[4] << 8);
  const hasAlpha = low >> 23 === 1;
  const longSide = hasAlpha ? 5 : 7;
  const isLandscape = high >> 15 === 1;
  const across = Math.max(3, isLandscape ? longSide : high & 7);
  const down = Math.max(3, isLandscape ? high & 7 : longSide);
  const nibbles = nibblesOf(bytes, hasAlpha ? 6 : 5);
  const channels = [
    channel(nibbles, (low & 63) / 63, across, down, ((low >> 18) & 31) / 31),
    channel(nibbles, ((low >> 6) & 63) / 31.5 - 1, 3, 3, (((high >> 3) & 63) / 63) * CHROMA_GAIN),
    channel(nibbles, ((low >> 12) & 63) / 31.5 - 1, 3, 3, (((high >> 9) & 63) / 63) * CHROMA_GAIN),
    hasAlpha ? channel(nibbles, (bytes[5] & 15) / 15, 5, 5, (bytes[5] >> 4) / 15) : { mean: 1, terms: [] },
  ];
  const ratio = across / down;
  const width = Math.round(ratio > 1 ? SIDE : SIDE * ratio);
  const height = Math.round(ratio > 1 ? SIDE / ratio : SIDE);
  const rgba = new Uint8ClampedArray(width * height * 4);
  const [columns, rows] = [cosines(width), cosines(height)];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [light, yellowBlue, redGreen, alpha] = channels.map((each) => valueAt(each, columns[x], rows[y]));
      const blue = light - (2 / 3) * yellowBlue;
      const red = (3 * light - blue + redGreen) / 2;
      rgba.set([red, red - redGreen, blue, alpha].map((value) => 255 * value), (y * width + x) * 4);
    }
  }
  return { width, height, rgba };
}

function* nibblesOf(bytes, start) {
  for (let index = start; index < bytes.length; index += 1) {
    yield bytes[index] & 15;
    yield bytes[index] >> 4;
  }
  for (;;) yield 7.5; // neutral, for a truncated hash
}

function channel(nibbles, mean, across, down, scale) {
  const terms = [];
  for (let v = 0; v < down; v += 1) {
    for (let u = v ? 0 : 1; u * down < across * (down - v); u += 1) {
      terms.push({ u, v, factor: (nibbles.next().value / 7.5 - 1) * scale * 2 });
    }
  }
  return { mean, terms };
}

/** Computes the cosine of each frequency for each pixel of a row or column. */
function cosines(pixels) {
  return Array.from({ length: pixels }, (_, at) => Array.from({ length: MOST_TERMS }, (_, term) => Math.cos((Math.PI * term * (at + 0.5)) / pixels)));
}

function valueAt({ mean, terms }, column, row) {
  let sum = mean;
  for (const { u, v, factor } of terms) sum += factor * column[u] * row[v];
  return sum;
}
