/**
 * `<AssetUploader>` for React 18 and later: `<asset-uploader>` with props, callbacks and types.
 * @module
 */

/** @import {AssetUploader as Element} from "./uploader.js" */
/** @import {AssetUploaderProps} from "../uploader-types.js" */
/** @import {Strings} from "./uploader/strings.js" */
import { createElement, forwardRef, useEffect, useImperativeHandle, useRef } from "react";
import "./uploader.js";

const NAMES = /** @type {Record<string, string>} */ ({
  className: "class", expiresIn: "expires-in", maxFiles: "max-files", maxSize: "max-size", tokenUrl: "token-url", valueType: "value-type",
});

/** Converts an attribute's value, which React 18 would stringify even if it is false. @param {unknown} value */
const attribute = (value) => (value === true ? "" : value === false || value === null ? undefined : Array.isArray(value) ? value.join(",") : value);

export const AssetUploader = forwardRef(
  /**
   * @param {AssetUploaderProps & {strings?: Partial<Strings>, style?: import("react").CSSProperties}} props
   * @param {import("react").ForwardedRef<Element>} ref
   */
  function AssetUploader({ client, getToken, strings, onUploaded, onFailed, onRemoved, onProgress, ...attributes }, ref) {
    const own = useRef(/** @type {Element | null} */ (null));
    const callbacks = useRef({});
    callbacks.current = { "asset-uploaded": onUploaded, "asset-failed": onFailed, "asset-removed": onRemoved, "asset-progress": onProgress };
    useImperativeHandle(ref, () => /** @type {Element} */ (own.current), []);
    useEffect(() => {
      if (own.current) Object.assign(own.current, { client, getToken });
    });
    useEffect(() => {
      if (own.current && strings) own.current.strings = strings;
    }, [strings]);
    useEffect(() => {
      const call = (/** @type {any} */ event) => /** @type {any} */ (callbacks.current)[event.type]?.(event.detail, event);
      const types = Object.keys(callbacks.current);
      for (const type of types) own.current?.addEventListener(type, call);
      return () => types.forEach((type) => own.current?.removeEventListener(type, call));
    }, []);
    const named = Object.entries(attributes).map(([name, value]) => [NAMES[name] ?? name, name === "style" ? value : attribute(value)]);
    return createElement("asset-uploader", { ...Object.fromEntries(named), ref: own });
  },
);
