/** All texts of an uploader, in English. `uploader.strings = {...}` replaces some or all of them. */

const UNITS = ["B", "kB", "MB", "GB"];

/** Formats a size in steps of 1,024, in which the usual limit reads "50 MB". @param {number} bytes */
export function size(bytes) {
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < UNITS.length - 1; unit += 1) value /= 1024;
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

const clock = (/** @type {number} */ until) => new Date(until).toLocaleTimeString();

const left = (/** @type {number} */ until) => `${Math.max(1, Math.ceil((until - Date.now()) / 1000))} s`;

export const STRINGS = {
  label: "Upload files",
  choose: (/** @type {boolean} */ many) => `Choose ${many ? "files" : "a file"}`,
  orDrop: (/** @type {boolean} */ many) => `, drop ${many ? "them" : "it"} here, or paste`,
  /** @param {string} kinds @param {number} maxBytes 0 if unknown */
  hint: (kinds, maxBytes) => kinds + (maxBytes ? `, up to ${size(maxBytes)} each` : ""),
  camera: "Camera",
  takePhoto: "Take the photo",
  noCamera: "The camera cannot be used. Allow it in the browser, or choose a file.",
  cancel: "Cancel",
  cancelAll: "Cancel all",
  retry: "Retry",
  remove: "Remove",

  waiting: (/** @type {number} */ bytes) => `Waiting, ${size(bytes)}`,
  /** @param {number} loaded @param {number} total @param {number} speed bytes a second, 0 at first */
  sending: (loaded, total, speed) => `${size(loaded)} of ${size(total)}${speed ? `, ${size(speed)} a second` : ""}`,
  processing: "Processing",
  done: (/** @type {number} */ bytes) => `Uploaded, ${size(bytes)}`,
  canceled: "Canceled",
  limited: (/** @type {number} */ until) => `Too many uploads in a minute. Continues at ${clock(until)}`,
  offline: "You are offline. The upload resumes when you are back",
  interrupted: "The connection was lost. Trying again",
  busy: "The service is busy. Trying again",
  /** @param {number} done @param {number} count @param {number} until when the service takes the next file; 0 for now */
  overall: (done, count, until) => `${done} of ${count}${until ? `, next in ${left(until)}` : ""}`,
  overallProgress: "All uploads",

  empty: "Empty or unreadable.",
  wrongType: (/** @type {string} */ kinds) => `Files of this type are not accepted here. Choose ${kinds}.`,
  tooLarge: (/** @type {number} */ maxBytes) => `The file is too large. Choose one of up to ${size(maxBytes)}.`,
  tooMany: (/** @type {number} */ most) => `Too many files: at most ${most}. Remove one first.`,
  problem: (/** @type {Error} */ error) => error.message || "Something went wrong. Try again.",
  signIn: "Sign in first, then retry.",
  uploaded: (/** @type {string} */ name) => `${name} is uploaded`,

  required: "Choose a file to upload.",
  unfinished: "Wait until the upload is done, or cancel it.",
};

/** @typedef {typeof STRINGS} Strings */
