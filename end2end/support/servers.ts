const port = Number(process.env.END2END_PORT ?? 3917);

/** Where the site is tried. */
export const ADDRESS = `127.0.0.1:${port}`;

/** Of Redis, where the sessions are in it. */
export const REDIS_PORT = port + 1;

/** The same site once more, where a sign-in is recent for seconds only: browsers cannot wait ten minutes. */
export const IMPATIENT_ADDRESS = `127.0.0.1:${port + 2}`;

/** And once over TLS, with a certificate that nobody vouches for. */
export const SECURE_ADDRESS = `127.0.0.1:${port + 3}`;

/** For how long, in seconds. */
export const RECENT = 5;
