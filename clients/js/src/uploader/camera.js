/** A dialog with the camera's live picture, for devices whose file dialog has no camera. */

/** @import {Strings} from "./strings.js" */
import { make } from "./view.js";

/**
 * @param {Node} root
 * @param {Strings} strings
 * @returns {Promise<File | null>} null if it was dismissed
 */
export async function photograph(root, strings) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 } } });
  const video = make("video", "", { srcObject: stream, autoplay: true, muted: true, playsInline: true });
  const button = (/** @type {string} */ part, /** @type {string} */ word, /** @type {() => void} */ onclick) =>
    make("button", `button ${part}`, { type: "button", onclick }, word);
  return new Promise((resolve) => {
    const take = () => {
      const canvas = make("canvas", "", { width: video.videoWidth, height: video.videoHeight });
      canvas.getContext("2d").drawImage(video, 0, 0);
      canvas.toBlob((/** @type {Blob} */ blob) => {
        resolve(new File([blob], `photo-${new Date().toISOString().slice(0, 19).replace(/\D/g, "-")}.jpg`, { type: blob.type }));
        dialog.close();
      }, "image/jpeg", 0.92);
    };
    const dialog = make("dialog", "camera-dialog", { ariaLabel: strings.camera }, video,
      button("cancel", strings.cancel, () => dialog.close()), button("take", strings.takePhoto, take));
    dialog.onclose = () => {
      for (const track of stream.getTracks()) track.stop();
      dialog.remove();
      resolve(null);
    };
    root.appendChild(dialog).showModal();
  });
}
