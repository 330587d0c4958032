/** A dialog with the camera's live picture, for devices whose file dialog has no camera. */
import type { Strings } from "./strings.js";
/**
 * @param {Node} root
 * @param {Strings} strings
 * @returns {Promise<File | null>} null if it was dismissed
 */
export declare function photograph(root: Node, strings: Strings): Promise<File | null>;
