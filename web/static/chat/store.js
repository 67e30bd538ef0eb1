// This tab's own small memory: it ends with the tab. Where a browser forbids it, things work without.

export class Store {
  #memory = new Map();

  get(key) {
    try {
      return sessionStorage.getItem(`vera.${key}`);
    } catch {
      return this.#memory.get(key) ?? null;
    }
  }

  set(key, value) {
    try {
      if (value) sessionStorage.setItem(`vera.${key}`, value);
      else sessionStorage.removeItem(`vera.${key}`);
    } catch {
      this.#memory.set(key, value);
      return false;
    }
    return true;
  }
}

const COOKIE = "vera_frame";

/**
 * Keeps the token of a frame. Browsers that block third-party cookies refuse sessionStorage to frames as well (Chromium
 * does), but allow a cookie that is partitioned by the website around it. The server never reads this cookie.
 */
export class FrameKey {
  #store;

  constructor(store) {
    this.#store = store;
  }

  get() {
    const kept = document.cookie.split("; ").find((pair) => pair.startsWith(`${COOKIE}=`));
    return this.#store.get("token") || (kept?.slice(COOKIE.length + 1) ?? "");
  }

  set(token) {
    if (this.#store.set("token", token)) return;
    const life = token ? "" : "; Max-Age=0";
    document.cookie = `${COOKIE}=${token}; Path=/chat; SameSite=None; Secure; Partitioned${life}`;
  }
}
