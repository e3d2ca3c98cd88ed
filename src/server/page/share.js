// The state as text that fits behind the `#` of a link: JSON, deflated, in base64url.

/** A link may unpack to so many bytes. */
const MOST = 8 * 1024 * 1024;

async function through(stream, bytes, most = Infinity) {
  const writer = stream.writable.getWriter();
  // A broken link fails on both sides; it is reported by the reading one.
  writer.write(bytes).catch(() => {});
  writer.close().catch(() => {});
  const parts = [];
  let length = 0;
  const reader = stream.readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new Error("it unpacks to too much");
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Bytes as base64. */
export function toBase64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Packs a state. */
export async function pack(state) {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  const packed = await through(new CompressionStream("deflate-raw"), bytes);
  return toBase64(packed).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Unpacks what `pack` made. Throws an error that says why it cannot. */
export async function unpack(text) {
  let bytes;
  try {
    bytes = fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    throw new Error("it is not base64url");
  }
  let state;
  try {
    const unpacked = await through(new DecompressionStream("deflate-raw"), bytes, MOST);
    state = new TextDecoder("utf-8", { fatal: true }).decode(unpacked);
  } catch (error) {
    throw new Error(error.message.startsWith("it ") ? error.message : "it is cut off or damaged");
  }
  try {
    state = JSON.parse(state);
  } catch {
    throw new Error("it holds no JSON");
  }
  return checked(state);
}

/** A state of the right form, or an error. */
export function checked(state) {
  const fine =
    state !== null &&
    typeof state === "object" &&
    Array.isArray(state.files) &&
    state.files.length <= 1000 &&
    state.files.every(
      (file) =>
        file !== null &&
        typeof file === "object" &&
        typeof file.path === "string" &&
        (typeof file.text === "string" || typeof file.base64 === "string"),
    ) &&
    (state.values === undefined || typeof state.values === "string");
  if (!fine) throw new Error("it holds something else than files and data values");
  return {
    files: state.files.map(({ path, text, base64 }) => (typeof text === "string" ? { path, text } : { path, base64 })),
    values: state.values ?? "",
    active: Number.isInteger(state.active) && state.active >= 0 && state.active < state.files.length ? state.active : 0,
  };
}
