import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { defineConfig, devices } from '@playwright/test';

import { ADDRESS, IMPATIENT_ADDRESS, RECENT, REDIS_PORT, SECURE_ADDRESS } from './support/servers';

const { ANTEROOM_BINARY, CHROMIUM_PATH, END2END_STORE, PLAYWRIGHT_JSON_OUTPUT_NAME } = process.env;

// The server inherits this environment, where it takes everything with its prefix for a setting of its own.
delete process.env.ANTEROOM_BINARY;

/** A browser of the system, as root or in a container; else the one that Playwright has downloaded. */
const launchOptions = CHROMIUM_PATH
  ? {
      executablePath: CHROMIUM_PATH,
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking'],
    }
  : {};

/** Nobody vouches for the certificate. */
const OVER_TLS = { url: `https://${SECURE_ADDRESS}/readyz`, ignoreHTTPSErrors: true };

export default defineConfig({
  testDir: 'tests',
  outputDir: 'output/results',
  reporter: [['list'], ['json', { outputFile: PLAYWRIGHT_JSON_OUTPUT_NAME ?? 'output/results.json' }]],
  fullyParallel: true,
  workers: 2,
  // A machine may stall. What needs its second try is reported as flaky.
  retries: 1,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  use: {
    baseURL: `http://${ADDRESS}`,
    locale: 'en-US',
    screenshot: 'only-on-failure',
    // A trace of every test would double the time that all of them take; ask for one with `--trace on`.
    trace: 'off',
    launchOptions,
  },
  projects: [
    { name: 'with-javascript', use: devices['Desktop Chrome'] },
    {
      name: 'without-javascript',
      use: { ...devices['Desktop Chrome'], javaScriptEnabled: false },
      grepInvert: /@with-javascript/,
    },
  ],
  webServer: [
    ...services(),
    site(ADDRESS, 'e2e.db'),
    site(IMPATIENT_ADDRESS, 'impatient.db', { ANTEROOM_ACCOUNTS__RECENT_SIGN_IN: `${RECENT}s` }),
    { ...site(SECURE_ADDRESS, 'secure.db', { ANTEROOM_SERVER__TLS__SELF_SIGNED: 'true' }), ...OVER_TLS },
  ],
});

/** A server with a database of its own. */
function site(address: string, database: string, settings: Record<string, string> = {}) {
  return {
    command: JSON.stringify(ANTEROOM_BINARY ?? '../target/release/server'),
    url: `http://${address}/readyz`,
    reuseExistingServer: false,
    stdout: 'ignore' as const,
    stderr: 'pipe' as const,
    gracefulShutdown: { signal: 'SIGTERM' as const, timeout: 5_000 },
    env: {
      ANTEROOM_SERVER__ADDRESS: address,
      ANTEROOM_DATABASE__URL: `sqlite://${join(temporaryFolder(), database)}`,
      ANTEROOM_LOG__LEVEL: 'error',
      // These journeys are not about slow disks.
      ANTEROOM_SESSIONS__STORE_TIMEOUT: '30s',
      // All browsers of a run share one address.
      ANTEROOM_THROTTLE__ADDRESS_SIGN_IN: 'off',
      ANTEROOM_THROTTLE__ADDRESS_REGISTRATION: 'off',
      ANTEROOM_THROTTLE__ADDRESS_ANONYMOUS: 'off',
      ...store(),
      ...settings,
    },
  };
}

/** Where the sessions are, if `END2END_STORE` names another place than SQLite. */
function store(): Record<string, string> {
  switch (END2END_STORE) {
    case undefined:
      return {};
    case 'encrypted':
    case 'signed':
      return { ANTEROOM_SESSIONS__STORE: END2END_STORE, ANTEROOM_SESSIONS__KEYS: randomBytes(32).toString('hex') };
    case 'redis':
      return { ANTEROOM_SESSIONS__STORE: 'redis', ANTEROOM_SESSIONS__URL: `redis://127.0.0.1:${REDIS_PORT}/` };
    default:
      throw new Error(`END2END_STORE is ${END2END_STORE}, but only encrypted, redis and signed are known`);
  }
}

/** What that place needs. */
function services() {
  if (END2END_STORE !== 'redis') return [];
  const folder = JSON.stringify(temporaryFolder());
  const command = `redis-server --bind 127.0.0.1 --port ${REDIS_PORT} --save '' --dir ${folder}`;
  return [{ command, port: REDIS_PORT, reuseExistingServer: false, gracefulShutdown: { signal: 'SIGTERM' as const, timeout: 5_000 } }];
}

/** One for the whole run: the workers read this file again, and find the folder in their environment. */
function temporaryFolder(): string {
  const known = process.env.END2END_FOLDER;
  if (known) return known;
  const folder = mkdtempSync(join(tmpdir(), 'anteroom-'));
  process.env.END2END_FOLDER = folder;
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
